//! The table of every settings key: what `settings explain` prints and what an unknown key is measured against.
//!
//! A test in the parent holds this table and the settings' own fields together.

mod audit;
mod aws;
mod deploy;
mod docker;
mod grants;
mod platform;
mod provision;
mod roles;
mod services;
mod telemetry;

use std::path::Path;

use crate::error::{Error, Result};
use crate::nearest::nearest;

pub(super) struct Key {
    pub(super) path: &'static str,
    kind: &'static str,
    default: &'static str,
    meaning: &'static str,
}

const fn key(
    path: &'static str,
    kind: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        path,
        kind,
        default,
        meaning,
    }
}

const GENERAL: &[Key] = &[
    key(
        "docker.host",
        "string",
        "DOCKER_HOST, else unix:///var/run/docker.sock",
        "Where the Docker engine listens. A unix socket on this host: the job's containers must see this host's files.",
    ),
    key(
        "docker.timeout_secs",
        "integer",
        "120",
        "Seconds one call to the engine may take before the engine counts as unreachable.",
    ),
    key(
        "executor.state_dir",
        "path",
        "first of /var/lib/baws-ci, /opt/baws-ci, /run/baws-ci on a file system that runs programs",
        "Holds the pinned program and one directory a running job. Not under TMPDIR; short, as sockets live in it.",
    ),
    key(
        "executor.builds_dir",
        "path",
        "\"/builds\"",
        "Where sources are, inside the containers.",
    ),
    key(
        "executor.cache_dir",
        "path",
        "\"/cache\"",
        "Where the local cache is, inside the containers.",
    ),
    key(
        "executor.stop_grace_secs",
        "integer",
        "10",
        "Seconds between TERM and KILL when a script is cancelled. Keep it below the runner's graceful_kill_timeout.",
    ),
    key(
        "executor.entrypoint_timeout_secs",
        "integer",
        "120",
        "Seconds an image's entrypoint may take before it hands over to the command.",
    ),
    key(
        "executor.metadata_guard",
        "\"required\", \"preferred\" or \"off\"",
        "\"required\"",
        "Keep jobs from the instance's metadata and credentials with an nftables table. required: no guard, no job. preferred: guard where possible, else the job log says that metadata is reachable.",
    ),
    key(
        "executor.read_only_root",
        "boolean",
        "false",
        "The build container's own file system cannot be written; builds_dir, cache_dir and /tmp can.",
    ),
    key(
        "executor.job_records",
        "path",
        "none",
        "A file to which cleanup adds one JSON object a job: what it was, how it ended, and how long each part took, in milliseconds. `executor report` reads it.",
    ),
    key(
        "executor.min_free_disk",
        "string",
        "none",
        "With less free where the engine keeps its images, such as \"20g\", images and then kept volumes go that jobs used longest ago: only what jobs of this host used, nothing used within ten minutes, nothing in use.",
    ),
];

const CACHE: &[Key] = &[
    key(
        "cache.budget",
        "string",
        "none",
        "What images, kept volumes and build cache of this host may take together, such as \"60g\". With more, `executor sweep` and `images collect` remove what was used longest ago: nothing in use, nothing used within ten minutes, nothing that no job used.",
    ),
    key(
        "cache.warm",
        "list of strings",
        "[]",
        "Images that `images warm` fetches in advance, such as the bases of most builds; they are never collected.",
    ),
];

/// Every key, in the order in which they are told.
pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    GENERAL
        .iter()
        .chain(docker::KEYS)
        .chain(services::KEYS)
        .chain(grants::KEYS)
        .chain(roles::KEYS)
        .chain(aws::KEYS)
        .chain(deploy::KEYS)
        .chain(provision::KEYS)
        .chain(audit::KEYS)
        .chain(CACHE)
        .chain(platform::KEYS)
        .chain(telemetry::KEYS)
}

/// The keys that are lists of tables.
pub(super) const RULES: [&str; 3] = ["grants", "roles", "executor.docker.services"];

/// All keys, one paragraph each.
pub(crate) fn explain() -> String {
    let paragraphs: Vec<String> = all()
        .map(|k| {
            format!(
                "{}\n    {} · default: {}\n    {}\n",
                k.path, k.kind, k.default, k.meaning
            )
        })
        .collect();
    paragraphs.join("\n")
}

/// Refuses the first key that is neither known nor the beginning of a known one.
pub(super) fn refuse_unknown(table: &toml::Table, path: &Path) -> Result<()> {
    let mut open = vec![(String::new(), table)];
    while let Some((prefix, table)) = open.pop() {
        for (name, value) in table {
            let key = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            let inner = format!("{key}.");
            let exact = all().any(|known| known.path == key);
            let parent = all().any(|known| known.path.starts_with(&inner));
            match value {
                toml::Value::Table(table) if parent && !RULES.contains(&key.as_str()) => {
                    open.push((key, table))
                }
                toml::Value::Array(rules)
                    if RULES.contains(&key.as_str()) && rules.iter().all(toml::Value::is_table) =>
                {
                    let rules = rules.iter().filter_map(toml::Value::as_table);
                    open.extend(rules.map(|rule| (key.clone(), rule)));
                }
                _ if RULES.contains(&key.as_str()) => {
                    return Err(Error::usage(format!(
                        "the settings `{}` are wrong: `{key}` must be a list of rules",
                        path.display()
                    ))
                    .hint(format!(
                        "write `[[{key}]]`, with two brackets, above every rule"
                    )));
                }
                _ if exact => {}
                _ if parent => {
                    return Err(Error::usage(format!(
                        "the settings `{}` are wrong: `{key}` must be a table",
                        path.display()
                    ))
                    .hint(format!("write `[{key}]` on a line of its own")));
                }
                _ => return Err(unknown(&key, path)),
            }
        }
    }
    Ok(())
}

fn unknown(key: &str, path: &Path) -> Error {
    let error = Error::usage(format!(
        "the settings `{}` hold the unknown key `{key}`",
        path.display()
    ));
    match nearest_key(key) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint("`baws-ci settings explain` tells every key"),
    }
}

/// The known key, or table, that takes the fewest edits; else the one whose last word does.
fn nearest_key(key: &str) -> Option<String> {
    let mut known: Vec<String> = Vec::new();
    for one in all() {
        let parts: Vec<&str> = one.path.split('.').collect();
        known.extend((1..=parts.len()).map(|n| parts[..n].join(".")));
    }
    let word = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    if let Some(near) = nearest(key, known.iter().map(String::as_str)) {
        return Some(near.to_owned());
    }
    let words: Vec<String> = known.iter().map(|path| word(path)).collect();
    let near = nearest(&word(key), words.iter().map(String::as_str))?;
    known.iter().find(|path| word(path) == near).cloned()
}
