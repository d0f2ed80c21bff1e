//! Containers: created from a plain description (`spec`), started, looked at, removed.

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{ContainerState, HealthStatusEnum};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, KillContainerOptionsBuilder, ListContainersOptionsBuilder,
    LogsOptionsBuilder, RemoveContainerOptionsBuilder, RenameContainerOptionsBuilder,
    StopContainerOptionsBuilder,
};
use futures_util::StreamExt;

use super::spec::{ContainerSpec, body};
use super::{Engine, Failure, Reason, moment};

/// A container as the engine knows it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) id: String,
    pub(crate) running: bool,
    pub(crate) exit_code: i64,
    pub(crate) oom_killed: bool,
    /// When it last began to run; the year 1 where it never did.
    started_at: String,
    /// Why it could not be started, in the engine's words.
    pub(crate) error: String,
    pub(crate) health: Health,
    /// Its address on each network it has one on.
    pub(crate) addresses: Vec<String>,
    /// Of the image it was made of, `sha256:…`.
    pub(crate) image_id: String,
    /// The port of this host's loopback address that leads to it.
    pub(crate) published: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// Its image says nothing about health.
    Unknown,
    Starting,
    Healthy,
    Unhealthy,
}

impl Found {
    /// Whether it has run at all.
    pub(crate) fn was_started(&self) -> bool {
        !self.started_at.is_empty() && !self.started_at.starts_with("0001-")
    }

    /// When it last began to run, in milliseconds since 1970 by this host's clock.
    pub(crate) fn began_ms(&self) -> Option<i64> {
        let millis = moment(&self.started_at)?.unix_timestamp_nanos() / 1_000_000;
        i64::try_from(millis).ok().filter(|_| self.was_started())
    }

    /// One that has run and ended.
    #[cfg(test)]
    pub(crate) fn ended(exit_code: i64) -> Self {
        let state = ContainerState {
            exit_code: Some(exit_code),
            started_at: Some("2026-11-26T16:00:50.5Z".to_owned()),
            ..ContainerState::default()
        };
        found(String::new(), state)
    }
}

impl Engine {
    /// Creates a container and gives its id.
    pub(crate) async fn create(&self, spec: &ContainerSpec) -> Result<String, Failure> {
        let options = CreateContainerOptionsBuilder::default()
            .name(&spec.name)
            .platform(&spec.platform)
            .build();
        let created = self
            .docker
            .create_container(Some(options), body(spec))
            .await;
        created.map(|answer| answer.id).map_err(|error| {
            self.failure(
                format!(
                    "create the container `{}` from image `{}`",
                    spec.name, spec.image
                ),
                error,
            )
        })
    }

    /// Starts a container; one that runs is left alone.
    pub(crate) async fn start(&self, name: &str) -> Result<(), Failure> {
        match self.docker.start_container(name, None).await {
            Ok(()) => Ok(()),
            Err(error) => match self.failure(format!("start the container `{name}`"), error) {
                failure if failure.reason == Reason::Already => Ok(()),
                failure => Err(failure),
            },
        }
    }

