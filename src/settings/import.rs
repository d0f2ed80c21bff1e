//! `settings import`: the docker section of a gitlab-runner's configuration as settings of ours, and what of it is left out.
//!
//! Pure: text in, text and reasons out. Source of the keys: gitlab-runner documentation, "Advanced configuration",
//! `[runners.docker]`; docs/parity.md says the same of every key for people.

use std::path::Path;

use toml::{Table, Value};

use super::{Settings, keys};
use crate::error::{Cause, Error, Result};

#[derive(Debug)]
pub(crate) struct Imported {
    /// Settings in TOML, which can be read as they stand.
    pub(crate) text: String,
    /// What is left out: as it stood, and why.
    pub(crate) dropped: Vec<(String, String)>,
}

/// What has no meaning here, and why.
const DROPPED: [(&str, &str); 10] = [
    (
        "cert_path",
        "the engine is on the runner's own host, reached by its socket",
    ),
    (
        "tls_verify",
        "the engine is on the runner's own host, reached by its socket",
    ),
    (
        "helper_image",
        "it holds the runner's own helper; baws-ci has one of its own (images/helper)",
    ),
    (
        "helper_image_flavor",
        "baws-ci has a helper image of its own (images/helper)",
    ),
    (
        "helper_image_autoset_arch_and_os",
        "the helper is always of this host's architecture",
    ),
    ("isolation", "it is for Windows only"),
    (
        "cache_dir",
        "caches are volumes, kept apart by project, slot and side of protection",
    ),
    ("volume_keep", "volumes without an owner fill the disk"),
    (
        "volumes_from",
        "a container's volumes are paths of the host without a name: write them in `volumes`",
    ),
    (
        "pid_mode",
        "no job shares its processes with the host or with a stranger",
    ),
];

