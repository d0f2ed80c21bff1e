//! A context as one tar, for the classic builder, which knows nothing else.
//!
//! The Dockerfile travels in it, under a name of ours; the builder reads it and takes it out again, as the tar's own
//! `.dockerignore` tells it to, so that no COPY sees it. Source: moby `builder/remotecontext/detect.go`,
//! `removeDockerfile`.

use std::io::{self, Error, ErrorKind, Write};

use hyper::body::Bytes;
use tokio::sync::mpsc;

use super::context::{Entry, Kind, Sink, TarEncoder};
use crate::docker::{Listed, Want};

/// Pieces of a tar, or of one file, that may be under way.
pub(super) const PIECES: usize = 8;
/// The Dockerfile's name in the tar.
pub(super) const DOCKERFILE: &str = ".baws-ci.dockerfile";
const DOCKERIGNORE: &[u8] = b".dockerignore";
/// How much is put into one piece.
const PIECE: usize = 256 * 1024;

pub(super) struct Archive {
    pub(super) pieces: mpsc::Sender<io::Result<Bytes>>,
    pub(super) wants: mpsc::UnboundedSender<Want>,
    pub(super) dockerfile: Vec<u8>,
}

impl Archive {
    /// Sends the whole tar, or the error that ends it.
    pub(super) fn send(self, entries: &[Listed]) {
        if let Err(error) = self.write(entries)
            && self.pieces.blocking_send(Err(error)).is_err()
        {
            // The engine does not want it any more.
        }
    }

    fn write(&self, entries: &[Listed]) -> io::Result<()> {
        let writer = Pieces {
            to: self.pieces.clone(),
            piece: Vec::with_capacity(PIECE),
        };
        let mut tar = TarEncoder::new(writer, mtime_secs(entries));
        let own = |path: &[u8], size: usize| Entry {
            path: path.to_vec(),
            kind: Kind::File { size: size as u64 },
            mode: 0o644,
        };
        tar.entry(&own(DOCKERFILE.as_bytes(), self.dockerfile.len()))?;
        tar.data(&self.dockerfile)?;
        let mut ignores = false;
        for (index, entry) in entries.iter().enumerate() {
            let Kind::File { size } = entry.kind else {
                tar.entry(&plain(entry))?;
                continue;
            };
            let more = if entry.path == DOCKERIGNORE {
                ignores = true;
                format!("\n{DOCKERFILE}\n").into_bytes()
            } else {
                Vec::new()
            };
            tar.entry(&Entry {
                kind: Kind::File {
                    size: size + more.len() as u64,
                },
                ..plain(entry)
            })?;
            if size > 0 {
                self.file(index, &mut tar)?;
            }
            tar.data(&more)?;
        }
        if !ignores {
            let text = format!("{DOCKERFILE}\n.dockerignore\n");
            tar.entry(&own(DOCKERIGNORE, text.len()))?;
            tar.data(text.as_bytes())?;
        }
        tar.finish()?.flush()
    }

    fn file(&self, index: usize, tar: &mut dyn Sink) -> io::Result<()> {
        let (into, mut pieces) = mpsc::channel(PIECES);
        let gone = || Error::new(ErrorKind::BrokenPipe, "the build context is gone");
        self.wants.send(Want { index, into }).map_err(|_| gone())?;
        while let Some(piece) = pieces.blocking_recv() {
            tar.data(&piece?)?;
        }
        Ok(())
    }
}

/// One for all, as a tar's times decide nothing; that of the entries.
fn mtime_secs(entries: &[Listed]) -> u64 {
    let first = entries.first().map_or(0, |entry| entry.mtime_ns);
    u64::try_from(first / 1_000_000_000).unwrap_or(0)
}

fn plain(entry: &Listed) -> Entry {
    Entry {
        path: entry.path.clone(),
        kind: entry.kind.clone(),
        mode: entry.mode,
    }
}

/// Cuts what is written into pieces.
struct Pieces {
    to: mpsc::Sender<io::Result<Bytes>>,
    piece: Vec<u8>,
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.to.blocking_send(Ok(Bytes::from(piece))).map_err(|_| {
            Error::new(
                ErrorKind::BrokenPipe,
                "the engine does not want the context any more",
            )
        })
    }
}
