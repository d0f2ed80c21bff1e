//! Networks and volumes of a job, found again by label.

use std::collections::HashMap;

use bollard::models::NetworkCreateRequest;
use bollard::query_parameters::{
    ListNetworksOptionsBuilder, ListVolumesOptionsBuilder, RemoveVolumeOptionsBuilder,
};

use serde::Serialize;

use super::{Engine, Failure, Reason};

/// A bridge of a job's own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct NewNetwork {
    pub(crate) name: String,
    /// Bytes; `None`: the engine's own.
    pub(crate) mtu: Option<u32>,
    pub(crate) ipv6: bool,
}

impl Engine {
    /// Its id: where a client was killed that asked for the same, an engine may end up with two of one name.
    pub(crate) async fn create_network(
        &self,
        network: &NewNetwork,
        labels: &[(String, String)],
    ) -> Result<String, Failure> {
        let name = &network.name;
        // Source: Docker documentation, "Bridge network driver", options.
        let mtu = |mtu: u32| [("com.docker.network.driver.mtu".to_owned(), mtu.to_string())].into();
        let request = NetworkCreateRequest {
            name: name.to_owned(),
            labels: Some(labels.iter().cloned().collect()),
            options: network.mtu.map(mtu),
            enable_ipv6: network.ipv6.then_some(true),
            ..NetworkCreateRequest::default()
        };
        let created = self.docker.create_network(request).await;
        created
            .map(|created| created.id)
            .map_err(|error| self.failure(format!("create the network `{name}`"), error))
    }

    /// Removes a network, by id or name; one that is gone is no error. `Invalid`: there are two of this name.
    pub(crate) async fn remove_network(&self, name: &str) -> Result<(), Failure> {
        gone_is_fine(
            self.docker
                .remove_network(name)
                .await
                .map_err(|error| self.failure(format!("remove the network `{name}`"), error)),
        )
    }

    /// Removes a volume; one that is gone is no error.
    pub(crate) async fn remove_volume(&self, name: &str) -> Result<(), Failure> {
        let options = RemoveVolumeOptionsBuilder::default().force(true).build();
        let removed = self.docker.remove_volume(name, Some(options)).await;
        gone_is_fine(
            removed.map_err(|error| self.failure(format!("remove the volume `{name}`"), error)),
        )
    }

    /// Ids and labels of the networks that carry the label.
    pub(crate) async fn networks(
        &self,
        label: &str,
    ) -> Result<Vec<(String, HashMap<String, String>)>, Failure> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListNetworksOptionsBuilder::default()
            .filters(&filters)
            .build();
        let listed = self.docker.list_networks(Some(options)).await;
        let listed = listed.map_err(|error| {
            self.failure(format!("list the networks with label `{label}`"), error)
        })?;
        Ok(listed
            .into_iter()
            .filter_map(|one| Some((one.id?, one.labels.unwrap_or_default())))
            .collect())
    }

    /// Names and labels of the volumes that carry the label.
    pub(crate) async fn volumes(
        &self,
        label: &str,
    ) -> Result<Vec<(String, HashMap<String, String>)>, Failure> {
        let filters = HashMap::from([("label", vec![label])]);
        let options = ListVolumesOptionsBuilder::default()
            .filters(&filters)
            .build();
        let listed = self.docker.list_volumes(Some(options)).await;
        let listed = listed.map_err(|error| {
            self.failure(format!("list the volumes with label `{label}`"), error)
        })?;
        Ok(listed
            .volumes
            .unwrap_or_default()
            .into_iter()
            .map(|one| (one.name, one.labels))
            .collect())
    }
}

fn gone_is_fine(result: Result<(), Failure>) -> Result<(), Failure> {
    match result {
        Err(failure) if failure.reason == Reason::NotFound => Ok(()),
        other => other,
    }
}
