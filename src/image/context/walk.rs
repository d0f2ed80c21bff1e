//! Lists a directory as a context: what is in it, in order, without opening a single file.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Stat, readlinkat, statat};
use rustix::io::Errno;

use super::beneath::{Root, is_change};
use super::entry::{Entry, Kind, shown};
use super::ignore::{Ignore, Verdict};
use super::largest::{Directory, Sums};
use super::read::{changed, unreadable};
use super::sieve::{Below, Sieve};
use crate::error::{Cause, Error, Result};

/// What the kernel takes as one path, less its closing NUL.
const LONGEST_OPENED: usize = 4095;

/// What a directory held when it was listed. Its files are still to be read: `read`.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(super) root: Root,
    pub(super) items: Vec<Item>,
    pub(crate) total_bytes: u64,
    /// What an engine could not be given.
    pub(crate) left_out: Vec<LeftOut>,
    /// At most five, the largest first.
    pub(crate) largest: Vec<Directory>,
}

#[derive(Debug)]
pub(super) struct Item {
    pub(super) entry: Entry,
    pub(super) identity: Identity,
}

/// By which a file is known again when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    modified_secs: i64,
    modified_nanos: u64,
}

/// Something that is no part of the context because of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) path: Vec<u8>,
    /// Such as `a socket`.
    pub(crate) what: &'static str,
}

impl Listing {
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.items.iter().map(|item| &item.entry)
    }
}

impl Identity {
    pub(super) fn of(stat: &Stat) -> Self {
        Identity {
            device: stat.st_dev,
            inode: stat.st_ino,
            modified_secs: stat.st_mtime,
            modified_nanos: stat.st_mtime_nsec,
        }
    }
}

/// Lists `root`, which may be a link to a directory; below it no link is followed.
///
/// # Errors
/// The root is no directory; a directory cannot be read; something changed on the way.
pub(crate) fn list(root: &Path, ignore: &Ignore) -> Result<Listing> {
    let name = shown(root.as_os_str().as_encoded_bytes());
    let no_context = |cause: Cause| {
        Error::precondition(format!("cannot use `{name}` as the build context"))
            .caused_by(cause)
            .hint("name a directory that exists and that this user may read")
    };
    let found = std::fs::metadata(root).map_err(|error| no_context(error.into()))?;
    if !found.is_dir() {
        let what = kind_in_words(FileType::from_raw_mode(mode_of(&found)));
        return Err(no_context(Cause::line(format!(
            "it is {what}, not a directory"
        ))));
    }
    let root = Root::open(root).map_err(|error| no_context(error.into()))?;
    let mut walk = Walk {
        sieve: Sieve::new(ignore),
        sums: Sums::default(),
        first_of: HashMap::new(),
        listing: Listing {
            root,
            items: Vec::new(),
            total_bytes: 0,
            left_out: Vec::new(),
            largest: Vec::new(),
        },
    };
    walk.all()?;
    let Walk {
        sums, mut listing, ..
    } = walk;
    listing.largest = sums.largest();
    Ok(listing)
}

fn mode_of(found: &std::fs::Metadata) -> u32 {
    std::os::unix::fs::MetadataExt::mode(found)
}

pub(super) fn kind_in_words(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a regular file",
        FileType::Directory => "a directory",
        FileType::Symlink => "a link",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice => "a character device",
        FileType::BlockDevice => "a block device",
        FileType::Unknown => "of an unknown kind",
    }
}

struct Walk<'i> {
    sieve: Sieve<'i, Item>,
    sums: Sums,
    /// Of files with several names, by device and inode: where in the listing the first name is.
    first_of: HashMap<(u64, u64), usize>,
    listing: Listing,
}

/// A directory on the way: what of it is still to come. No descriptor: trees may be deeper than a process may open.
struct Level {
    children: std::vec::IntoIter<Child>,
    /// Of the directory's own path.
    path_len: usize,
}

struct Child {
    name: Vec<u8>,
    stat: Stat,
    /// Of a link.
    target: Option<Vec<u8>>,
}