/// `runner`: of several, the one of this name; else the first with a docker section.
///
/// # Errors
/// `Usage` for what is no runner's configuration, or has no such section.
pub(crate) fn import(text: &str, path: &Path, runner: Option<&str>) -> Result<Imported> {
    let shown = path.display();
    let all: Table = text.parse().map_err(|error: toml::de::Error| {
        Error::usage(format!("`{shown}` is no TOML"))
            .caused_by(Cause::line(error.to_string().trim_end()))
    })?;
    let runners = all.get("runners").and_then(Value::as_array);
    let runners: Vec<&Table> = runners
        .into_iter()
        .flatten()
        .filter_map(Value::as_table)
        .collect();
    let name = |one: &Table| {
        one.get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let wanted = |one: &&&Table| match runner {
        Some(wanted) => name(one) == wanted,
        None => one.contains_key("docker"),
    };
    let Some(found) = runners.iter().find(wanted) else {
        let names: Vec<String> = runners
            .iter()
            .map(|one| format!("`{}`", name(one)))
            .collect();
        return Err(Error::usage(format!("`{shown}` has no such runner with a docker section"))
            .caused_by(Cause::line(format!("its runners: {}", names.join(", "))))
            .hint("name the runner's configuration, such as /etc/gitlab-runner/config.toml, and of several runners one by --runner"));
    };
    let empty = Table::new();
    let docker = found
        .get("docker")
        .and_then(Value::as_table)
        .unwrap_or(&empty);
    let mut import = Import::default();
    for (key, value) in docker {
        import.take(key, value, docker);
    }
    for key in ["builds_dir", "cache_dir"] {
        if let Some(value) = found.get(key) {
            import.executor.insert(key.to_owned(), value.clone());
        }
    }
    import.finished(path)
}

#[derive(Default)]
struct Import {
    engine: Table,
    executor: Table,
    docker: Table,
    dropped: Vec<(String, String)>,
}

impl Import {
    fn drop(&mut self, key: &str, value: &Value, why: &str) {
        self.dropped
            .push((format!("{key} = {value}"), why.to_owned()));
    }

    fn take(&mut self, key: &str, value: &Value, section: &Table) {
        let is_set = |key: &str| {
            section
                .get(key)
                .and_then(Value::as_array)
                .is_some_and(|all| !all.is_empty())
        };
        match (key, value) {
            (_, Value::Boolean(false)) => {}
            ("host", Value::String(text)) if text.starts_with("unix://") => {
                self.engine.insert("host".to_owned(), value.clone());
            }
            ("host", _) => self.drop(key, value, "the engine is on the runner's own host, reached by its socket"),
            ("privileged", _) if !is_set("allowed_privileged_images") => self.drop(
                key,
                value,
                "building an image needs no privilege (`baws-ci build`); where a job does need it, set it together with `allowed_privileged_images`",
            ),
            ("services_privileged", _) if !is_set("allowed_privileged_services") => self.drop(
                key,
                value,
                "docker:dind is not needed (`baws-ci build`); where a service does need it, set it together with `allowed_privileged_services`",
            ),
            ("network_mode", Value::String(mode)) if mode == "host" || mode == "none" || mode.starts_with("container:") => {
                self.drop(key, value, "on the host's network nothing keeps a job from the instance's credentials; a container's network is a stranger's");
            }
            ("ipcmode", Value::String(mode)) if !matches!(mode.as_str(), "" | "none" | "private" | "shareable") => {
                self.drop(key, value, "no job shares memory with the host or with a stranger");
            }
            ("volumes", Value::Array(all)) => self.volumes(all),
            ("services", Value::Array(all)) => self.services(all),
            _ => {
                if let Some((_, why)) = DROPPED.iter().find(|(known, _)| *known == key) {
                    self.drop(key, value, why);
                } else if keys::all().any(|one| one.path.strip_prefix("executor.docker.") == Some(key)) {
                    self.docker.insert(key.to_owned(), value.clone());
                } else {
                    self.drop(key, value, "baws-ci has no such key");
                }
            }
        }
    }

    fn volumes(&mut self, all: &[Value]) {
        let mut kept = Vec::new();
        for value in all {
            let text = value.as_str().unwrap_or_default();
            let source = text.split_once(':').map(|(source, _)| source);
            match source {
                // It is always there.
                None if text == "/cache" => {}
                Some(path) if path.ends_with("docker.sock") || path.ends_with("podman.sock") => self.drop(
                    "volumes",
                    value,
                    "no job gets the engine's socket: `baws-ci build`, `push` and `deploy` need none",
                ),
                Some(path) if path.starts_with('/') || path.starts_with('$') => self.drop(
                    "volumes",
                    value,
                    "it lends a path of this host to every job: where that is wanted, add it to `volumes`, and its path to `allowed_host_paths`",
                ),
                Some(_) | None => kept.push(value.clone()),
            }
        }
        if !kept.is_empty() {
            self.docker.insert("volumes".to_owned(), Value::Array(kept));
        }
    }

    fn services(&mut self, all: &[Value]) {
        const KNOWN: [&str; 5] = ["name", "alias", "entrypoint", "command", "environment"];
        let mut kept = Vec::new();
        for service in all.iter().filter_map(Value::as_table) {
            let mut own = Table::new();
            for (key, value) in service {
                match KNOWN.contains(&key.as_str()) {
                    true => drop(own.insert(key.clone(), value.clone())),
                    false => {
                        self.drop(&format!("services.{key}"), value, "baws-ci has no such key")
                    }
                }
            }
            kept.push(Value::Table(own));
        }
        self.docker
            .insert("services".to_owned(), Value::Array(kept));
    }

    fn finished(self, path: &Path) -> Result<Imported> {
        let mut all = Table::new();
        if !self.engine.is_empty() {
            all.insert("docker".to_owned(), Value::Table(self.engine));
        }
        let mut executor = self.executor;
        executor.insert("docker".to_owned(), Value::Table(self.docker));
        all.insert("executor".to_owned(), Value::Table(executor));
        let text = toml::to_string(&all)
            .map_err(|error| Error::system("cannot write the settings").caused_by(error))?;
        Settings::parse(&text, path)?;
        Ok(Imported {
            text,
            dropped: self.dropped,
        })
    }
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
