//! Files into and out of a container, over the engine's archive API.
//!
//! Refuses what a job could have put in place of a file: only a plain file comes out. Bodies are streamed, never held.

use std::fs::File;
use std::io::{Read, Write};
use std::time::Duration;

use bollard::query_parameters::{
    DownloadFromContainerOptionsBuilder, UploadToContainerOptionsBuilder,
};
use futures_util::{StreamExt, stream};

use super::{Engine, Reason};
use crate::error::{Error, Result};

/// For as long as an archive may take; other calls are short.
const LONGEST_COPY: Duration = Duration::from_secs(3600);
const PIECE: usize = 256 * 1024;

impl Engine {
    /// Unpacks a tar file into a directory of a container, which must exist.
    pub(crate) fn copy_in(&self, container: &str, directory: &str, archive: File) -> Result<()> {
        self.upload(container, directory, archive)
    }

    /// Writes one file into a directory of a container, which must exist.
    pub(crate) fn put_file(
        &self,
        container: &str,
        directory: &str,
        name: &str,
        content: File,
    ) -> Result<()> {
        let unreadable = |error: std::io::Error| {
            Error::system(format!("cannot read what becomes `{name}`")).caused_by(error)
        };
        let size = content.metadata().map_err(unreadable)?.len();
        let mut header = tar::Header::new_gnu();
        header.set_path(name).map_err(unreadable)?;
        header.set_size(size);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_cksum();
        let padding = vec![0; usize::try_from((512 - size % 512) % 512).unwrap_or(0) + 1024];
        let head = std::io::Cursor::new(header.as_bytes().to_vec());
        self.upload(
            container,
            directory,
            head.chain(content.take(size))
                .chain(std::io::Cursor::new(padding)),
        )
    }

    fn upload(
        &self,
        container: &str,
        directory: &str,
        archive: impl Read + Send + 'static,
    ) -> Result<()> {
        let options = UploadToContainerOptionsBuilder::default()
            .path(directory)
            .no_overwrite_dir_non_dir("true")
            .build();
        let body = bollard::body_try_stream(stream::iter(
            Pieces(archive).map(|piece| piece.map(Into::into)),
        ));
        let docker = self.docker.clone().with_timeout(LONGEST_COPY);
        let sent = self.block_on(async {
            docker
                .upload_to_container(container, Some(options), body)
                .await
        });
        sent.map_err(|error| {
            self.failure(
                format!("copy into `{directory}` of the container `{container}`"),
                error,
            )
            .into()
        })
    }

    /// Copies a plain file of a container to `target`. `false`: there is no such file.
    pub(crate) fn get_file(
        &self,
        container: &str,
        path: &str,
        target: &mut impl Write,
    ) -> Result<bool> {
        let options = DownloadFromContainerOptionsBuilder::default()
            .path(path)
            .build();
        let docker = self.docker.clone().with_timeout(LONGEST_COPY);
        let mut pieces = Box::pin(docker.download_from_container(container, Some(options)));
        let doing = || format!("copy `{path}` out of the container `{container}`");
        let first = match self.block_on(pieces.next()) {
            Some(Ok(first)) => first.to_vec(),
            Some(Err(error)) => match self.failure(doing(), error) {
                failure if failure.reason == Reason::NotFound => return Ok(false),
                failure => return Err(failure.into()),
            },
            None => Vec::new(),
        };
        let rest = std::iter::from_fn(|| {
            self.block_on(pieces.next())
                .map(|piece| piece.map(|bytes| bytes.to_vec()))
        });
        let pieces = std::iter::once(Ok(first))
            .chain(rest)
            .map(|piece| piece.map_err(std::io::Error::other));
        let mut archive = tar::Archive::new(Joined {
            pieces,
            current: std::io::Cursor::default(),
        });
        let broken =
            |error: std::io::Error| Error::system(format!("cannot {}", doing())).caused_by(error);
        let mut entries = archive.entries().map_err(broken)?;
        let Some(entry) = entries.next() else {
            return Ok(false);
        };
        let mut entry = entry.map_err(broken)?;
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(Error::system(format!(
                "cannot {}: it is not a plain file",
                doing()
            )));
        }
        std::io::copy(&mut entry, target).map_err(broken)?;
        Ok(true)
    }
}

/// A reader, piece by piece.
struct Pieces<R>(R);

impl<R: Read> Iterator for Pieces<R> {
    type Item = std::io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut piece = vec![0; PIECE];
        loop {
            match self.0.read(&mut piece) {
                Ok(0) => return None,
                Ok(n) => {
                    piece.truncate(n);
                    return Some(Ok(piece));
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Pieces, as a reader.
struct Joined<I> {
    pieces: I,
    current: std::io::Cursor<Vec<u8>>,
}

impl<I: Iterator<Item = std::io::Result<Vec<u8>>>> Read for Joined<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.current.read(buffer)? {
                0 if !buffer.is_empty() => match self.pieces.next() {
                    Some(piece) => self.current = std::io::Cursor::new(piece?),
                    None => return Ok(0),
                },
                n => return Ok(n),
            }
        }
    }
}
