//! An image carried to another repository as it is: the same bytes, the same digest.
//!
//! What is there already is not sent; an index goes after the images it names, as registries demand. At the end the
//! destination is asked, not trusted.

use futures_util::future::BoxFuture;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::Deserialize;

use super::carry::{Moved, copy_blob};
use super::{Descriptor, Failure, Manifest, Reason, Registry};

/// A repository of a registry.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) repository: &'a str,
}

/// What a copy came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) digest: String,
    /// Layers that had to be sent or mounted; 0: the image was there, and only its tags are new.
    pub(crate) layers: usize,
}

/// Layers looked for, and carried, at a time.
const AT_A_TIME: usize = 4;
/// An index may name indexes. Nothing in the wild goes deeper than two.
const DEEPEST: usize = 4;
/// A manifest of 4 MiB can name more; nothing in the wild does.
const MOST_PARTS: usize = 4096;

/// Both an image's manifest and an index, as far as they say what else has to be carried.
/// Source: OCI image specification, and "Image Manifest Version 2, Schema 2" of the distribution project.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parts {
    config: Option<Part>,
    #[serde(default)]
    layers: Vec<Part>,
    #[serde(default)]
    manifests: Vec<Part>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: u64,
}

impl Part {
    /// Layers that their makers keep to themselves: the registry need not have them. Source: OCI image specification,
    /// "Non-Distributable Layers"; Docker's older name is `foreign`.
    fn is_elsewhere(&self) -> bool {
        self.media_type.contains("nondistributable") || self.media_type.contains(".foreign.")
    }

    fn descriptor(&self) -> Descriptor {
        Descriptor {
            media_type: self.media_type.clone(),
            digest: self.digest.clone(),
            size: self.size,
        }
    }
}

/// Copies the image and gives it `tags` there; without any it is there by its digest only.
pub(crate) async fn copy_image(
    from: Place<'_>,
    reference: &str,
    to: Place<'_>,
    tags: &[String],
    moved: &Moved,
) -> Result<Copied, Failure> {
    let manifest = fetch(from, reference).await?;
    let there = to
        .registry
        .head_manifest(to.repository, &manifest.digest)
        .await?
        .is_some();
    let layers = if there {
        0
    } else {
        carry(from, to, &manifest, moved, 0).await?
    };
    match tags {
        [] if there => {}
        [] => {
            to.registry
                .put_manifest(to.repository, &manifest.digest, &manifest)
                .await?;
        }
        tags => {
            for tag in tags {
                to.registry
                    .put_manifest(to.repository, tag, &manifest)
                    .await?;
            }
        }
    }
    for reference in tags
        .iter()
        .map(String::as_str)
        .chain([manifest.digest.as_str()])
    {
        let found = to.registry.head_manifest(to.repository, reference).await?;
        if found.is_none_or(|found| found.digest != manifest.digest) {
            let text = format!(
                "after the copy `{reference}` is not `{}` there",
                manifest.digest
            );
            return Err(trouble(to, "copy", reference, Reason::Other, &text));
        }
    }
    Ok(Copied {
        digest: manifest.digest,
        layers,
    })
}

/// Whether all that a manifest names is there.
pub(crate) async fn has_all_of(at: Place<'_>, manifest: &Manifest) -> Result<bool, Failure> {
    whole(at, manifest, 0).await
}

fn whole<'a>(
    at: Place<'a>,
    manifest: &'a Manifest,
    depth: usize,
) -> BoxFuture<'a, Result<bool, Failure>> {
    Box::pin(async move {
        let Ok(parts) = parts(manifest) else {
            return Ok(false);
        };
        for child in &parts.manifests {
            let found = at.registry.manifest(at.repository, &child.digest).await?;
            let Some(found) = found.filter(|_| depth < DEEPEST) else {
                return Ok(false);
            };
            if !whole(at, &found, depth + 1).await? {
                return Ok(false);
            }
        }
        let blobs: Vec<&Part> = parts
            .config
            .iter()
            .chain(&parts.layers)
            .filter(|part| !part.is_elsewhere())
            .collect();
        let one = async |blob: &Part| at.registry.has_blob(at.repository, &blob.digest).await;
        let there = stream::iter(blobs).map(one).buffer_unordered(AT_A_TIME);
        let missing = there.try_fold(0_usize, async |missing, there| {
            Ok(missing + usize::from(!there))
        });
        Ok(missing.await? == 0)
    })
}

