//! Images: what is here, and getting what is not.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bollard::auth::DockerCredentials;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::{CreateImageOptionsBuilder, RemoveImageOptionsBuilder};
use futures_util::StreamExt;

use super::registry_reason::{RegistryReason, registry_reason};
use super::{Engine, Failure, Reason};
use crate::job::Credential;

#[derive(Clone, Debug, Default)]
pub(crate) struct ImageFacts {
    pub(crate) id: String,
    /// `sha256:…` of the registry it came from, when it came from one.
    pub(crate) digest: Option<String>,
    /// All names by digest, `repository@sha256:…`.
    pub(crate) digests: Vec<String>,
    /// All names by tag.
    pub(crate) names: Vec<String>,
    pub(crate) size_bytes: u64,
    /// `os/architecture`, with a variant where it has one.
    pub(crate) platform: String,
    pub(crate) entrypoint: Vec<String>,
    /// TCP ports the image exposes, ascending.
    pub(crate) tcp_ports: Vec<u16>,
    /// `NAME=value`.
    pub(crate) env: Vec<String>,
    /// Dockerfile instructions that run in the next build.
    pub(crate) on_build: Vec<String>,
}

impl ImageFacts {
    /// Whether it is of the platform that was asked for; one without a variant fits any, and so does none at all.
    pub(crate) fn fits(&self, platform: &str) -> bool {
        let rest = self.platform.strip_prefix(platform);
        platform.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// What became of an image that was to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forgotten {
    Removed,
    WasGone,
    /// A container has it, or another image is made of it.
    InUse,
}

#[derive(Clone, Debug)]
pub(crate) struct Pulled {
    pub(crate) took: Duration,
}

#[derive(Debug)]
pub(crate) struct PullFailure {
    pub(crate) reason: RegistryReason,
    pub(crate) failure: Failure,
}

/// The engine may say nothing for longer where a registry is slow.
const SILENCE: Duration = Duration::from_secs(1);

/// How far a pull is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    layers: BTreeMap<String, Layer>,
}

#[derive(Clone, Debug, Default)]
struct Layer {
    bytes: u64,
    of: u64,
    done: bool,
}

impl Progress {
    /// Source: Docker Engine API, `ImageCreate`; the words of docker/docker `distribution/pull_v2.go`.
    fn hear(&mut self, step: CreateImageInfo) {
        let Some(id) = step.id else { return };
        let status = step.status.unwrap_or_default();
        if status.starts_with("Pulling from") {
            return;
        }
        let layer = self.layers.entry(id).or_default();
        match status.as_str() {
            "Pull complete" | "Already exists" => layer.done = true,
            "Downloading" => {
                let detail = step.progress_detail.unwrap_or_default();
                let known = |count: Option<i64>| count.and_then(|count| count.try_into().ok());
                layer.bytes = known(detail.current).unwrap_or(layer.bytes);
                layer.of = known(detail.total).unwrap_or(layer.of);
            }
            "Download complete" | "Verifying Checksum" => layer.bytes = layer.of,
            _ => {}
        }
    }

    /// Layers that are there, of how many; bytes of the others that have come, of how many are known of.
    pub(crate) fn counts(&self) -> (usize, usize, u64, u64) {
        let layers = self.layers.values();
        let done = layers.clone().filter(|layer| layer.done).count();
        let bytes = layers.clone().map(|layer| layer.bytes).sum();
        let of = layers.map(|layer| layer.of).sum();
        (done, self.layers.len(), bytes, of)
    }
}

