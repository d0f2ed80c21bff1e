//! What the repository has of an image already: ECR is asked about all of it at once, other registries about each part.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{MOST_KNOWN, Push};
use crate::aws::HeldLayer;
use crate::docker::{StoredImage, StoredLayer};
use crate::image::Compression;
use crate::image::push::{Target, ecr_of};
use crate::registry::{Descriptor, Failure};

/// Parts looked for at a time.
const LOOKED_FOR: usize = 8;

/// What the repository has.
pub(super) struct Found {
    /// One a layer, in order.
    pub(super) layers: Vec<Option<Descriptor>>,
    pub(super) config: bool,
}

impl Push<'_> {
    pub(super) async fn look(&self, id: &str, image: &StoredImage) -> Result<Found, Failure> {
        let forms: Vec<Vec<String>> = image.layers.iter().map(|layer| self.forms(layer)).collect();
        if let Some(held) = self.at_once(id, &forms).await {
            let first = |forms: Vec<String>| {
                let found = forms.into_iter().find_map(|digest| {
                    let held = held.get(&digest).filter(|held| self.is_ours(held))?;
                    Some((digest, held.bytes))
                });
                found.map(|(digest, size)| self.layer(digest, size))
            };
            return Ok(Found {
                layers: forms.into_iter().map(first).collect(),
                config: held.contains_key(id),
            });
        }
        let looked = forms.into_iter().map(|forms| self.first_of(forms));
        let layers = stream::iter(looked).buffered(LOOKED_FOR);
        Ok(Found {
            layers: layers.try_collect().await?,
            config: self.head(id).await?.is_some(),
        })
    }

    /// The digests that a layer may have in this repository, the likeliest first.
    fn forms(&self, layer: &StoredLayer) -> Vec<String> {
        let here = format!("{}/{}", self.place.registry.host(), self.place.repository);
        let made = self.memory.of(layer).into_iter();
        let known = self.known(layer).into_iter();
        let known = known
            .filter(|blob| blob.source_repository == here)
            .take(MOST_KNOWN);
        made.chain(known.map(|blob| blob.digest)).collect()
    }

    /// `None`: this is not ECR, or it does not say; then each part is looked for, and whoever refuses that tells why.
    async fn at_once(
        &self,
        id: &str,
        forms: &[Vec<String>],
    ) -> Option<BTreeMap<String, HeldLayer>> {
        let Target {
            repository, role, ..
        } = self.target;
        let host = ecr_of(self.target)?;
        let aws = self.maker.access.aws(repository, &host, role.as_ref());
        let aws = aws.await.ok()?;
        // Layers with the same content are one.
        let digests = forms.iter().flatten().map(String::as_str).chain([id]);
        let digests: BTreeSet<&str> = digests.collect();
        let digests: Vec<String> = digests.into_iter().map(str::to_owned).collect();
        let held = aws.layers(host.account(), self.place.repository, &digests);
        held.await.ok()
    }

    /// Whether it can stand in the manifest that is written: an engine does not remember how what it pulled was compressed.
    fn is_ours(&self, held: &HeldLayer) -> bool {
        let is_zstd = |kind: &String| kind.ends_with("+zstd");
        match self.format {
            Compression::Gzip => !held.media_type.as_ref().is_some_and(is_zstd),
            Compression::Zstd => held.media_type.as_ref().is_none_or(is_zstd),
        }
    }

    async fn first_of(&self, forms: Vec<String>) -> Result<Option<Descriptor>, Failure> {
        for digest in forms {
            if let Some(size) = self.head(&digest).await? {
                return Ok(Some(self.layer(digest, size)));
            }
        }
        Ok(None)
    }
}
