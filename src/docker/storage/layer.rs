//! A layer's tar, put together again: what the engine kept of it (headers, padding) and the files themselves.
//!
//! Source: github.com/vbatts/tar-split, `tar/storage/entry.go`: a gzip of JSON objects, each a stretch of the tar's own bytes or
//! the name of a file whose bytes stand there. File names come from images that anybody made: they are opened beneath the
//! layer's directory only, and never by way of a link.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::bufread::GzDecoder;
use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use serde::Deserialize;

/// One read.
const PIECE: usize = 256 * 1024;
/// Source: tar-split `storage.Type`.
const FILE: u64 = 1;
const SEGMENT: u64 = 2;

/// A layer as the engine keeps it.
#[derive(Clone, Debug)]
pub(crate) struct StoredLayer {
    /// `sha256:…` of the tar.
    pub(crate) diff_id: String,
    pub(super) split: PathBuf,
    pub(super) files: PathBuf,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type")]
    kind: u64,
    name: Option<String>,
    /// Where the name is not UTF-8: base64.
    name_raw: Option<String>,
    #[serde(default)]
    size: u64,
    /// Of a segment: the bytes in base64. Of a file: their CRC, which the layer's own digest makes superfluous.
    payload: Option<String>,
}

impl StoredLayer {
    /// The bytes of the tar, in pieces. Whether they are right only their digest tells.
    ///
    /// # Errors
    /// A part is missing or unreadable, or the engine keeps it in another way; what `into` fails with.
    pub(crate) fn read(&self, into: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let split = GzDecoder::new(BufReader::new(File::open(&self.split)?));
        let root = File::open(&self.files)?;
        let mut buffer = vec![0; PIECE];
        let entries = serde_json::Deserializer::from_reader(BufReader::new(split));
        for entry in entries.into_iter::<Entry>() {
            let entry = entry.map_err(wrong)?;
            match entry.kind {
                SEGMENT => {
                    let payload = entry.payload.unwrap_or_default();
                    into(&STANDARD.decode(payload).map_err(wrong)?)?;
                }
                FILE if entry.size == 0 => {}
                FILE => file(&root, &entry, &mut buffer, into)?,
                other => return Err(wrong(format!("an entry of the kind {other}"))),
            }
        }
        Ok(())
    }
}

/// Exactly as many bytes of a file as the tar has.
fn file(
    root: &File,
    entry: &Entry,
    buffer: &mut [u8],
    into: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let name = match &entry.name_raw {
        None => PathBuf::from(entry.name.as_deref().unwrap_or_default()),
        Some(raw) => {
            let raw = STANDARD.decode(raw).map_err(wrong)?;
            PathBuf::from(std::ffi::OsString::from_vec(raw))
        }
    };
    let opened = openat2(
        root,
        beneath(&name),
        OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    )?;
    let mut file = File::from(opened).take(entry.size);
    while file.limit() > 0 {
        match file.read(buffer) {
            Ok(0) => return Err(wrong(format!("`{}` is too short", name.display()))),
            Ok(count) => into(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Tars name files from their root in several ways.
fn beneath(name: &Path) -> &Path {
    let name = name.strip_prefix("/").unwrap_or(name);
    name.strip_prefix("./").unwrap_or(name)
}

fn wrong(what: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!(
        "the engine's record of the layer is not as expected: {what}"
    ))
}