impl Walk<'_> {
    fn all(&mut self) -> Result<()> {
        let mut path = Vec::new();
        let mut levels = vec![self.level(&path)?];
        while let Some(level) = levels.last_mut() {
            path.truncate(level.path_len);
            let Some(child) = level.children.next() else {
                levels.pop();
                self.sums.leave(&path);
                continue;
            };
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend(&child.name);
            if path.len() > LONGEST_OPENED {
                return Err(unreadable(&path, Errno::NAMETOOLONG));
            }
            if let Below::Look = self.child(&path, child) {
                levels.push(self.level(&path)?);
                self.sums.enter();
            }
        }
        Ok(())
    }

    /// Takes one child; `Look`: it is a directory that has to be looked into.
    fn child(&mut self, path: &[u8], child: Child) -> Below {
        let Child { stat, target, .. } = child;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                let item = item(path, Kind::Directory, &stat);
                return self.sieve.directory(path, item, &mut self.listing.items);
            }
            FileType::RegularFile => Ok(Kind::File {
                size: u64::try_from(stat.st_size).unwrap_or(0),
            }),
            FileType::Symlink => Ok(Kind::Symlink {
                target: target.unwrap_or_default(),
            }),
            other @ (FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown) => Err(other),
        };
        match (self.sieve.verdict(path), kind) {
            (Verdict::Excluded, _) => {}
            (Verdict::Kept, Ok(kind)) => self.keep(path, kind, &stat),
            (Verdict::Kept, Err(other)) => self.listing.left_out.push(LeftOut {
                path: path.to_vec(),
                what: kind_in_words(other),
            }),
        }
        Below::Skip
    }

    fn keep(&mut self, path: &[u8], mut kind: Kind, stat: &Stat) {
        self.sieve.release(&mut self.listing.items);
        if let Kind::File { size } = kind {
            let first = match stat.st_nlink {
                0 | 1 => None,
                _ => Some(self.first_of.entry((stat.st_dev, stat.st_ino))),
            };
            match first {
                Some(std::collections::hash_map::Entry::Occupied(first)) => {
                    let target = self.listing.items[*first.get()].entry.path.clone();
                    kind = Kind::HardLink { target };
                }
                Some(std::collections::hash_map::Entry::Vacant(first)) => {
                    first.insert(self.listing.items.len());
                }
                None => {}
            }
            if let Kind::File { .. } = kind {
                self.listing.total_bytes += size;
                self.sums.file(size);
            }
        }
        self.listing.items.push(item(path, kind, stat));
    }

    fn level(&self, path: &[u8]) -> Result<Level> {
        let of = |name: &[u8]| match path {
            b"" => name.to_vec(),
            path => [path, b"/", name].concat(),
        };
        let failed = |path: &[u8], errno| match is_change(errno) {
            true => changed(path),
            false => unreadable(path, errno),
        };
        let directory = self.listing.root.directory(path);
        let directory = directory.map_err(|errno| failed(path, errno))?;
        let names = names(&directory).map_err(|errno| failed(path, errno))?;
        let child = |name: Vec<u8>| {
            let known = child(&directory, &name).map_err(|errno| failed(&of(&name), errno));
            known.map(|(stat, target)| Child { name, stat, target })
        };
        let children: Vec<Child> = names.into_iter().map(child).collect::<Result<_>>()?;
        Ok(Level {
            children: children.into_iter(),
            path_len: path.len(),
        })
    }
}

fn names(directory: &OwnedFd) -> Result<Vec<Vec<u8>>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(directory)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn child(directory: &OwnedFd, name: &[u8]) -> Result<(Stat, Option<Vec<u8>>), Errno> {
    let stat = statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    let target = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Symlink => Some(readlinkat(directory, name, Vec::new())?.into_bytes()),
        _ => None,
    };
    Ok((stat, target))
}

fn item(path: &[u8], kind: Kind, stat: &Stat) -> Item {
    Item {
        entry: Entry {
            path: path.to_vec(),
            kind,
            mode: stat.st_mode & 0o7777,
        },
        identity: Identity::of(stat),
    }
}
