//! Pure: what a job's containers mount. Sources, cache, and what the operator lends.

use std::path::{Path, PathBuf};

use super::Job;
use crate::digest::digest;
use crate::docker::{Driver, Mount};
use crate::error::Result;
use crate::job::label;
use crate::policy::{self, HostPaths, Lent};
use crate::settings::{ExecutorSettings, Settings};

/// Engines listen there beside the one of the settings.
const SOCKETS: [&str; 3] = [
    "/var/run/docker.sock",
    "/run/containerd/containerd.sock",
    "/run/podman/podman.sock",
];

/// What the operator lends to this job, with paths of the host where they really are.
///
/// # Errors
/// `Usage` for a volume that cannot be.
pub(super) fn lent(settings: &Settings, job: &Job, engine: &str) -> Result<Vec<Lent>> {
    let own = engine.strip_prefix("unix://").unwrap_or_default();
    let all = SOCKETS.iter().copied().chain([own]);
    let real = |path: &str| Path::new(path).canonicalize();
    let sockets: Vec<PathBuf> = all
        .filter(|path| !path.is_empty())
        .map(|path| real(path).unwrap_or_else(|_| path.into()))
        .collect();
    let host = HostPaths {
        real: &real,
        sockets: &sockets,
    };
    policy::volumes(&settings.executor.docker, &job.variables, &host)
}

pub(super) struct Mounts {
    /// Sources and cache.
    pub(super) own: Vec<Mount>,
    /// What the operator gives to all containers of a job.
    pub(super) lent: Vec<Mount>,
}

/// A job that clones anew gets a builds volume that ends with it; one that fetches keeps its slot's. Where the operator
/// lends something in the place of sources or cache, that is it.
pub(super) fn mounts(
    job: &Job,
    settings: &ExecutorSettings,
    labels: &[(String, String)],
    lent: &[Lent],
) -> Mounts {
    let docker = &settings.docker;
    let driver = Some(docker.volume_driver.clone())
        .filter(|name| !name.is_empty())
        .map(|name| Driver {
            name,
            options: docker.volume_driver_ops.clone().into_iter().collect(),
        });
    let volume = |name: String, target: &str, labels: Vec<(String, String)>| Mount::Volume {
        name,
        target: target.to_owned(),
        labels,
        fill: true,
        read_only: false,
        driver: driver.clone(),
    };
    let kept = |purpose: &str, target: &str| {
        let of_slot = |(name, _): &&(String, String)| {
            name.contains("project.id") || name.contains("runner.id")
        };
        let own = [
            (label::KEPT.to_owned(), purpose.to_owned()),
            ("baws-ci.destination".to_owned(), target.to_owned()),
        ];
        let labels = labels.iter().filter(of_slot).cloned().chain(own).collect();
        volume(
            job.identity.kept_volume(purpose, &job.response),
            target,
            labels,
        )
    };
    let is_lent = |dir: &str| {
        let below = |one: &Lent| Path::new(dir).starts_with(one.target());
        lent.iter().any(below)
    };
    let (mut own, mut all) = (Vec::new(), Vec::new());
    if !is_lent(&settings.builds_dir) {
        own.push(match fetches(job) && !docker.disable_cache {
            true => kept("builds", &settings.builds_dir),
            false => volume(
                job.identity.job_volume(),
                &settings.builds_dir,
                labels.to_vec(),
            ),
        });
    }
    if !is_lent(&settings.cache_dir) && !docker.disable_cache {
        own.push(kept("cache", &settings.cache_dir));
    }
    for one in lent {
        match one {
            Lent::Kept { .. } if docker.disable_cache => {}
            Lent::Kept { target } if *target == settings.builds_dir => {
                all.push(kept("builds", target))
            }
            Lent::Kept { target } if *target == settings.cache_dir => {
                all.push(kept("cache", target))
            }
            Lent::Kept { target } => {
                all.push(kept(&format!("at-{}", &digest([target])[..8]), target));
            }
            Lent::Named {
                name,
                target,
                read_only,
            } => all.push(Mount::Volume {
                name: name.clone(),
                target: target.clone(),
                labels: Vec::new(),
                fill: true,
                read_only: *read_only,
                driver: driver.clone(),
            }),
            Lent::Host {
                source,
                target,
                modes,
            } => all.push(Mount::Host {
                source: source.clone(),
                target: target.clone(),
                modes: modes.clone(),
            }),
        }
    }
    Mounts { own, lent: all }
}

fn fetches(job: &Job) -> bool {
    let strategy = job.variables.get("GIT_STRATEGY").map(String::as_str);
    strategy
        .filter(|text| !text.is_empty())
        .map_or(job.response.allow_git_fetch, |strategy| strategy == "fetch")
}

/// The same where the helper has filled it before.
pub(super) fn unfilled(mount: Mount) -> Mount {
    match mount {
        Mount::Volume {
            name,
            target,
            labels,
            fill: _,
            read_only,
            driver,
        } => Mount::Volume {
            name,
            target,
            labels,
            fill: false,
            read_only,
            driver,
        },
        other @ (Mount::HostReadOnly { .. } | Mount::Host { .. } | Mount::Scratch { .. }) => other,
    }
}
