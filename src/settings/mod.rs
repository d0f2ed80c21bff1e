//! The operator's settings: one TOML file, every key known, units in the names.
//!
//! Found at `--config`, else `BAWS_CI_CONFIG`, else `/etc/baws-ci/config.toml`, else every default holds. Refuses unknown
//! keys, with the nearest known one, and values of the wrong type. Never read from a job: settings belong to the operator.
//! Read next: `keys` for the table behind `settings explain`.

mod audit;
mod aws;
mod cache;
mod containers;
mod deploy;
mod docker;
mod grants;
mod import;
mod keys;
mod place;
mod platform;
mod provision;
mod roles;
mod telemetry;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

pub(crate) use audit::{AuditSettings, AuditShape, OnAuditFailure};
pub(crate) use aws::{AwsSettings, EcrSettings, EncryptionKind};
pub(crate) use cache::CacheSettings;
pub(crate) use containers::{JobContainerSettings, OneOrMany, ServiceSettings};
pub(crate) use deploy::DeploySettings;
pub(crate) use docker::DockerSettings;
pub(crate) use grants::{GrantSettings, GrantedRefs, RequestSettings};
pub(crate) use import::import;
pub(crate) use keys::explain;
pub(crate) use place::{DEFAULT_PATH, named};
pub(crate) use platform::{PlatformRevision, PlatformSettings};
pub(crate) use provision::ProvisionSettings;
pub(crate) use roles::{GitlabSettings, RoleMethod, RoleSettings, TABLE_PARAMETER};
pub(crate) use telemetry::{TelemetrySettings, collector};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Settings {
    pub(crate) docker: DockerSettings,
    pub(crate) executor: ExecutorSettings,
    pub(crate) grants: Vec<GrantSettings>,
    pub(crate) gitlab: GitlabSettings,
    pub(crate) roles: Vec<RoleSettings>,
    pub(crate) aws: AwsSettings,
    pub(crate) deploy: DeploySettings,
    pub(crate) provision: ProvisionSettings,
    pub(crate) audit: AuditSettings,
    pub(crate) cache: CacheSettings,
    pub(crate) telemetry: TelemetrySettings,
    pub(crate) platform: PlatformSettings,
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
    /// One JSON line a job; `None`: none is kept.
    pub(crate) job_records: Option<PathBuf>,
    /// With less free space where the engine keeps its images, what jobs used longest ago goes.
    pub(crate) min_free_disk: Option<String>,
    pub(crate) docker: JobContainerSettings,
    pub(crate) requests: RequestSettings,
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
            job_records: None,
            min_free_disk: None,
            docker: JobContainerSettings::default(),
            requests: RequestSettings::default(),
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
        let named = named(flag);
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
        if let Err((key, why)) = self.aws.check() {
            return wrong(key, &why);
        }
        if let Err((key, why)) = self.audit.check() {
            return wrong(key, &why);
        }
        if let Err((key, why)) = self.telemetry.check() {
            return wrong(key, &why);
        }
        if let Err((key, why)) = self.platform.check() {
            return wrong(key, &why);
        }
        if let Err((key, why)) = roles::check(&self.roles, &self.gitlab) {
            return wrong(key, &why);
        }
        if self.grants.iter().any(|rule| rule.projects.is_empty()) {
            return wrong(
                "grants.projects",
                "must name at least one project in every rule, such as `[\"team/*\"]`",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
