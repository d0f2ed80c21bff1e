//! The workshop for the Docker engine: the only place that names bollard.
//!
//! Offers verbs on containers, images, networks and volumes in plain values of ours; every call has a time limit, because
//! a stopped engine answers nothing. Refuses engines it shares no file system with: a job's containers are given this
//! host's files. Read next: `container` (what is created), `image`, `build` and `session`, `push`, `failure` (which errors
//! have a remedy).

mod archive;
mod build;
mod build_order;
mod container;
mod disk;
mod exec;
mod failure;
mod follow;
mod image;
mod import;
mod network;
mod options;
mod ping;
mod private;
mod push;
mod query;
mod registry_reason;
mod session;
mod spec;
mod splitter;
mod storage;
mod supply;
mod usage;
mod version;
mod wire;

use std::future::Future;
use std::time::Duration;

use bollard::{ClientVersion, Docker};

use crate::env::Var;
use crate::error::{Cause, Class, Error, Result};
use crate::interrupt::interrupted;
use crate::settings::DockerSettings;

pub(crate) use build_order::{BuildOrder, Builder, LayerCache, PullBase, Ulimit};
pub(crate) use container::{Found, Health};
pub(crate) use disk::About;
pub(crate) use failure::{Failure, Reason};
pub(crate) use image::{Forgotten, ImageFacts, Progress, PullFailure};
pub(crate) use network::NewNetwork;
pub(crate) use ping::ApiVersion;
pub(crate) use push::PushFailure;
pub(crate) use registry_reason::RegistryReason;
pub(crate) use session::{Listed, ListedKind, Login, Offer, Want};
pub(crate) use spec::{ContainerSpec, Driver, Mount, Network};
pub(crate) use storage::{KnownBlob, Storage, StoredImage, StoredLayer};
pub(crate) use supply::Supply;
pub(crate) use usage::{CacheRecord, ImageUsage, Usage, VolumeUsage};

const STANDARD_SOCKET: &str = "unix:///var/run/docker.sock";

/// The address of the engine that is meant: of the settings, of DOCKER_HOST, or where it usually is.
pub(crate) fn host(settings: &DockerSettings) -> String {
    let named = settings.host.clone().or_else(|| Var::DockerHost.text());
    named.unwrap_or_else(|| STANDARD_SOCKET.to_owned())
}

/// A connection to one engine, and the runtime on which its calls run.
pub(crate) struct Engine {
    docker: Docker,
    runtime: tokio::runtime::Runtime,
    host: String,
    api: ApiVersion,
    about: tokio::sync::OnceCell<disk::About>,
}

impl Engine {
    /// Connects to the engine of the settings. `known` spares the question which API version it speaks.
    ///
    /// # Errors
    /// The address is not a unix socket, or nothing answers there.
    pub(crate) fn connect(settings: &DockerSettings, known: Option<ApiVersion>) -> Result<Self> {
        let host = host(settings);
        let Some(socket) = host.strip_prefix("unix://") else {
            return Err(Error::usage(format!("the Docker engine at `{host}` cannot be used"))
                .caused_by(Cause::line("jobs need an engine that sees this host's files, through a unix socket"))
                .hint("set `[docker] host` or DOCKER_HOST to `unix:///path/to/docker.sock` of an engine on this host"));
        };
        let timeout = Duration::from_secs(settings.timeout_secs);
        let api = match known {
            Some(version) => version,
            None => ping::ask(socket, timeout.min(Duration::from_secs(20)))
                .map_err(|error| unreachable(&host, error))?,
        };
        let version = ClientVersion {
            major_version: api.major,
            minor_version: api.minor,
        };
        let docker = Docker::connect_with_unix(socket, settings.timeout_secs, &version)
            .map_err(|error| unreachable(&host, error))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| {
                Error::system("cannot start the runtime for Docker calls").caused_by(error)
            })?;
        Ok(Engine {
            docker,
            runtime,
            host,
            api,
            about: tokio::sync::OnceCell::new(),
        })
    }

    pub(crate) fn api(&self) -> ApiVersion {
        self.api
    }

    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Runs calls, also several at a time, to their end.
    pub(crate) fn block_on<F: Future>(&self, calls: F) -> F::Output {
        self.runtime.block_on(calls)
    }

    /// Runs calls to their end, unless SIGTERM comes first: then `None`, and the calls are dropped where they stand.
    pub(crate) fn unless_cancelled<F: Future>(
        &self,
        calls: F,
    ) -> std::io::Result<Option<F::Output>> {
        self.runtime.block_on(async {
            let mut terminate =
                tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
            let (calls, cancel) = (std::pin::pin!(calls), std::pin::pin!(terminate.recv()));
            Ok(match futures_util::future::select(calls, cancel).await {
                futures_util::future::Either::Left((output, _)) => Some(output),
                futures_util::future::Either::Right(_) => None,
            })
        })
    }

    /// Runs calls to their end, unless their caller ends them first, with SIGINT or SIGTERM: then they are dropped where
    /// they stand.
    ///
    /// # Errors
    /// Those of the calls; `Cancelled`.
    pub(crate) fn until_interrupted<T>(&self, calls: impl Future<Output = Result<T>>) -> Result<T> {
        use futures_util::future::{Either, select};
        self.runtime.block_on(async {
            let ended = interrupted()
                .map_err(|error| Error::system("cannot listen for signals").caused_by(error))?;
            match select(std::pin::pin!(calls), std::pin::pin!(ended)).await {
                Either::Left((output, _)) => output,
                Either::Right((signal, _)) => {
                    Err(Error::new(Class::Cancelled(signal), "cancelled"))
                }
            }
        })
    }

    fn failure(&self, doing: impl std::fmt::Display, error: bollard::errors::Error) -> Failure {
        Failure::new(doing, error, &self.host)
    }
}

fn unreachable(host: &str, cause: impl std::error::Error) -> Error {
    Error::system(format!("cannot reach the Docker engine at `{host}`"))
        .caused_by(cause)
        .hint("the operator of this host checks that the engine runs (`systemctl status docker`) and that this user may use its socket")
}

/// A moment as the engine writes it. Source: Docker Engine API, RFC 3339 with nanoseconds.
fn moment(text: &str) -> Option<time::OffsetDateTime> {
    let format = time::format_description::well_known::Rfc3339;
    time::OffsetDateTime::parse(text, &format).ok()
}
