//! A context on the side where its files are: what of it is there, and the bytes of each when they are wanted.
//!
//! The engine compares size and time of each file with what it was sent last, and wants only what differs. A checkout has
//! new times in every job, so they are made of the contents: the second is the same for all, and the fraction is a digest
//! of the file. The fraction never reaches an image (layers keep whole seconds).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use sha2::{Digest, Sha256};

use super::context::{Content, Entry, Ignore, Listing, TarContext};
use super::request::ContextDigest;
use crate::digest::hexadecimal;
use crate::docker::{Listed, ListedKind, Supply};
use crate::env::Var;
use crate::error::{Error, Result};
use crate::output;

/// 1980: earlier times do not fit into zip archives.
const USUAL_SECS: i64 = 315_532_800;

/// Larger contexts are worth a word.
const LARGE: u64 = 100 << 20;

/// So few are read before another thread has begun.
const FEW: usize = 64;
/// More wait for the disk and not for each other.
const MOST_READERS: usize = 8;

/// Where entries and bytes come from.
enum Source {
    Directory(Listing),
    /// With the content of each entry.
    Tar(TarContext, Vec<Option<Content>>),
}

pub(crate) struct Files {
    source: Source,
    listed: Vec<Listed>,
    digest: ContextDigest,
}

impl Files {
    pub(crate) fn in_directory(listing: Listing) -> Result<Self> {
        let entries = listing.entries().cloned().collect();
        Files::of(Source::Directory(listing), entries)
    }

    pub(crate) fn in_tar(tar: TarContext) -> Result<Self> {
        // Engines apply no ignore file to a tar.
        let (entries, contents) = tar.kept(&Ignore::nothing()).into_iter().unzip();
        Files::of(Source::Tar(tar, contents), entries)
    }

    /// Seconds since 1970 that every file of an image gets.
    ///
    /// # Errors
    /// `Usage` where SOURCE_DATE_EPOCH is no number.
    pub(crate) fn mtime_secs() -> Result<i64> {
        match Var::SourceDateEpoch.text() {
            None => Ok(USUAL_SECS),
            Some(text) => text.parse().ok().filter(|secs| *secs >= 0).ok_or_else(|| {
                Error::usage(format!(
                    "SOURCE_DATE_EPOCH is `{text}`, which is no number of seconds"
                ))
            }),
        }
    }

    fn of(source: Source, entries: Vec<Entry>) -> Result<Self> {
        let mtime_ns = Files::mtime_secs()?.saturating_mul(1_000_000_000);
        let mut files = Files {
            source,
            listed: entries
                .into_iter()
                .map(|entry| plain(entry, mtime_ns))
                .collect(),
            digest: ContextDigest::default(),
        };
        let mut whole = Sha256::new();
        whole.update(mtime_ns.to_le_bytes());
        let contents = files.contents()?;
        for (listed, content) in files.listed.iter_mut().zip(contents) {
            if let (ListedKind::File { size }, Some(content)) = (&listed.kind, &content) {
                files.digest.bytes += size;
                listed.mtime_ns += fraction(content);
            }
            count(listed, content.as_ref(), &mut whole);
        }
        files.digest.entries = files.listed.len() as u64;
        files.digest.sha256 = hexadecimal(&whole.finalize());
        Ok(files)
    }

    /// Entries, modes and contents; no times but the one that all files get, and no owners.
    pub(crate) fn digest(&self) -> ContextDigest {
        self.digest.clone()
    }

