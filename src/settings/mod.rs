//! The operator's settings: one TOML file, every key known, units in the names.
//!
//! Found at `--config`, else `BAWS_CI_CONFIG`, else `/etc/baws-ci/config.toml`, else every default holds. Refuses unknown
//! keys, with the nearest known one, and values of the wrong type. Never read from a job: settings belong to the operator.
//! Read next: `keys` for the table behind `settings explain`.

mod keys;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::env::Var;
use crate::error::{Error, Result};

pub(crate) use keys::explain;

/// Where the settings stand when neither flag nor variable names a file.
pub(crate) const DEFAULT_PATH: &str = "/etc/baws-ci/config.toml";

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) docker: DockerSettings,
    pub(crate) executor: ExecutorSettings,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct DockerSettings {
    /// `unix:///path`; `None`: `DOCKER_HOST`, else the engine's standard socket.
    pub(crate) host: Option<String>,
    pub(crate) timeout_secs: u64,
}

impl Default for DockerSettings {
    fn default() -> Self {
        DockerSettings {
            host: None,
            timeout_secs: 120,
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ExecutorSettings {
    /// `None`: the first of the candidates whose file system allows programs to run.
    pub(crate) state_dir: Option<PathBuf>,
    pub(crate) builds_dir: String,
    pub(crate) cache_dir: String,
    pub(crate) stop_grace_secs: u64,
    pub(crate) entrypoint_timeout_secs: u64,
    pub(crate) metadata_guard: MetadataGuard,
    pub(crate) read_only_root: bool,
    pub(crate) docker: JobContainerSettings,
}

/// Whether a job may run where the instance's credentials cannot be kept from it.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MetadataGuard {
    /// No guard, no job.
    #[default]
    Required,
    /// Guard where possible; otherwise the log says that metadata is reachable.
    Preferred,
    /// No guard is set.
    Off,
}

/// The keys of the runner's `[runners.docker]`, same names and meanings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct JobContainerSettings {
    pub(crate) image: Option<String>,
    pub(crate) helper_image: String,
    pub(crate) pull_policy: OneOrMany,
    pub(crate) allowed_pull_policies: Vec<String>,
    pub(crate) allowed_images: Vec<String>,
    pub(crate) allowed_services: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) memory: Option<String>,
    pub(crate) cpus: Option<String>,
    /// Bytes; 0 keeps the engine's 64 MiB.
    pub(crate) shm_size: i64,
    pub(crate) dns: Vec<String>,
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) network_mode: Option<String>,
    /// Seconds; 0 or less: services are not waited for.
    pub(crate) wait_for_services_timeout: i64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn items(&self) -> &[String] {
        match self {
            OneOrMany::One(item) => std::slice::from_ref(item),
            OneOrMany::Many(items) => items,
        }
    }
}

impl Default for ExecutorSettings {
    fn default() -> Self {
        ExecutorSettings {
            state_dir: None,
            builds_dir: "/builds".to_owned(),
            cache_dir: "/cache".to_owned(),
            stop_grace_secs: 10,
            entrypoint_timeout_secs: 120,
            metadata_guard: MetadataGuard::Required,
            read_only_root: false,
            docker: JobContainerSettings::default(),
        }
    }
}

impl Default for JobContainerSettings {
    fn default() -> Self {
        JobContainerSettings {
            image: None,
            helper_image: "baws-ci/helper:1".to_owned(),
            pull_policy: OneOrMany::One("always".to_owned()),
            allowed_pull_policies: Vec::new(),
            allowed_images: Vec::new(),
            allowed_services: Vec::new(),
            user: None,
            memory: None,
            cpus: None,
            shm_size: 0,
            dns: Vec::new(),
            extra_hosts: Vec::new(),
            network_mode: None,
            wait_for_services_timeout: 30,
        }
    }
}

