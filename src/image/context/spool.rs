//! A file without a name: takes the contents of a tar until they are wanted, and is gone with its last user.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, unlinkat};
use rustix::io::Errno;

#[derive(Debug)]
pub(super) struct Spool {
    file: File,
    end: u64,
}

impl Spool {
    /// In `directory`, which must have room for what will come.
    pub(super) fn create(directory: &Path) -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = match openat(CWD, directory, flags | OFlags::TMPFILE, mode) {
            // Not every file system makes nameless files; overlayfs does since Linux 6.3.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                unlinked(directory, flags, mode)?
            }
            created => created?,
        };
        Ok(Spool {
            file: File::from(file),
            end: 0,
        })
    }

    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }
}

fn unlinked(directory: &Path, flags: OFlags, mode: Mode) -> Result<rustix::fd::OwnedFd, Errno> {
    let own = rustix::process::getpid().as_raw_nonzero();
    for attempt in 0..100 {
        let path = directory.join(format!(".baws-ci-context-{own}-{attempt}"));
        match openat(CWD, &path, flags | OFlags::CREATE | OFlags::EXCL, mode) {
            Err(Errno::EXIST) => {}
            Ok(file) => {
                unlinkat(CWD, &path, AtFlags::empty())?;
                return Ok(file);
            }
            Err(errno) => return Err(errno),
        }
    }
    Err(Errno::EXIST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_and_leaves_no_name() {
        let directory = tempfile::tempdir().unwrap();
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let file = File::from(unlinked(directory.path(), flags, Mode::RUSR).unwrap());
        for mut spool in [
            Spool::create(directory.path()).unwrap(),
            Spool { file, end: 0 },
        ] {
            spool.append(b"abc").unwrap();
            spool.append(b"def").unwrap();
            let mut read = [0; 3];
            spool.read_at(&mut read, 2).unwrap();
            assert_eq!((&read, spool.end()), (b"cde", 6));
        }
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