    /// The digest of each entry's content, several read at a time.
    fn contents(&self) -> Result<Vec<Option<[u8; 32]>>> {
        let several = match self.listed.len() {
            ..FEW => 1,
            _ => thread::available_parallelism().map_or(1, usize::from),
        };
        let next = AtomicUsize::new(0);
        let read = || {
            let mut contents = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= self.listed.len() {
                    return Ok(contents);
                }
                match self.content(index) {
                    Ok(content) => contents.push((index, content)),
                    Err(error) => {
                        next.store(self.listed.len(), Ordering::Relaxed);
                        return Err((index, error));
                    }
                }
            }
        };
        let outcomes = thread::scope(|scope| {
            let threads: Vec<_> = (1..several.min(MOST_READERS))
                .map(|_| scope.spawn(read))
                .collect();
            let mut outcomes = vec![read()];
            outcomes.extend(threads.into_iter().map(|thread| {
                thread.join().unwrap_or_else(|_| {
                    Err((0, Error::system("reading the build context was given up")))
                })
            }));
            outcomes
        });
        let mut contents = vec![None; self.listed.len()];
        let mut first: Option<(usize, Error)> = None;
        for outcome in outcomes {
            match outcome {
                Ok(read) => read
                    .into_iter()
                    .for_each(|(index, content)| contents[index] = content),
                Err((index, error)) if first.as_ref().is_none_or(|(at, _)| index < *at) => {
                    first = Some((index, error));
                }
                Err(_) => {}
            }
        }
        match first {
            Some((_, error)) => Err(error),
            None => Ok(contents),
        }
    }

    /// SHA-256 of a file that is not empty.
    fn content(&self, index: usize) -> Result<Option<[u8; 32]>> {
        let ListedKind::File { size: 1.. } = self.listed[index].kind else {
            return Ok(None);
        };
        let mut hash = Sha256::new();
        self.read(index, &mut |bytes| {
            hash.update(bytes);
            Ok(())
        })?;
        Ok(Some(hash.finalize().into()))
    }

    /// What a context could not hold.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let left_out = match &self.source {
            Source::Directory(listing) => &listing.left_out,
            Source::Tar(tar, _) => &tar.left_out,
        };
        let told = left_out.iter().map(|one| {
            let path = super::context::shown(&one.path);
            format!(
                "`{path}` is {} and is left out of the build context",
                one.what
            )
        });
        told.collect()
    }

    /// What is worth knowing of a large context. `begun`: when it began to be read.
    pub(crate) fn remark(&self, begun: Instant) -> Option<String> {
        let Source::Directory(listing) = &self.source else {
            return None;
        };
        if listing.total_bytes <= LARGE {
            return None;
        }
        let largest = listing.largest.iter().map(|directory| {
            let (path, bytes) = (&directory.path, output::bytes(directory.bytes));
            format!("`{}` ({bytes})", super::context::shown(path))
        });
        let largest: Vec<String> = largest.collect();
        Some(format!(
            "The build context has {} in {} entries (read in {}); the largest directories: {}. What the build does not need can be excluded in `.dockerignore`",
            output::bytes(listing.total_bytes),
            self.listed.len(),
            output::duration(begun.elapsed()),
            largest.join(", ")
        ))
    }
}

impl Supply for Files {
    fn listed(&self) -> &[Listed] {
        &self.listed
    }

    fn read(&self, index: usize, into: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> Result<()> {
        match &self.source {
            Source::Directory(listing) => listing.read(index, into),
            Source::Tar(tar, contents) => match contents.get(index) {
                Some(Some(content)) => tar.content(*content, into),
                Some(None) | None => Ok(()),
            },
        }
    }
}

/// Nanoseconds below a second, made of the file's bytes.
fn fraction(content: &[u8; 32]) -> i64 {
    let number = content[..8]
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (number % 1_000_000_000).cast_signed()
}

/// Each part with its length before it.
fn count(entry: &Listed, content: Option<&[u8; 32]>, whole: &mut Sha256) {
    let (kind, rest): (u8, &[u8]) = match &entry.kind {
        ListedKind::Directory => (b'd', &[]),
        ListedKind::File { .. } => (b'f', content.map_or(&[], |content| content.as_slice())),
        ListedKind::Symlink { target } => (b'l', target),
        ListedKind::HardLink { target } => (b'h', target),
    };
    for part in [entry.path.as_slice(), &[kind], rest] {
        whole.update((part.len() as u64).to_le_bytes());
        whole.update(part);
    }
    whole.update(entry.mode.to_le_bytes());
}

fn plain(entry: Entry, mtime_ns: i64) -> Listed {
    Listed {
        path: entry.path,
        kind: entry.kind,
        mode: entry.mode,
        mtime_ns,
    }
}
