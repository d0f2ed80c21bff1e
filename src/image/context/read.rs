//! Reads what was listed, one file at a time, and notices when it is no longer the same.

use std::fs::File;
use std::io::{self, Read};

use rustix::fs::{FileType, fstat};
use rustix::io::Errno;

use super::beneath::is_change;
use super::entry::{Kind, shown};
use super::walk::{Identity, Item, Listing};
use crate::error::{Error, Result};

/// One read, and the longest piece that is handed on.
pub(super) const PIECE: usize = 256 * 1024;

impl Listing {
    /// The bytes of the entry with this number, in pieces; none of what is no file. Can be called more than once: the same
    /// each time.
    ///
    /// # Errors
    /// The file is no longer what was listed: it shrank, grew, was written to, replaced, or is gone. What `into` fails
    /// with, as a system error.
    pub(in crate::image) fn read(
        &self,
        index: usize,
        into: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<()> {
        let Some(item) = self.items.get(index) else {
            return Ok(());
        };
        let Kind::File { size } = item.entry.kind else {
            return Ok(());
        };
        let mut file = self.open(item)?.take(size);
        let most = usize::try_from(size).map_or(PIECE, |size| size.clamp(1, PIECE));
        pour(&mut file, item, &mut vec![0; most], into)?;
        check(file.get_ref(), item)
    }

    fn open(&self, item: &Item) -> Result<File> {
        let path = &item.entry.path;
        let file = self
            .root
            .file(path)
            .map_err(|errno| match is_change(errno) {
                true => changed(path),
                false => unreadable(path, errno),
            })?;
        let file = File::from(file);
        check(&file, item)?;
        Ok(file)
    }
}

/// As many bytes as were announced, no fewer and no more.
fn pour(
    file: &mut io::Take<File>,
    item: &Item,
    buffer: &mut [u8],
    into: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<()> {
    while file.limit() > 0 {
        match file.read(buffer) {
            Ok(0) => return Err(changed(&item.entry.path)),
            Ok(count) => into(&buffer[..count]).map_err(unwanted)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&item.entry.path, error)),
        }
    }
    Ok(())
}

/// Before and after: the same file, as long and as old as it was listed.
fn check(file: &File, item: &Item) -> Result<()> {
    let path = &item.entry.path;
    let stat = fstat(file).map_err(|errno| unreadable(path, errno))?;
    let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    let is_same = Identity::of(&stat) == item.identity && item.entry.kind == Kind::File { size };
    match is_file && is_same {
        true => Ok(()),
        false => Err(changed(path)),
    }
}

/// Whoever takes the bytes does so no more.
pub(super) fn unwanted(error: io::Error) -> Error {
    Error::system("the build context is not wanted any more").caused_by(error)
}

pub(super) fn changed(path: &[u8]) -> Error {
    Error::precondition(format!("the context changed while it was read: `{}`", shown(path)))
        .hint("whatever writes there must have finished first; what it writes can be excluded in `.dockerignore`")
}

pub(super) fn unreadable(path: &[u8], cause: impl Into<io::Error>) -> Error {
    let what = match path {
        b"" => "the build context".to_owned(),
        path => format!("`{}` of the build context", shown(path)),
    };
    let cause: io::Error = cause.into();
    let error = Error::precondition(format!("cannot read {what}"));
    let is_long = cause.raw_os_error() == Some(Errno::NAMETOOLONG.raw_os_error());
    let error = error.caused_by(cause);
    match (path, is_long) {
        (b"", _) => error.hint("let this user read the directory"),
        (_, true) => error.hint("shorten its path, or exclude it in `.dockerignore`"),
        (_, false) => error.hint("let this user read it, or exclude it in `.dockerignore`"),
    }
}
