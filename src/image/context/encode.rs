//! Writes entries as a tar: the same ones are the same bytes.
//!
//! GNU's format, because its long names are raw bytes; PAX demands UTF-8. Owner 0:0 without names, one time for all, no
//! extended attributes. Sources: the GNU tar manual, "Basic Tar Format"; Go's `archive/tar`, which the engine reads with.

use std::io::{self, Write};

use tar::{EntryType, Header};

use super::entry::{Entry, Kind, Sink};

const BLOCK: u64 = 512;
/// Of the name and of the link's target in a header; longer ones come before it, in an entry of their own.
const SHORT: usize = 100;

#[derive(Debug)]
pub(crate) struct TarEncoder<W: Write> {
    writer: W,
    mtime_secs: u64,
    /// Of the file announced last.
    left: u64,
    padding: u64,
}

impl<W: Write> TarEncoder<W> {
    /// `mtime_secs`: of all entries, in seconds since 1970.
    pub(crate) fn new(writer: W, mtime_secs: u64) -> Self {
        TarEncoder {
            writer,
            mtime_secs,
            left: 0,
            padding: 0,
        }
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// The last file is not complete, or the writer's.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.close_file()?;
        self.zeros(2 * BLOCK)?;
        self.writer.flush()?;
        Ok(self.writer)
    }

    fn close_file(&mut self) -> io::Result<()> {
        if self.left > 0 {
            let text = format!("the last file lacks {} of its bytes", self.left);
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        let padding = std::mem::take(&mut self.padding);
        self.zeros(padding)
    }

    /// At most two blocks.
    fn zeros(&mut self, count: u64) -> io::Result<()> {
        let zeros = [0; 2 * BLOCK as usize];
        let count = usize::try_from(count).unwrap_or(zeros.len());
        self.writer.write_all(&zeros[..count.min(zeros.len())])
    }

    /// A name too long for a header, for the entry that comes next.
    fn long(&mut self, kind: EntryType, name: &[u8]) -> io::Result<()> {
        let size = name.len() as u64 + 1;
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        self.header(header, b"././@LongLink", b"", 0)?;
        self.writer.write_all(name)?;
        self.zeros(1 + padding(size))
    }

    fn header(
        &mut self,
        mut header: Header,
        name: &[u8],
        link: &[u8],
        mtime: u64,
    ) -> io::Result<()> {
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(mtime);
        let fields = header.as_old_mut();
        let (name, link) = (
            &name[..name.len().min(SHORT)],
            &link[..link.len().min(SHORT)],
        );
        fields.name[..name.len()].copy_from_slice(name);
        fields.linkname[..link.len()].copy_from_slice(link);
        header.set_cksum();
        self.writer.write_all(header.as_bytes())
    }
}

fn padding(size: u64) -> u64 {
    (BLOCK - size % BLOCK) % BLOCK
}

impl<W: Write> Sink for TarEncoder<W> {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.close_file()?;
        let (kind, size, link): (_, _, &[u8]) = match &entry.kind {
            Kind::Directory => (EntryType::Directory, 0, b""),
            Kind::File { size } => (EntryType::Regular, *size, b""),
            Kind::Symlink { target } => (EntryType::Symlink, 0, target),
            Kind::HardLink { target } => (EntryType::Link, 0, target),
        };
        let mut name = entry.path.clone();
        if entry.kind == Kind::Directory {
            name.push(b'/');
        }
        if link.len() > SHORT {
            self.long(EntryType::GNULongLink, link)?;
        }
        if name.len() > SHORT {
            self.long(EntryType::GNULongName, &name)?;
        }
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(entry.mode);
        self.header(header, &name, link, self.mtime_secs)?;
        (self.left, self.padding) = (size, padding(size));
        Ok(())
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        let count = bytes.len() as u64;
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "more bytes than the file was said to have",
            )
        })?;
        self.writer.write_all(bytes)
    }
}
