//! Layers in ECR: which of many a repository has, asked at once.

use std::collections::BTreeMap;

use aws_sdk_ecr::types::LayerAvailability;

use super::{Aws, Failure, Resource};

/// Of one call. Source: ECR API reference, `BatchCheckLayerAvailability`, `layerDigests`.
const MOST_DIGESTS: usize = 100;

/// A layer or a configuration that the repository has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldLayer {
    /// As it is stored, compressed.
    pub(crate) bytes: u64,
    /// As a manifest called it, where one did.
    pub(crate) media_type: Option<String>,
}

impl Aws {
    /// Those of `digests` (`sha256:…`) that the repository has.
    ///
    /// # Errors
    /// `NotFound` where the repository is not.
    pub(crate) async fn layers(
        &self,
        account: &str,
        name: &str,
        digests: &[String],
    ) -> Result<BTreeMap<String, HeldLayer>, Failure> {
        let mut held = BTreeMap::new();
        for some in digests.chunks(MOST_DIGESTS) {
            let request = self
                .ecr
                .batch_check_layer_availability()
                .registry_id(account)
                .repository_name(name)
                .set_layer_digests(Some(some.to_vec()));
            let answer = request.send().await.map_err(|error| {
                let about = Resource::Repository { account, name };
                let doing = format!("look for layers of `{name}` of account `{account}`");
                self.ecr_call("BatchCheckLayerAvailability", about, doing)
                    .failed(error)
            })?;
            let there = answer.layers().iter().filter_map(|layer| {
                let is_there = layer.layer_availability() == Some(&LayerAvailability::Available);
                let found = HeldLayer {
                    bytes: layer.layer_size()?.try_into().ok()?,
                    media_type: layer.media_type().map(str::to_owned),
                };
                is_there.then_some((layer.layer_digest()?.to_owned(), found))
            });
            held.extend(there);
        }
        Ok(held)
    }
}
