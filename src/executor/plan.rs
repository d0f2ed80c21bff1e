//! Pure: what a job's containers, network and volumes are to be.
//!
//! Two containers a job. The helper owns the network namespace and runs the runner's own stages; the build container is
//! the job's image and joins that namespace. Services stand beside them on a network of the job's own.

use super::{Job, labels};
use crate::agent::PROGRAM;
use crate::docker::{ContainerSpec, Mount, Network};
use crate::error::{Error, Result};
use crate::job::{ROLE_LABEL, Role};
use crate::policy::{self, Admitted, AdmittedService};
use crate::settings::ExecutorSettings;

/// What the planner has to be told about this host and moment.
pub(super) struct Surroundings {
    pub(super) helper_dir: String,
    pub(super) build_dir: String,
    pub(super) runner_program: Option<String>,
    pub(super) owner: String,
    /// Unix seconds.
    pub(super) now: u64,
}

#[derive(Debug)]
pub(super) struct Plan {
    /// A network to make, when the job has services or asks for one.
    pub(super) network: Option<String>,
    pub(super) labels: Vec<(String, String)>,
    pub(super) helper: ContainerSpec,
    pub(super) build: ContainerSpec,
    pub(super) services: Vec<ContainerSpec>,
}

/// The agent outlives every other signal, so an engine that shuts down would wait for nothing.
const AT_ONCE: &str = "SIGKILL";

pub(super) fn plan(
    job: &Job,
    admitted: &Admitted,
    settings: &ExecutorSettings,
    around: &Surroundings,
) -> Result<Plan> {
    let docker = &settings.docker;
    let labels = labels::of_job(job, &around.owner, around.now);
    let labelled = |role: Role| {
        let mut all = labels.clone();
        all.push((ROLE_LABEL.to_owned(), role.to_string()));
        all.push((
            "com.gitlab.gitlab-runner.type".to_owned(),
            labels::runners_word(role).to_owned(),
        ));
        all
    };
    let given = match docker.network_mode.as_deref() {
        Some("host" | "none") => {
            return Err(Error::usage("the settings are wrong: `executor.docker.network_mode` may not be `host` or `none`")
                .hint("name an existing bridge network, or remove the key: on the host's network nothing keeps a job from the instance's credentials"));
        }
        Some(mode) if mode.starts_with("container:") => {
            return Err(Error::usage(
                "the settings are wrong: `executor.docker.network_mode` may not name a container",
            ));
        }
        Some("bridge" | "default") | None => None,
        Some(name) => Some(name.to_owned()),
    };
    let own =
        given.is_none() && (!admitted.services.is_empty() || job.flag("FF_NETWORK_PER_BUILD"));
    let network = given.or_else(|| own.then(|| job.identity.network()));
    let attach = |aliases: Vec<String>| match &network {
        Some(name) => Network::Named {
            name: name.clone(),
            aliases,
        },
        None => Network::Default,
    };
    let volumes = volumes(job, settings, &labels);
    let helper_name = job.identity.container(Role::Helper);
    let mut helper = ContainerSpec {
        name: helper_name.clone(),
        image: docker.helper_image.clone(),
        host_name: job.identity.host_name(&job.response),
        entrypoint: Some(vec![PROGRAM.to_owned()]),
        user: "0".to_owned(),
        stop_signal: AT_ONCE.to_owned(),
        labels: labelled(Role::Helper),
        mounts: volumes.clone(),
        network: attach(vec!["build".to_owned()]),
        dns: docker.dns.clone(),
        extra_hosts: docker.extra_hosts.clone(),
        ..ContainerSpec::default()
    };
    helper.mounts.push(own_directory(&around.helper_dir));
    if let Some(program) = &around.runner_program {
        for name in ["gitlab-runner", "gitlab-runner-helper"] {
            helper.mounts.push(Mount::HostReadOnly {
                source: program.clone(),
                target: format!("/usr/bin/{name}"),
            });
        }
    }
    let mut build = ContainerSpec {
        name: job.identity.container(Role::Build),
        image: admitted.build.reference.to_string(),
        platform: admitted.build.platform.clone(),
        entrypoint: admitted.build.entrypoint.clone(),
        command: vec![PROGRAM.to_owned()],
        env: public_variables(job),
        user: admitted.build.user.clone(),
        labels: labelled(Role::Build),
        mounts: volumes.iter().cloned().map(unfilled).collect(),
        network: Network::Of {
            container: helper_name,
        },
        memory_bytes: docker
            .memory
            .as_deref()
            .map(|text| policy::bytes("memory", text))
            .transpose()?,
        nano_cpus: docker
            .cpus
            .as_deref()
            .map(|text| policy::nano_cpus("cpus", text))
            .transpose()?,
        shm_bytes: Some(docker.shm_size).filter(|bytes| *bytes > 0),
        read_only_root: settings.read_only_root,
        stop_signal: AT_ONCE.to_owned(),
        ..ContainerSpec::default()
    };
    build.mounts.push(own_directory(&around.build_dir));
    if settings.read_only_root {
        build.mounts.push(Mount::Scratch {
            target: "/tmp".to_owned(),
        });
    }
    let services = admitted
        .services
        .iter()
        .enumerate()
        .map(|(index, service)| {
            let mut spec = service_container(job, service);
            spec.name = job.identity.container(Role::Service(index + 1));
            spec.labels = labelled(Role::Service(index + 1));
            spec.network = attach(service.aliases.clone());
            spec.dns = docker.dns.clone();
            spec.extra_hosts = docker.extra_hosts.clone();
            spec
        });
    let services = services.collect();
    Ok(Plan {
        network: own.then(|| job.identity.network()),
        labels,
        helper,
        build,
        services,
    })
}

