//! A job's containers, one by one: created, in place of what is left of an earlier attempt, and started; and whose turn it is
//! where that fails.

use super::images::{self, Fetcher};
use super::rescue::could_not_start;
use crate::docker::{ContainerSpec, Engine, Failure, Reason};
use crate::error::{Cause, Error, Result};

/// Creates a container, in place of one that an earlier attempt left under its name.
pub(super) async fn create(engine: &Engine, spec: &ContainerSpec) -> Result<String> {
    match engine.create(spec).await {
        Err(failure) if failure.reason == Reason::Conflict => {
            engine.remove(&spec.name).await?;
            Ok(engine.create(spec).await?)
        }
        other => other.map_err(blame),
    }
}

/// What the engine does not accept in a container is the job's own wish for it, so long as it is no failure of the host.
fn blame(failure: Failure) -> Error {
    let invalid = failure.reason == Reason::Invalid;
    let missing_mount = failure.detail.contains("bind source path does not exist");
    let error = failure.into_error();
    if missing_mount {
        return error
            .hint("the engine does not see this host's files: a runner inside a container, or an engine elsewhere, is not supported")
            .hint("the operator runs gitlab-runner on the host of the engine, or sets `[executor] state_dir` to a path that both share");
    }
    if !invalid {
        return error;
    }
    error
        .causes()
        .iter()
        .fold(Error::refused(error.message()), |refused, cause| {
            refused.caused_by(Cause::line(cause))
        })
}

/// The helper's image is of one version with this program, so it is fetched only when it is missing.
pub(super) async fn create_helper(fetcher: Fetcher<'_>, spec: &ContainerSpec) -> Result<String> {
    let engine = fetcher.engine;
    match engine.create(spec).await {
        Err(failure) if failure.reason == Reason::NotFound => {
            let missing = |error: Error| {
                Error::system(format!("the helper image `{}` is not on this host and cannot be pulled", spec.image))
                    .caused_by(Cause::line(error))
                    .hint("the operator makes it (`images/helper`, or `scripts/base-images`) or names another: `[executor.docker] helper_image`")
            };
            let wanted = images::Wanted {
                name: &spec.image,
                ..images::Wanted::default()
            };
            images::pull(fetcher, wanted).await.map_err(missing)?;
            create(engine, spec).await
        }
        Err(failure) if failure.reason == Reason::Conflict => create(engine, spec).await,
        other => other.map_err(blame),
    }
}

/// The name of a service's container says which of the job's services it is.
pub(super) async fn run(engine: &Engine, spec: &ContainerSpec) -> Result<()> {
    let started = engine.start(&spec.name).await;
    started.map_err(|failure| could_not_start(failure, &spec.name))
}