impl Settings {
    /// Reads the file that `flag`, the environment or the default place names.
    ///
    /// # Errors
    /// A file that was named but is missing, cannot be read, is not TOML, holds an unknown key or a wrong value. A missing
    /// file in the default place is no error.
    pub(crate) fn load(flag: Option<&Path>) -> Result<Self> {
        let named = flag.map(Path::to_owned).or_else(|| Var::Config.path());
        let path = named.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_PATH));
        match std::fs::read_to_string(&path) {
            Ok(text) => Settings::parse(&text, &path),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => Ok(Settings::default()),
            Err(error) => Err(Error::usage(format!("cannot read the settings `{}`", path.display()))
                .caused_by(error)
                .hint("the operator of this host names the file by --config or BAWS_CI_CONFIG; it must be readable")),
        }
    }

    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self> {
        let malformed = |error: toml::de::Error| {
            Error::usage(format!("the settings `{}` are malformed", path.display()))
                .caused_by(crate::error::Cause::line(error.to_string().trim_end()))
                .hint("`baws-ci settings explain` tells every key, its type and its default")
        };
        let table: toml::Table = text.parse().map_err(malformed)?;
        keys::refuse_unknown(&table, path)?;
        let settings: Settings = toml::from_str(text).map_err(malformed)?;
        settings.check(path)?;
        Ok(settings)
    }

    fn check(&self, path: &Path) -> Result<()> {
        let wrong = |key: &str, why: &str| {
            Err(Error::usage(format!(
                "the settings `{}` are wrong: `{key}` {why}",
                path.display()
            )))
        };
        for (key, dir) in [
            ("executor.builds_dir", &self.executor.builds_dir),
            ("executor.cache_dir", &self.executor.cache_dir),
        ] {
            let absolute =
                dir.len() > 1 && dir.starts_with('/') && !dir.split('/').any(|part| part == "..");
            if !absolute {
                return wrong(
                    key,
                    "must be an absolute path inside the containers, not `/` and without `..`",
                );
            }
        }
        if self
            .executor
            .state_dir
            .as_ref()
            .is_some_and(|dir| !dir.is_absolute())
        {
            return wrong("executor.state_dir", "must be an absolute path");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Settings::parse(text, Path::new("config.toml"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_known_one() {
        let text = refusal("[executor.docker]\nhelper_imgae = \"x\"\n");
        assert_eq!(
            text,
            "the settings `config.toml` hold the unknown key `executor.docker.helper_imgae`"
        );
        let error = Settings::parse("[executer]\n", Path::new("c")).unwrap_err();
        assert_eq!(error.hints()[0], "did you mean `executor`?");
    }

    #[test]
    fn values_of_the_wrong_type_and_relative_directories_are_refused() {
        assert!(refusal("[executor]\nstop_grace_secs = \"soon\"\n").contains("are malformed"));
        assert!(
            refusal("[executor]\nbuilds_dir = \"builds\"\n").contains("must be an absolute path")
        );
        assert!(refusal("[executor\n").contains("are malformed"));
    }

    #[test]
    fn every_key_of_the_settings_is_explained_and_nothing_else() {
        let mut full = Settings::default();
        full.docker.host = Some("unix:///run/docker.sock".to_owned());
        full.executor.state_dir = Some(PathBuf::from("/var/lib/baws-ci"));
        full.executor.docker.image = Some("x".to_owned());
        full.executor.docker.user = Some("x".to_owned());
        full.executor.docker.memory = Some("1g".to_owned());
        full.executor.docker.cpus = Some("1".to_owned());
        full.executor.docker.network_mode = Some("bridge".to_owned());
        let mut found = Vec::new();
        collect("", &toml::Table::try_from(&full).unwrap(), &mut found);
        let mut known: Vec<String> = keys::KEYS.iter().map(|key| key.path.to_owned()).collect();
        found.sort();
        known.sort();
        assert_eq!(found, known);
    }

    fn collect(prefix: &str, table: &toml::Table, found: &mut Vec<String>) {
        for (name, value) in table {
            let path = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            match value {
                toml::Value::Table(inner) => collect(&path, inner, found),
                _ => found.push(path),
            }
        }
    }
}