fn service_container(job: &Job, service: &AdmittedService) -> ContainerSpec {
    let mut env = public_variables(job);
    env.extend(
        service
            .variables
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
    );
    ContainerSpec {
        image: service.image.reference.to_string(),
        platform: service.image.platform.clone(),
        entrypoint: service.image.entrypoint.clone(),
        command: service.image.command.clone(),
        env,
        ..ContainerSpec::default()
    }
}

/// Sources and cache. A job that clones anew gets a builds volume that ends with it; one that fetches keeps its slot's.
fn volumes(job: &Job, settings: &ExecutorSettings, labels: &[(String, String)]) -> Vec<Mount> {
    let kept = |purpose: &str| {
        let labels = labels
            .iter()
            .filter(|(name, _)| name.contains("project.id") || name.contains("runner.id"))
            .cloned();
        let labels = labels
            .chain([("baws-ci.volume".to_owned(), purpose.to_owned())])
            .collect();
        (job.identity.kept_volume(purpose, &job.response), labels)
    };
    let strategy = job
        .variables
        .get("GIT_STRATEGY")
        .map(String::as_str)
        .filter(|text| !text.is_empty());
    let fetches = strategy.map_or(job.response.allow_git_fetch, |strategy| strategy == "fetch");
    let (builds, builds_labels) = if fetches {
        kept("builds")
    } else {
        (job.identity.job_volume(), labels.to_vec())
    };
    let (cache, cache_labels) = kept("cache");
    vec![
        Mount::Volume {
            name: builds,
            target: settings.builds_dir.clone(),
            labels: builds_labels,
            fill: true,
        },
        Mount::Volume {
            name: cache,
            target: settings.cache_dir.clone(),
            labels: cache_labels,
            fill: true,
        },
    ]
}

fn unfilled(mount: Mount) -> Mount {
    match mount {
        Mount::Volume {
            name,
            target,
            labels,
            fill: _,
        } => Mount::Volume {
            name,
            target,
            labels,
            fill: false,
        },
        other @ (Mount::HostReadOnly { .. } | Mount::Scratch { .. }) => other,
    }
}

fn own_directory(source: &str) -> Mount {
    Mount::HostReadOnly {
        source: source.to_owned(),
        target: crate::agent::DIRECTORY.to_owned(),
    }
}

/// What entrypoints and services may know: the job's public variables. Everything else reaches only the script.
///
/// Source: gitlab-runner `common/build.go`, `GetServiceVariables`.
fn public_variables(job: &Job) -> Vec<String> {
    let mut names: Vec<&str> = job
        .response
        .variables
        .iter()
        .filter(|v| v.public && !v.file)
        .map(|v| v.key.as_str())
        .collect();
    // The last of several wins, and so does its secrecy.
    names.retain(|name| {
        job.response
            .variables
            .iter()
            .rfind(|v| v.key == *name)
            .is_some_and(|v| v.public && !v.file && !v.masked)
    });
    names.sort_unstable();
    names.dedup();
    names
        .iter()
        .filter_map(|name| Some(format!("{name}={}", job.variables.get(*name)?)))
        .collect()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
