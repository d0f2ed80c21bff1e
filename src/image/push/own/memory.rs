//! In which forms this host has sent layers, or had them mounted: one small file a layer, so that the next push finds them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::docker::StoredLayer;
use crate::image::Compression;

/// In the executor's directory.
const DIRECTORY: &str = "layers";
/// One layer may stand in repositories in more forms than one.
const MOST_FORMS: usize = 4;
const OLD: Duration = Duration::from_secs(30 * 24 * 3600);

pub(super) struct Memory {
    dir: PathBuf,
    format: Compression,
}

impl Memory {
    /// `state`: the executor's directory. Of layers in one format.
    pub(super) fn in_state(state: &Path, format: Compression) -> Self {
        Memory {
            dir: state.join(DIRECTORY),
            format,
        }
    }

    fn file(&self, layer: &StoredLayer) -> PathBuf {
        let digits = layer.diff_id.trim_start_matches("sha256:");
        self.dir.join(match self.format {
            Compression::Gzip => digits.to_owned(),
            Compression::Zstd => format!("{digits}.zst"),
        })
    }

    /// Its digests in the forms that this host has sent or found, the latest first.
    pub(super) fn of(&self, layer: &StoredLayer) -> Vec<String> {
        let text = std::fs::read(self.file(layer)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// # Errors
    /// The directory cannot be written to. What is not remembered is made again.
    pub(super) fn keep(&self, layer: &StoredLayer, digest: &str) -> std::io::Result<()> {
        let mut forms = self.of(layer);
        forms.retain(|known| known != digest);
        forms.insert(0, digest.to_owned());
        forms.truncate(MOST_FORMS);
        std::fs::create_dir_all(&self.dir)?;
        std::fs::write(self.file(layer), serde_json::to_vec(&forms)?)
    }
}

/// Forgets what this host knows of layers that it made long ago.
pub(crate) fn forget_old_layers(state: &Path) {
    let now = SystemTime::now();
    let is_old = |entry: &std::fs::DirEntry| {
        let made = entry.metadata().and_then(|metadata| metadata.modified());
        made.is_ok_and(|made| now.duration_since(made).is_ok_and(|since| since > OLD))
    };
    let entries = std::fs::read_dir(state.join(DIRECTORY))
        .into_iter()
        .flatten()
        .flatten();
    for entry in entries.filter(is_old) {
        if std::fs::remove_file(entry.path()).is_err() {
            // The next sweep tries again.
        }
    }
}
