//! `volumes` of the settings: what a job's containers have beside sources and cache.
//!
//! Source of the grammar: gitlab-runner `executors/docker/internal/volumes/parser`: `[SOURCE:]TARGET[:MODES]`. What a job may
//! have of the host's files is only what `allowed_host_paths` lists, seen where it really is.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::pattern::fits;
use crate::error::{Cause, Error, Result};
use crate::job::expand;
use crate::settings::JobContainerSettings;

/// One of the operator's volumes, for one job.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lent {
    /// Kept for the job's project, slot and side of protection.
    Kept { target: String },
    /// A volume of this host, by its name.
    Named {
        name: String,
        target: String,
        read_only: bool,
    },
    /// A path of this host, where it really is. `modes`: as the engine takes them, such as `ro,z`.
    Host {
        source: String,
        target: String,
        modes: String,
    },
}

impl Lent {
    pub(crate) fn target(&self) -> &str {
        match self {
            Lent::Kept { target } | Lent::Named { target, .. } | Lent::Host { target, .. } => {
                target
            }
        }
    }
}

/// What has to be known of the host.
pub(crate) struct HostPaths<'a> {
    /// Where a path really is, behind all links.
    pub(crate) real: &'a dyn Fn(&str) -> std::io::Result<PathBuf>,
    /// Sockets by which an engine is driven, where they really are.
    pub(crate) sockets: &'a [PathBuf],
}

/// `variables`: the job's, which may stand in the texts.
///
/// # Errors
/// `Usage`, with the volume and why it cannot be.
pub(crate) fn volumes(
    settings: &JobContainerSettings,
    variables: &BTreeMap<String, String>,
    host: &HostPaths<'_>,
) -> Result<Vec<Lent>> {
    let mut all: Vec<Lent> = Vec::new();
    for written in &settings.volumes {
        let text = expand(written, variables);
        let one = volume(&text, settings, host).map_err(|why| {
            let shown = text.escape_debug();
            Error::usage(format!("the settings are wrong: the volume `{shown}` of `executor.docker.volumes` cannot be"))
                .caused_by(Cause::line(why))
                .hint("the operator writes `/path`, `name:/path[:ro]`, or `/path/of/host:/path[:ro]` with the path of the host in `allowed_host_paths`")
        })?;
        if !all.iter().any(|other| other.target() == one.target()) {
            all.push(one);
        }
    }
    Ok(all)
}

fn volume(
    text: &str,
    settings: &JobContainerSettings,
    host: &HostPaths<'_>,
) -> Result<Lent, String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, modes) = match parts.as_slice() {
        [target] => (None, *target, ""),
        [source, target] => (Some(*source), *target, ""),
        [source, target, modes] => (Some(*source), *target, *modes),
        _ => return Err("it has more than three parts".to_owned()),
    };
    let target = sound_target(target)?;
    let words: Vec<&str> = modes.split(',').filter(|word| !word.is_empty()).collect();
    if let Some(unknown) = words.iter().find(|word| !is_mode(word)) {
        return Err(format!("`{unknown}` is no mode of a volume"));
    }
    let read_only = words.contains(&"ro");
    match source {
        None => Ok(Lent::Kept { target }),
        Some(source) if source.starts_with('/') => Ok(Lent::Host {
            source: lent_path(source, settings, host)?,
            target,
            modes: modes.to_owned(),
        }),
        Some(name) => {
            let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
            let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
            if !begins || !name.chars().all(sound) {
                return Err(format!("`{}` is no name of a volume", name.escape_debug()));
            }
            if name.starts_with("baws-") {
                return Err(
                    "names that begin with `baws-` are those of other jobs' volumes".to_owned(),
                );
            }
            Ok(Lent::Named {
                name: name.to_owned(),
                target,
                read_only,
            })
        }
    }
}

/// Source: Docker Engine API, `HostConfig`, `Binds`.
fn is_mode(word: &str) -> bool {
    matches!(
        word,
        "rw" | "ro"
            | "z"
            | "Z"
            | "nocopy"
            | "private"
            | "rprivate"
            | "shared"
            | "rshared"
            | "slave"
            | "rslave"
    )
}

fn sound_target(target: &str) -> Result<String, String> {
    let path = Path::new(target);
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let trimmed = target.trim_end_matches('/');
    if !target.starts_with('/') || !is_plain || trimmed.is_empty() {
        return Err(format!(
            "`{}` is no absolute path of a container",
            target.escape_debug()
        ));
    }
    if trimmed == "/.baws" || trimmed.starts_with("/.baws/") {
        return Err("`/.baws` belongs to baws-ci".to_owned());
    }
    Ok(trimmed.to_owned())
}

/// A path of the host that may be lent, where it really is.
fn lent_path(
    source: &str,
    settings: &JobContainerSettings,
    host: &HostPaths<'_>,
) -> Result<String, String> {
    let real = (host.real)(source).map_err(|error| format!("`{source}` of this host: {error}"))?;
    let holds = |socket: &PathBuf| socket.starts_with(&real);
    if host.sockets.iter().any(holds) {
        return Err(format!(
            "`{source}` holds the engine's socket, which no job gets: `baws-ci build`, `push` and `deploy` need none"
        ));
    }
    let allowed = |path: &Path| {
        let text = path.to_string_lossy();
        settings
            .allowed_host_paths
            .iter()
            .any(|pattern| fits(pattern, &text))
    };
    if !real.ancestors().any(allowed) {
        return Err(format!(
            "`{}` is not in `allowed_host_paths`",
            real.display()
        ));
    }
    Ok(real.to_string_lossy().into_owned())
}

#[cfg(test)]
#[path = "volume_tests.rs"]
mod tests;
