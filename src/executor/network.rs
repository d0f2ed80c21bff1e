//! The network of a job's own.

use super::plan::Plan;
use crate::docker::Engine;
use crate::error::{Error, Result};
use crate::job::label;
use crate::settings::JobContainerSettings;

/// Before it a container's address could be said in another place only. Source: Docker Engine API, version history, v1.44.
const MAC_ADDRESS_SINCE: usize = 44;

/// # Errors
/// `Usage`: the engine is too old for what the settings say.
pub(super) fn fits(engine: &Engine, docker: &JobContainerSettings) -> Result<()> {
    if docker.mac_address.is_empty() || engine.api().minor() >= MAC_ADDRESS_SINCE {
        return Ok(());
    }
    Err(Error::usage(format!(
        "the settings are wrong: `executor.docker.mac_address` needs an engine of API 1.{MAC_ADDRESS_SINCE}, and this one has {}",
        engine.api()
    ))
    .hint("the operator removes the key, or installs Docker 25 or later"))
}

/// Makes the network of a job that is to have one; its id.
pub(super) async fn make_network(engine: &Engine, plan: &Plan) -> Result<Option<String>> {
    let Some(network) = &plan.network else {
        return Ok(None);
    };
    let own = plan
        .labels
        .iter()
        .find(|(name, _)| name == label::JOB)
        .map(|(name, value)| format!("{name}={value}"));
    // The engine would make a second network of the same name.
    let there = engine.networks(&own.unwrap_or_default()).await?;
    if let Some((id, _)) = there.into_iter().next() {
        return Ok(Some(id));
    }
    engine.create_network(network, &plan.labels).await.map(Some).map_err(|failure| {
        failure.into_error().hint("where all address pools are in use, the operator runs `baws-ci executor sweep` or gives the engine more `default-address-pools`")
    })
}