impl Engine {
    /// The image of this name, if the engine has it.
    pub(crate) async fn image(&self, name: &str) -> Result<Option<ImageFacts>, Failure> {
        match self.docker.inspect_image(name).await {
            Ok(answer) => {
                let config = answer.config.unwrap_or_default();
                let mut tcp_ports: Vec<u16> = config
                    .exposed_ports
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|port| tcp(port))
                    .collect();
                tcp_ports.sort_unstable();
                let digests = answer.repo_digests.unwrap_or_default();
                Ok(Some(ImageFacts {
                    digest: digests.first().cloned().and_then(digest),
                    digests,
                    names: answer.repo_tags.unwrap_or_default(),
                    id: answer.id.unwrap_or_default(),
                    platform: [answer.os, answer.architecture, answer.variant]
                        .into_iter()
                        .flatten()
                        .filter(|part| !part.is_empty())
                        .collect::<Vec<_>>()
                        .join("/"),
                    size_bytes: answer
                        .size
                        .and_then(|size| size.try_into().ok())
                        .unwrap_or(0),
                    entrypoint: config.entrypoint.unwrap_or_default(),
                    tcp_ports,
                    env: config.env.unwrap_or_default(),
                    on_build: config.on_build.unwrap_or_default(),
                }))
            }
            Err(error) => match self.failure(format!("look at the image `{name}`"), error) {
                failure if failure.reason == Reason::NotFound => Ok(None),
                failure => Err(failure),
            },
        }
    }

    /// Takes an image of this name, or without a name of this id, off the host.
    pub(crate) async fn forget_image(&self, name: &str) -> Result<Forgotten, Failure> {
        let options = RemoveImageOptionsBuilder::default().build();
        match self.docker.remove_image(name, Some(options), None).await {
            Ok(_) => Ok(Forgotten::Removed),
            Err(error) => match self.failure(format!("remove the image `{name}`"), error) {
                failure if failure.reason == Reason::NotFound => Ok(Forgotten::WasGone),
                failure if failure.reason == Reason::Conflict => Ok(Forgotten::InUse),
                failure => Err(failure),
            },
        }
    }

    /// Fetches an image from its registry; the reference must carry a tag or a digest. `tell` hears how far it is, at each
    /// word of the engine's and where it says nothing.
    pub(crate) async fn pull(
        &self,
        name: &str,
        platform: &str,
        login: Option<&Credential>,
        tell: &mut dyn FnMut(&Progress),
    ) -> Result<Pulled, PullFailure> {
        let login = login.map(|login| DockerCredentials {
            username: Some(login.username.clone()),
            password: Some(login.password.reveal().to_owned()),
            serveraddress: Some(login.url.clone()),
            ..DockerCredentials::default()
        });
        let begun = Instant::now();
        let options = CreateImageOptionsBuilder::default()
            .from_image(name)
            .platform(platform)
            .build();
        let mut progress = self.docker.create_image(Some(options), None, login);
        let mut so_far = Progress::default();
        loop {
            match tokio::time::timeout(SILENCE, progress.next()).await {
                Ok(Some(step)) => {
                    let step = step.map_err(|error| {
                        let failure = self.failure(format!("pull the image `{name}`"), error);
                        PullFailure {
                            reason: pull_reason(&failure),
                            failure,
                        }
                    })?;
                    so_far.hear(step);
                }
                Ok(None) => break,
                Err(_) => {}
            }
            tell(&so_far);
        }
        Ok(Pulled {
            took: begun.elapsed(),
        })
    }
}

/// Also what an engine answers with 404 or 400 alone. Those with the containerd image store say `NAME: not found`, and of a login
/// that ECR does not know only the status (seen with 26.1): ECR answers 400 then.
fn pull_reason(failure: &Failure) -> RegistryReason {
    let missing = matches!(failure.reason, Reason::NotFound | Reason::Invalid)
        || failure.detail.trim_end().ends_with("not found");
    let ecr_turned_it_down =
        failure.detail.contains(".dkr.ecr.") && failure.detail.ends_with(": 400 Bad Request");
    match registry_reason(failure.reason, &failure.detail) {
        RegistryReason::Other if ecr_turned_it_down => RegistryReason::Unauthorized,
        RegistryReason::Other if missing => RegistryReason::NotFound,
        reason => reason,
    }
}

fn digest(reference: String) -> Option<String> {
    reference
        .split_once('@')
        .map(|(_, digest)| digest.to_owned())
}

fn tcp(port: &str) -> Option<u16> {
    let (number, protocol) = port.split_once('/').unwrap_or((port, "tcp"));
    number.parse().ok().filter(|_| protocol == "tcp")
}