    /// Ends a container at once; one that does not run is left alone.
    pub(crate) async fn kill(&self, name: &str) -> Result<(), Failure> {
        let options = KillContainerOptionsBuilder::default()
            .signal("KILL")
            .build();
        match self.docker.kill_container(name, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) => match self.failure(format!("kill the container `{name}`"), error) {
                failure if failure.reason == Reason::Conflict => Ok(()),
                failure => Err(failure),
            },
        }
    }

    /// Ends a container as it wants to be ended, and at once after `grace_secs`; one that does not run is left alone.
    pub(crate) async fn stop(&self, name: &str, grace_secs: i32) -> Result<(), Failure> {
        let options = StopContainerOptionsBuilder::default().t(grace_secs).build();
        match self.docker.stop_container(name, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) => match self.failure(format!("stop the container `{name}`"), error) {
                failure if failure.reason == Reason::Already => Ok(()),
                failure => Err(failure),
            },
        }
    }

    pub(crate) async fn rename(&self, name: &str, new: &str) -> Result<(), Failure> {
        let options = RenameContainerOptionsBuilder::default().name(new).build();
        let renamed = self.docker.rename_container(name, options).await;
        renamed.map_err(|error| {
            self.failure(format!("rename the container `{name}` to `{new}`"), error)
        })
    }

    /// Removes a container, running or not, with its anonymous volumes. One that is gone, or going, is no error.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), Failure> {
        let options = RemoveContainerOptionsBuilder::default()
            .force(true)
            .v(true)
            .build();
        match self.docker.remove_container(name, Some(options)).await {
            Ok(()) => Ok(()),
            Err(error) => match self.failure(format!("remove the container `{name}`"), error) {
                failure if matches!(failure.reason, Reason::NotFound | Reason::Conflict) => Ok(()),
                failure => Err(failure),
            },
        }
    }

    /// The container of this name, if there is one.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<Found>, Failure> {
        match self.docker.inspect_container(name, None).await {
            Ok(answer) => {
                let settings = answer.network_settings.unwrap_or_default();
                let bindings = settings.ports.unwrap_or_default().into_values().flatten();
                let published = bindings
                    .flatten()
                    .find_map(|one| one.host_port?.parse().ok());
                let networks = settings.networks.unwrap_or_default();
                let addresses = networks
                    .into_values()
                    .filter_map(|endpoint| endpoint.ip_address);
                Ok(Some(Found {
                    addresses: addresses.filter(|address| !address.is_empty()).collect(),
                    image_id: answer.image.unwrap_or_default(),
                    published,
                    ..found(
                        answer.id.unwrap_or_default(),
                        answer.state.unwrap_or_default(),
                    )
                }))
            }
            Err(error) => match self.failure(format!("look at the container `{name}`"), error) {
                failure if failure.reason == Reason::NotFound => Ok(None),
                failure => Err(failure),
            },
        }
    }

    /// Names and labels of all containers, running or not, that carry the label (`key` or `key=value`).
    pub(crate) async fn containers(
        &self,
        label: &str,
    ) -> Result<Vec<(String, HashMap<String, String>)>, Failure> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let listed = self.docker.list_containers(Some(options)).await;
        let listed = listed.map_err(|error| {
            self.failure(format!("list the containers with label `{label}`"), error)
        })?;
        let named = listed.into_iter().filter_map(|one| {
            let name = one.names?.into_iter().next()?;
            Some((
                name.trim_start_matches('/').to_owned(),
                one.labels.unwrap_or_default(),
            ))
        });
        Ok(named.collect())
    }

    /// The end of what a container printed, at most about `limit` bytes of it.
    pub(crate) async fn printed(&self, name: &str, limit: usize) -> Result<Vec<u8>, Failure> {
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail("1000")
            .build();
        let mut stream = Box::pin(self.docker.logs(name, Some(options)));
        let mut text = Vec::new();
        while let Some(part) = stream.next().await {
            let part = part.map_err(|error| {
                self.failure(format!("read what the container `{name}` printed"), error)
            })?;
            text.extend_from_slice(&part.into_bytes());
            if text.len() > limit {
                text.drain(..text.len() - limit);
            }
        }
        Ok(text)
    }

    /// What a container printed before `mark`, which its main process writes to both of its streams; at most about `limit`
    /// bytes. The engine copies each stream at its own pace, so only the marks tell that all has come. Where one stays
    /// away, as a stream was closed or led elsewhere, what has come within `patience` is all.
    pub(crate) async fn printed_before(
        &self,
        name: &str,
        mark: &str,
        limit: usize,
        patience: Duration,
    ) -> Result<Vec<u8>, Failure> {
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .follow(true)
            .build();
        let mut stream = Box::pin(self.docker.logs(name, Some(options)));
        let (mut text, mut marks) = (Vec::new(), 0);
        let reading = async {
            while let Some(part) = stream.next().await {
                let bytes = part?.into_bytes();
                let end = bytes
                    .windows(mark.len())
                    .position(|window| window == mark.as_bytes());
                marks += usize::from(end.is_some());
                let room = limit.saturating_sub(text.len());
                text.extend(bytes.iter().take(end.unwrap_or(bytes.len()).min(room)));
                if marks == 2 {
                    break;
                }
            }
            Ok(())
        };
        if let Ok(Err(error)) = tokio::time::timeout(patience, reading).await {
            return Err(self.failure(format!("read what the container `{name}` printed"), error));
        }
        Ok(text)
    }
}

fn found(id: String, state: ContainerState) -> Found {
    let health = match state.health.and_then(|health| health.status) {
        Some(HealthStatusEnum::STARTING) => Health::Starting,
        Some(HealthStatusEnum::HEALTHY) => Health::Healthy,
        Some(HealthStatusEnum::UNHEALTHY) => Health::Unhealthy,
        Some(HealthStatusEnum::NONE | HealthStatusEnum::EMPTY) | None => Health::Unknown,
    };
    Found {
        id,
        running: state.running.unwrap_or(false),
        exit_code: state.exit_code.unwrap_or(0),
        oom_killed: state.oom_killed.unwrap_or(false),
        started_at: state.started_at.unwrap_or_default(),
        error: state.error.unwrap_or_default(),
        health,
        addresses: Vec::new(),
        image_id: String::new(),
        published: None,
    }
}
