//! Pure: what a job's containers, network and volumes are to be.
//!
//! Two containers a job. The helper owns the network namespace and runs the runner's own stages; the build container is
//! the job's image and joins that namespace. Services stand beside them on a network of the job's own.

use super::volumes::{Mounts, mounts, unfilled};
use super::{Job, labels};
use crate::agent::PROGRAM;
use crate::container_options::Options;
use crate::docker::{ContainerSpec, Mount, Network, NewNetwork};
use crate::error::{Error, Result};
use crate::job::{ROLE_LABEL, Role, expand};
use crate::policy::{self, Admitted, AdmittedService, Lent, Read};
use crate::settings::ExecutorSettings;
use serde::Serialize;

/// What the planner has to be told about this host and moment.
pub(super) struct Surroundings<'a> {
    pub(super) helper_dir: String,
    pub(super) build_dir: String,
    pub(super) runner_program: Option<String>,
    pub(super) owner: String,
    /// Unix seconds.
    pub(super) now: u64,
    /// What the operator lends to the job.
    pub(super) lent: Vec<Lent>,
    pub(super) read: Read<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct Plan {
    /// A network to make, when the job has services or asks for one.
    pub(super) network: Option<NewNetwork>,
    #[serde(skip)]
    pub(super) labels: Vec<(String, String)>,
    pub(super) helper: ContainerSpec,
    pub(super) build: ContainerSpec,
    pub(super) services: Vec<ContainerSpec>,
}

/// The agent outlives every other signal, so an engine that shuts down would wait for nothing.
const AT_ONCE: &str = "SIGKILL";

impl Plan {
    /// With the job's own network by its id in place of its name.
    pub(super) fn on_network(mut self, id: &str) -> Self {
        let own = self.network.as_ref().map(|network| network.name.clone());
        for spec in std::iter::once(&mut self.helper).chain(&mut self.services) {
            if let Network::Named { name, .. } = &mut spec.network
                && Some(&*name) == own.as_ref()
            {
                id.clone_into(name);
            }
        }
        self
    }
}

pub(super) fn plan(
    job: &Job,
    admitted: &Admitted,
    settings: &ExecutorSettings,
    around: &Surroundings<'_>,
) -> Result<Plan> {
    let docker = &settings.docker;
    let labels = labels::of_job(job, &around.owner, around.now);
    let named = docker.container_labels.iter();
    let named = named.map(|(name, value)| (name.clone(), expand(value, &job.variables)));
    let named: Vec<(String, String)> = named.collect();
    let labelled = |role: Role| {
        // Ours stand last: no label of the operator's takes their place.
        let mut all: Vec<_> = named.iter().chain(&labels).cloned().collect();
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
    let Mounts { own: sources, lent } = mounts(job, settings, &labels, &around.lent);
    let volumes: Vec<Mount> = sources.into_iter().chain(lent.iter().cloned()).collect();
    let host_name = match docker.hostname.as_str() {
        "" => job.identity.host_name(&job.response),
        name => name.to_owned(),
    };
    let helper_name = job.identity.container(Role::Helper);
    let mut helper = ContainerSpec {
        name: helper_name.clone(),
        image: docker.helper_image.0.clone(),
        host_name,
        entrypoint: Some(vec![PROGRAM.to_owned()]),
        user: "0".to_owned(),
        stop_signal: AT_ONCE.to_owned(),
        labels: labelled(Role::Helper),
        mounts: volumes.clone(),
        network: attach(vec!["build".to_owned()]),
        mac_address: docker.mac_address.clone(),
        options: policy::helper_options(docker, around.read)?,
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
        options: Options {
            init: job.flag("FF_USE_INIT_WITH_DOCKER_EXECUTOR"),
            ..policy::build_options(docker, admitted.build.privileged, around.read)?
        },
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
            let (image, privileged) = (&service.image.name, service.image.privileged);
            let mut spec = service_container(job, service);
            spec.name = job.identity.container(Role::Service(index + 1));
            spec.labels = labelled(Role::Service(index + 1));
            spec.network = attach(service.aliases.clone());
            // Sources are the business of a service that runs containers of its own, such as docker:dind, and of no other.
            let seen = match privileged {
                true => &volumes,
                false => &lent,
            };
            spec.mounts = seen.iter().cloned().map(unfilled).collect();
            spec.options = Options {
                init: job.flag("FF_USE_INIT_WITH_DOCKER_EXECUTOR"),
                ..policy::service_options(docker, image, privileged, around.read)?
            };
            Ok(spec)
        });
    let services = services.collect::<Result<Vec<ContainerSpec>>>()?;
    Ok(Plan {
        network: own.then(|| NewNetwork {
            name: job.identity.network(),
            mtu: Some(docker.network_mtu).filter(|mtu| *mtu > 0),
            ipv6: docker.enable_ipv6,
        }),
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

fn own_directory(source: &str) -> Mount {
    Mount::HostReadOnly {
        source: source.to_owned(),
        target: crate::agent::DIRECTORY.to_owned(),
    }
}

/// By which programs find a proxy, in either case.
const PROXIES: [&str; 5] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "FTP_PROXY",
];

/// What entrypoints and services may know: the job's public variables, and the operator's proxy (`environment` of the runner).
/// Everything else reaches only the script.
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
    let of_job = |name: &str| {
        let response = &job.response;
        response.variables.iter().any(|v| v.key == name) || response.secrets.contains_key(name)
    };
    let proxies = PROXIES
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.to_lowercase()]);
    let proxies: Vec<String> = proxies.filter(|name| !of_job(name)).collect();
    names.extend(proxies.iter().map(String::as_str));
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
