//! The engine's own storage of images, read beside the engine: for pushing layers faster than it does by itself.
//!
//! Only where the engine keeps layers by its graph driver `overlay2` and this process may read its directory; everywhere else,
//! and wherever something is not as expected, there is simply nothing here and the engine does the work. Nothing is ever
//! written. What is read is never believed: a configuration has to have the image's id, a layer the digest that the
//! configuration gives it. Source: moby `image/fs.go`, `layer/filestore.go`, `distribution/metadata/v2_metadata_service.go`
//! (20.10 to 28). Read next: `layer`.

mod layer;

use std::fs::File;
use std::path::PathBuf;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Engine, Failure};
use crate::digest::hexadecimal;

pub(crate) use layer::StoredLayer;

/// More layers no driver stacks.
const MOST_LAYERS: usize = 127;

/// Where an engine keeps images.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    root: PathBuf,
}

/// An image as the engine keeps it.
#[derive(Clone, Debug)]
pub(crate) struct StoredImage {
    /// Its configuration, byte for byte: their digest is the image's id.
    pub(crate) config: Vec<u8>,
    /// The lowest first.
    pub(crate) layers: Vec<StoredLayer>,
}

/// A layer as some registry has it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KnownBlob {
    /// Of the compressed bytes.
    pub(crate) digest: String,
    /// With its registry.
    #[serde(default)]
    pub(crate) source_repository: String,
}

impl Engine {
    /// `None`: it keeps layers in another way, or where this process cannot read.
    pub(crate) async fn storage(&self) -> Result<Option<Storage>, Failure> {
        let about = self.about().await?;
        let root = about.root.as_ref();
        let storage = root
            .filter(|_| about.driver.as_deref() == Some("overlay2"))
            .map(|root| Storage { root: root.into() });
        Ok(storage.filter(|storage| storage.images().join("layerdb").is_dir()))
    }
}

impl Storage {
    fn images(&self) -> PathBuf {
        self.root.join("image/overlay2")
    }

    /// `id`: `sha256:…`. `None`: it is not there, or not what it says.
    pub(crate) fn image(&self, id: &str) -> Option<StoredImage> {
        #[derive(Deserialize)]
        struct Config {
            rootfs: Rootfs,
        }
        #[derive(Deserialize)]
        struct Rootfs {
            #[serde(default)]
            diff_ids: Vec<String>,
        }
        let id = hex(id)?;
        let path = self.images().join("imagedb/content/sha256").join(id);
        let config = std::fs::read(path).ok()?;
        if hexadecimal(&Sha256::digest(&config)) != id {
            return None;
        }
        let parsed: Config = serde_json::from_slice(&config).ok()?;
        let diff_ids = parsed.rootfs.diff_ids;
        if diff_ids.is_empty() || diff_ids.len() > MOST_LAYERS {
            return None;
        }
        let mut chain = String::new();
        let mut layers = Vec::new();
        for diff_id in diff_ids {
            hex(&diff_id)?;
            chain = match chain.is_empty() {
                true => diff_id.clone(),
                // Source: OCI image specification, "Layer ChainID".
                false => {
                    let both = format!("{chain} {diff_id}");
                    format!("sha256:{}", hexadecimal(&Sha256::digest(both)))
                }
            };
            layers.push(self.layer(diff_id, &chain)?);
        }
        Some(StoredImage { config, layers })
    }

    fn layer(&self, diff_id: String, chain: &str) -> Option<StoredLayer> {
        let dir = self.images().join("layerdb/sha256").join(hex(chain)?);
        let read = |name: &str| std::fs::read_to_string(dir.join(name)).ok();
        if read("diff")?.trim() != diff_id {
            return None;
        }
        let cache_id = read("cache-id")?;
        let is_sound = |id: &str| !id.is_empty() && id.bytes().all(|c| c.is_ascii_alphanumeric());
        let cache_id = Some(cache_id.trim()).filter(|id| is_sound(id))?;
        Some(StoredLayer {
            split: dir.join("tar-split.json.gz"),
            files: self.root.join("overlay2").join(cache_id).join("diff"),
            diff_id,
        })
    }

    /// What the engine remembers of a layer from pulls and pushes.
    pub(crate) fn known(&self, diff_id: &str) -> Vec<KnownBlob> {
        let read = |hex: &str| {
            let dir = self
                .images()
                .join("distribution/v2metadata-by-diffid/sha256");
            serde_json::from_reader(File::open(dir.join(hex)).ok()?).ok()
        };
        hex(diff_id).and_then(read).unwrap_or_default()
    }
}

/// The digits of a digest; they become a part of a path.
fn hex(digest: &str) -> Option<&str> {
    let hex = digest.strip_prefix("sha256:")?;
    let is_hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
    Some(hex).filter(|hex| hex.len() == 64 && hex.bytes().all(is_hex))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
