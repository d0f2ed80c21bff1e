//! Opens what lies beneath a directory, and nothing else: no link is followed, also none put there a moment ago.
//!
//! The kernel's `openat2` does it in one call (Linux 5.6). Where it is missing, or where an older Docker's seccomp profile
//! answers EPERM for it, each part of the path is opened on its own.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
use rustix::io::Errno;

#[derive(Debug)]
pub(super) struct Root {
    directory: OwnedFd,
    part_by_part: AtomicBool,
}

#[cfg(test)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    AtOnce,
    PartByPart,
}

impl Root {
    /// Links in the path of the root itself are the caller's, and followed.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Root {
            directory: openat(CWD, path, flags, Mode::empty())?,
            part_by_part: AtomicBool::new(false),
        })
    }

    #[cfg(test)]
    pub(super) fn going(self, way: Way) -> Self {
        self.part_by_part
            .store(way == Way::PartByPart, Ordering::Relaxed);
        self
    }

    /// A directory, for reading; the empty path is the root.
    pub(super) fn directory(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        let path = if path.is_empty() { b"." } else { path };
        self.at(path, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// Whatever is there, for reading. Does not wait for the other end of a FIFO.
    pub(super) fn file(&self, path: &[u8]) -> Result<OwnedFd, Errno> {
        self.at(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)
    }

    fn at(&self, path: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        if !self.part_by_part.load(Ordering::Relaxed) {
            let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
            match openat2(&self.directory, path, flags, Mode::empty(), resolve) {
                Err(Errno::NOSYS | Errno::PERM) => self.part_by_part.store(true, Ordering::Relaxed),
                opened => return opened,
            }
        }
        let mut parts = path.split(|byte| *byte == b'/');
        let last = parts.next_back().unwrap_or_default();
        let step = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut reached: Option<OwnedFd> = None;
        for part in parts {
            let from = reached.as_ref().unwrap_or(&self.directory);
            reached = Some(openat(from, part, step, Mode::empty())?);
        }
        openat(
            reached.as_ref().unwrap_or(&self.directory),
            last,
            flags,
            Mode::empty(),
        )
    }
}

/// Whether an error of opening or reading says that something else is there now, or nothing.
pub(super) fn is_change(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::NOENT
            | Errno::LOOP
            | Errno::NOTDIR
            | Errno::ISDIR
            | Errno::NXIO
            | Errno::STALE
            | Errno::XDEV
            | Errno::AGAIN
            | Errno::NODEV
    )
}
