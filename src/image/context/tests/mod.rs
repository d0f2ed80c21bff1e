//! What the room's tests share: a sink that remembers, and directories to list.

mod changing;
mod dockerfile;
mod encode;
mod unpack;
mod walk;

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::entry::order;
use super::{Entry, Ignore, Kind, Listing, Sink, TarContext, TarEncoder};
use crate::error::Result;

/// Everything a sink was given, a line an entry, with the content of files.
#[derive(Debug, Default)]
struct Record {
    entries: Vec<(Entry, Vec<u8>)>,
}

impl Sink for Record {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.entries.push((entry.clone(), Vec::new()));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        assert!(!bytes.is_empty() && bytes.len() <= 256 * 1024);
        let (_, content) = self
            .entries
            .last_mut()
            .expect("a file came before its bytes");
        content.extend(bytes);
        Ok(())
    }
}

/// All of a directory, as its callers read it: entry by entry, and the bytes of each by its number.
fn pour(listing: &Listing, sink: &mut dyn Sink) -> Result<()> {
    listing
        .entries()
        .enumerate()
        .try_for_each(|(index, entry)| {
            sink.entry(entry).unwrap();
            listing.read(index, &mut |bytes| sink.data(bytes))
        })
}

/// All of a tar that is kept, as its callers read it.
fn unpack(tar: &TarContext, ignore: &Ignore, sink: &mut dyn Sink) -> Result<()> {
    tar.kept(ignore)
        .into_iter()
        .try_for_each(|(entry, content)| {
            sink.entry(&entry).unwrap();
            content.map_or(Ok(()), |content| {
                tar.content(content, &mut |bytes| sink.data(bytes))
            })
        })
}

impl Record {
    /// The order holds, every directory comes before what is in it, and every hard link's file before the link.
    fn is_sound(&self) -> bool {
        let holds = |entries: &[(Entry, Vec<u8>)], wanted: &[u8], is_kind: fn(&Kind) -> bool| {
            let mut found = entries.iter().filter(|(entry, _)| entry.path == wanted);
            found.any(|(entry, _)| is_kind(&entry.kind))
        };
        let is_sorted = |(a, _): &(Entry, _), (b, _): &(Entry, _)| order(&a.path, &b.path).is_lt();
        let mut each = self.entries.iter().enumerate();
        self.entries.is_sorted_by(is_sorted)
            && each.all(|(index, (entry, _))| {
                let before = &self.entries[..index];
                let slash = entry.path.iter().rposition(|byte| *byte == b'/');
                let is_inside = slash.is_none_or(|slash| {
                    let is_directory = |kind: &Kind| *kind == Kind::Directory;
                    holds(before, &entry.path[..slash], is_directory)
                });
                let is_linked = match &entry.kind {
                    Kind::HardLink { target } => {
                        holds(before, target, |kind| matches!(kind, Kind::File { .. }))
                    }
                    Kind::Directory | Kind::File { .. } | Kind::Symlink { .. } => true,
                };
                is_inside && is_linked
            })
    }

    /// Such as `f 644 a/b = text`, `d 755 a`, `l a -> b`, `h a => b`.
    fn lines(&self) -> Vec<String> {
        let line = |(Entry { path, kind, mode }, content): &(Entry, Vec<u8>)| {
            let (path, content) = (path.escape_ascii(), content.escape_ascii());
            match kind {
                Kind::Directory => format!("d {mode:o} {path}"),
                Kind::File { .. } => format!("f {mode:o} {path} = {content}"),
                Kind::Symlink { target } => format!("l {path} -> {}", target.escape_ascii()),
                Kind::HardLink { target } => format!("h {path} => {}", target.escape_ascii()),
            }
        };
        self.entries.iter().map(line).collect()
    }

    fn as_tar(&self) -> Vec<u8> {
        let mut tar = TarEncoder::new(Vec::new(), 0);
        for (entry, content) in &self.entries {
            tar.entry(entry).unwrap();
            content
                .chunks(1000)
                .for_each(|piece| tar.data(piece).unwrap());
        }
        tar.finish().unwrap()
    }
}

struct Context(tempfile::TempDir);

impl Context {
    fn new() -> Self {
        Context(tempfile::tempdir().unwrap())
    }

    /// In memory where the machine has such a place: for many files.
    fn in_memory() -> Self {
        let directory = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Context(directory.unwrap())
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn at(&self, path: impl AsRef<[u8]>) -> PathBuf {
        self.root().join(OsStr::from_bytes(path.as_ref()))
    }

    /// With the directories above it.
    fn file(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> &Self {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn link(&self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> &Self {
        std::os::unix::fs::symlink(OsStr::from_bytes(target.as_ref()), self.at(path)).unwrap();
        self
    }

    fn mode(&self, path: impl AsRef<[u8]>, mode: u32) -> &Self {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(self.at(path), mode).unwrap();
        self
    }
}

fn file(path: &str, size: u64) -> Entry {
    entry(path.as_bytes(), Kind::File { size })
}

fn directory(path: &str) -> Entry {
    entry(path.as_bytes(), Kind::Directory)
}

fn entry(path: &[u8], kind: Kind) -> Entry {
    Entry {
        path: path.to_vec(),
        kind,
        mode: 0o644,
    }
}
