//! A context that comes as a tar, plain or gzip, with its entries in any order.
//!
//! Read as a whole first: the last entry of a name holds, and the order of a context is not the order of a tar. Contents
//! wait in a nameless file (`spool`; bounded by its disk), names and whatever long names a tar claims in memory: this runs
//! where the tar is the caller's own, in a job's container or on a laptop, and never on a host for a job. Refuses what
//! would lie outside the context, sparse files, and other compressions. Engines apply no ignore file to a tar, so none is
//! looked for here. Read next: `member` (one entry of a tar), `tree` (what they amount to), `packing`.

mod member;
mod packing;
mod tree;

use std::io::{self, Read};
use std::path::Path;

use super::entry::{Entry, Kind, shown};
use super::ignore::{Ignore, Verdict};
use super::read::{PIECE, unwanted};
use super::sieve::Sieve;
use super::spool::Spool;
use super::walk::LeftOut;
use crate::error::{Cause, Error, Result};
use member::{Member, What};
use tree::{Node, Tree};

pub(crate) use tree::Content;

/// As much as a Dockerfile may have.
const LARGEST_HELD: u64 = 2 * 1024 * 1024;

/// What a tar held.
#[derive(Debug)]
pub(crate) struct TarContext {
    tree: Tree,
    spool: Spool,
    /// What an engine could not be given.
    pub(crate) left_out: Vec<LeftOut>,
}

impl TarContext {
    /// Reads a tar to its end; `spool_directory` is where the contents wait.
    ///
    /// # Errors
    /// It is no tar, a damaged one, or holds what a context cannot.
    pub(crate) fn read(reader: impl Read, spool_directory: &Path) -> Result<Self> {
        let spool =
            Spool::create(spool_directory).map_err(|error| no_room(spool_directory, error))?;
        let mut context = TarContext {
            tree: Tree::default(),
            spool,
            left_out: Vec::new(),
        };
        let mut archive = tar::Archive::new(packing::unpacked(reader)?);
        let mut buffer = vec![0; PIECE];
        for entry in archive.entries().map_err(damaged)? {
            let mut entry = entry.map_err(damaged)?;
            let member =
                member::read(&mut entry).map_err(|why| refused(&entry.path_bytes(), why))?;
            let offset = context.spool.end();
            if let Some(Member {
                what: What::File { size },
                ..
            }) = member
            {
                pour(&mut entry, size, &mut buffer, |bytes| {
                    let kept = context.spool.append(bytes);
                    kept.map_err(|error| no_room(spool_directory, error))
                })?;
            }
            if let Some(member) = member {
                context.add(member, offset)?;
            }
        }
        // To its end: a writer before us would fail, and a checksum comes last.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
        Ok(context)
    }

    fn add(&mut self, member: Member, offset: u64) -> Result<()> {
        let Member { path, mode, what } = member;
        let added = match what {
            What::LeftOut(what) => {
                let path = path.clone();
                self.left_out.push(LeftOut { path, what });
                Ok(())
            }
            What::Directory => self.tree.insert(&path, Node::Directory { mode }),
            What::Symlink { target } => self.tree.insert(&path, Node::Symlink { mode, target }),
            What::File { size } => {
                let content = Content { mode, size, offset };
                self.tree.insert_file(&path, content)
            }
            What::HardLink { target } => self.tree.insert_link(&path, &target),
        };
        added.map_err(|why| refused(&path, why))
    }

    /// A small file of the context, such as its Dockerfile. `None`: there is no such file.
    ///
    /// # Errors
    /// It is larger than 2 MiB.
    pub(crate) fn file(&self, path: &[u8]) -> Result<Option<Vec<u8>>> {
        let Some(content) = self.tree.file(path) else {
            return Ok(None);
        };
        let cannot = |cause: Cause| {
            let path = shown(path);
            Error::precondition(format!("cannot read `{path}` of the context")).caused_by(cause)
        };
        if content.size > LARGEST_HELD {
            return Err(cannot(Cause::line("it is larger than 2 MiB")));
        }
        let mut text = vec![0; usize::try_from(content.size).unwrap_or(0)];
        let read = self.spool.read_at(&mut text, content.offset);
        read.map_err(|error| cannot(error.into()))?;
        Ok(Some(text))
    }

    /// What `ignore` keeps, in order; a file with its content.
    pub(crate) fn kept(&self, ignore: &Ignore) -> Vec<(Entry, Option<Content>)> {
        let mut sieve = Sieve::new(ignore);
        let mut first_of = self.tree.contents_without_names();
        let mut out: Vec<(Entry, Option<Content>)> = Vec::new();
        for (path, node) in self.tree.nodes() {
            let entry = |kind, mode| Entry {
                path: path.to_vec(),
                kind,
                mode,
            };
            if let Node::Directory { mode } = node {
                sieve.directory(path, (entry(Kind::Directory, *mode), None), &mut out);
            } else if sieve.verdict(path) == Verdict::Kept {
                sieve.release(&mut out);
                out.push(match node {
                    Node::Directory { mode } => (entry(Kind::Directory, *mode), None),
                    Node::Symlink { mode, target } => {
                        let target = target.clone();
                        (entry(Kind::Symlink { target }, *mode), None)
                    }
                    Node::File(index) => {
                        let content = self.tree.content(*index);
                        match &first_of[*index] {
                            Some(first) => {
                                let target = first.to_vec();
                                (entry(Kind::HardLink { target }, content.mode), None)
                            }
                            None => {
                                first_of[*index] = Some(path);
                                let size = content.size;
                                (entry(Kind::File { size }, content.mode), Some(content))
                            }
                        }
                    }
                });
            }
        }
        out
    }

    /// The bytes of one of the contents that `kept` gives, in pieces.
    ///
    /// # Errors
    /// The spool cannot be read. What `into` fails with, as a system error.
    pub(in crate::image) fn content(
        &self,
        content: Content,
        into: &mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<()> {
        let mut buffer = vec![0; PIECE];
        let mut given = 0;
        while given < content.size {
            let left = content.size - given;
            let piece = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
            let piece = &mut buffer[..piece];
            self.spool
                .read_at(piece, content.offset + given)
                .map_err(|error| {
                    Error::system("cannot read the spooled context back").caused_by(error)
                })?;
            into(piece).map_err(unwanted)?;
            given += piece.len() as u64;
        }
        Ok(())
    }
}

/// Exactly `size` bytes of a member.
fn pour(
    entry: &mut impl Read,
    size: u64,
    buffer: &mut [u8],
    mut keep: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut left = size;
    while left > 0 {
        match entry.read(buffer) {
            Ok(0) => return Err(damaged(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                keep(&buffer[..count])?;
                left = left.saturating_sub(count as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(damaged(error)),
        }
    }
    Ok(())
}

fn damaged(error: io::Error) -> Error {
    Error::precondition("cannot read the context as a tar")
        .caused_by(error)
        .hint("make it with `tar -c` or `tar -cz`, and check that it arrives whole")
}

fn refused(path: &[u8], why: String) -> Error {
    Error::precondition(format!("cannot take `{}` into the context", shown(path)))
        .caused_by(Cause::line(why))
        .hint("make the tar from within the context's directory: `tar -c .`")
}

fn no_room(directory: &Path, error: io::Error) -> Error {
    let directory = shown(directory.as_os_str().as_encoded_bytes());
    Error::system(format!(
        "cannot keep the context in `{directory}` while it is read"
    ))
    .caused_by(error)
    .hint(format!(
        "`{directory}` needs room for all files of the tar, unpacked"
    ))
}
