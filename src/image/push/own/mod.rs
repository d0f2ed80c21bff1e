//! A push by our own hand, where the engine's storage can be read: layers are compressed by all processors while they are
//! sent, and several at a time, by gzip or, where that is asked, zstd; the engine takes one processor and one layer after the other.
//!
//! What the repository has is not made again: the engine remembers the digests of what it pulled and pushed, and this host those
//! of the layers that it made itself. Refuses to guess: where anything is not as expected there is no such push, and the
//! engine's own is taken. Read next: `docker::Storage`, `look`, `making`, `compress`, `registry::push_blob`.

mod compress;
mod look;
mod making;
mod manifest;
mod memory;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use super::Target;
use super::told::layers;
use crate::docker::{KnownBlob, Storage, StoredImage, StoredLayer};
use crate::image::{Compression, Event, Maker};
use crate::output;
use crate::registry::{Descriptor, Failure, Manifest, Mounting, Piece, Place, push_blob};
use look::Found;
use making::making;
use manifest::{Kinds, manifest};
use memory::Memory;

pub(crate) use memory::forget_old_layers;

/// The upload itself; what falls silent is given up long before.
const LIMIT: Duration = Duration::from_secs(3600);
/// Layers made at a time: each takes all processors.
const MADE: usize = 2;
/// Of the forms of one layer that the engine remembers, the latest.
const MOST_KNOWN: usize = 3;

/// Why there is no such push.
pub(super) enum Not {
    /// The engine keeps the image in another way.
    Readable,
    /// With the tag that could not be set, where it was one.
    Pushed(Failure, Option<String>),
}

impl From<Failure> for Not {
    fn from(failure: Failure) -> Self {
        Not::Pushed(failure, None)
    }
}

/// Pushes the image to the target's first tag and all others; gives its digest. `id`: the engine's, `sha256:…`.
///
/// # Errors
/// [`Not`]: the engine has to push it.
pub(super) async fn push(
    maker: &Maker<'_>,
    id: &str,
    target: &Target,
    format: Compression,
) -> Result<String, Not> {
    let begun = Instant::now();
    let storage = maker.engine.storage().await.ok().flatten();
    let storage = storage.ok_or(Not::Readable)?;
    let image = storage.image(id).ok_or(Not::Readable)?;
    let registry = maker
        .access
        .registry(&target.repository, target.role.as_ref(), LIMIT)
        .await
        .map_err(|_| Not::Readable)?;
    let place = Place {
        registry: &registry,
        repository: target.repository.repository(),
    };
    let name = format!("{}:{}", target.repository.name(), target.tags[0]);
    let push = Push {
        maker,
        target,
        place,
        storage: &storage,
        format,
        kinds: Kinds::of(format),
        memory: Memory::in_state(maker.state, format),
        told: Mutex::new((0, format!("Pushing `{name}`"))),
    };
    // What may not be looked for, or not yet, is the engine's to tell.
    let found = push.look(id, &image).await.map_err(|_| Not::Readable)?;
    let manifest = push.image(id, &image, found).await?;
    for tag in &target.tags {
        let put = registry.put_manifest(place.repository, tag, &manifest.0);
        put.await
            .map_err(|failure| Not::Pushed(failure, Some(tag.clone())))?;
    }
    let (sent, all) = (manifest.1, image.layers.len());
    let layers = layers(sent, all - sent);
    let took = output::duration(begun.elapsed());
    maker.note(format!("Pushed `{name}` in {took}: {layers}"));
    Ok(manifest.0.digest)
}

struct Push<'a> {
    maker: &'a Maker<'a>,
    target: &'a Target,
    place: Place<'a>,
    storage: &'a Storage,
    format: Compression,
    kinds: Kinds,
    /// Of layers that this host made.
    memory: Memory,
    /// Bytes that were sent, and what they are called.
    told: Mutex<(u64, String)>,
}

impl Push<'_> {
    /// Sends what is not there; the manifest, and how many layers were sent.
    async fn image(
        &self,
        id: &str,
        image: &StoredImage,
        found: Found,
    ) -> Result<(Manifest, usize), Failure> {
        let sent = found.layers.iter().filter(|found| found.is_none()).count();
        let layers = image
            .layers
            .iter()
            .zip(found.layers)
            .map(|(layer, found)| async move {
                match found {
                    Some(found) => Ok(found),
                    None => self.made(layer).await,
                }
            });
        let layers: Vec<Descriptor> = stream::iter(layers).buffered(MADE).try_collect().await?;
        let config = Descriptor {
            media_type: self.kinds.config.to_owned(),
            digest: id.to_owned(),
            size: image.config.len() as u64,
        };
        if !found.config {
            let (pieces, made) = mpsc::channel(2);
            let whole = [
                Piece::Bytes(image.config.clone()),
                Piece::End(id.to_owned()),
            ];
            for piece in whole {
                // There is room for both.
                let _ = pieces.try_send(Ok(piece));
            }
            push_blob(self.place, made, &|_| {}).await?;
        }
        Ok((manifest(&self.kinds, &config, &layers), sent))
    }

    async fn head(&self, digest: &str) -> Result<Option<u64>, Failure> {
        self.place
            .registry
            .head_blob(self.place.repository, digest)
            .await
    }

    /// What the engine remembers of it, the latest first. All of it is taken for gzip.
    fn known(&self, layer: &StoredLayer) -> Vec<KnownBlob> {
        match self.format {
            Compression::Gzip => self
                .storage
                .known(&layer.diff_id)
                .into_iter()
                .rev()
                .collect(),
            Compression::Zstd => Vec::new(),
        }
    }

    fn layer(&self, digest: String, size: u64) -> Descriptor {
        Descriptor {
            media_type: self.kinds.layer.to_owned(),
            digest,
            size,
        }
    }

    async fn made(&self, layer: &StoredLayer) -> Result<Descriptor, Failure> {
        let sent = match self.mounted(layer).await {
            Some(mounted) => mounted,
            None => {
                let moved = |bytes: u64| self.moved(bytes);
                push_blob(self.place, making(layer.clone(), self.format), &moved).await?
            }
        };
        if let Err(error) = self.memory.keep(layer, &sent.digest) {
            self.maker.warn(format!(
                "what was pushed could not be written down on this host: {error}"
            ));
        }
        Ok(self.layer(sent.digest, sent.size))
    }

    /// A layer of another repository of the same registry need not travel. What hinders it is no failure: then it is sent.
    async fn mounted(&self, layer: &StoredLayer) -> Option<Descriptor> {
        let host = format!("{}/", self.place.registry.host());
        let (registry, here) = (self.place.registry, self.place.repository);
        let known = self.known(layer).into_iter();
        let elsewhere = known.filter(|blob| {
            let from = blob.source_repository.strip_prefix(&host);
            from.is_some_and(|from| from != here)
        });
        for blob in elsewhere.take(MOST_KNOWN) {
            let from = blob.source_repository.trim_start_matches(&host);
            if let Ok(Mounting::Mounted) = registry.mount_blob(here, &blob.digest, from).await
                && let Ok(Some(size)) = self.head(&blob.digest).await
            {
                return Some(self.layer(blob.digest, size));
            }
        }
        None
    }

    fn moved(&self, bytes: u64) {
        let mut told = self
            .told
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        told.0 += bytes;
        (self.maker.tell)(Event::Moved {
            what: told.1.clone(),
            done_bytes: told.0,
            of_bytes: None,
        });
    }
}