async fn fetch(from: Place<'_>, reference: &str) -> Result<Manifest, Failure> {
    let found = from.registry.manifest(from.repository, reference).await?;
    found.ok_or_else(|| {
        trouble(
            from,
            "fetch",
            reference,
            Reason::ManifestUnknown,
            "there is no such image",
        )
    })
}

/// Carries what a manifest names, and tells how many layers were not there.
fn carry<'a>(
    from: Place<'a>,
    to: Place<'a>,
    manifest: &'a Manifest,
    moved: &'a Moved,
    depth: usize,
) -> BoxFuture<'a, Result<usize, Failure>> {
    Box::pin(async move {
        let parts = parts(manifest)
            .map_err(|why| trouble(from, "copy", &manifest.digest, Reason::Other, &why))?;
        let mut layers = 0;
        for child in &parts.manifests {
            if depth >= DEEPEST {
                return Err(trouble(
                    from,
                    "copy",
                    &manifest.digest,
                    Reason::Other,
                    "its indexes are nested too deeply",
                ));
            }
            if to
                .registry
                .head_manifest(to.repository, &child.digest)
                .await?
                .is_some()
            {
                continue;
            }
            let child = fetch(from, &child.digest).await?;
            layers += carry(from, to, &child, moved, depth + 1).await?;
            to.registry
                .put_manifest(to.repository, &child.digest, &child)
                .await?;
        }
        let mut blobs: Vec<&Part> = parts
            .config
            .iter()
            .chain(&parts.layers)
            .filter(|part| !part.is_elsewhere())
            .collect();
        blobs.sort_by(|a, b| a.digest.cmp(&b.digest));
        blobs.dedup_by(|a, b| a.digest == b.digest);
        let one = async |blob: &Part| -> Result<usize, Failure> {
            if to.registry.has_blob(to.repository, &blob.digest).await? {
                moved(blob.size);
                return Ok(0);
            }
            copy_blob(from, to, &blob.descriptor(), moved).await?;
            Ok(1)
        };
        let carried = stream::iter(blobs).map(one).buffer_unordered(AT_A_TIME);
        layers += carried.try_fold(0, async |sum, one| Ok(sum + one)).await?;
        Ok(layers)
    })
}

fn parts(manifest: &Manifest) -> Result<Parts, String> {
    let parts: Parts = serde_json::from_slice(&manifest.bytes)
        .map_err(|error| format!("its manifest is malformed: {error}"))?;
    let all = || {
        parts
            .config
            .iter()
            .chain(&parts.layers)
            .chain(&parts.manifests)
    };
    if all().count() == 0 {
        return Err(format!(
            "a manifest of the kind `{}` names nothing to copy",
            manifest.media_type.escape_debug()
        ));
    }
    if all().count() > MOST_PARTS {
        return Err(format!("its manifest names more than {MOST_PARTS} parts"));
    }
    // A digest becomes a part of a path.
    let sound = |digest: &str| {
        let hex = digest
            .split_once(':')
            .map(|(_, hex)| hex)
            .unwrap_or_default();
        digest.is_ascii()
            && hex.len() >= 32
            && digest
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b":+._-".contains(&c))
    };
    match all().find(|part| !sound(&part.digest)) {
        Some(part) => Err(format!(
            "its manifest names `{}`, which is no digest",
            part.digest.escape_debug()
        )),
        None => Ok(parts),
    }
}

fn trouble(at: Place<'_>, verb: &str, reference: &str, reason: Reason, text: &str) -> Failure {
    Failure::new(
        at.registry,
        &at.registry.doing(verb, at.repository, reference),
        reason,
        text,
    )
}

#[cfg(test)]
#[path = "copy_tests.rs"]
mod tests;
