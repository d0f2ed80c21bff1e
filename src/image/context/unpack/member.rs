//! One entry of a tar, as far as a context can take it.

use std::io::Read;

use tar::EntryType;

use super::super::entry::{LONGEST_PATH, check_path};

#[derive(Debug)]
pub(super) struct Member {
    /// As in a context; never empty.
    pub(super) path: Vec<u8>,
    pub(super) mode: u32,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Directory,
    File {
        size: u64,
    },
    Symlink {
        target: Vec<u8>,
    },
    /// The target is a path as in a context.
    HardLink {
        target: Vec<u8>,
    },
    LeftOut(&'static str),
}

/// `None`: nothing of the context, such as its root or the comment that `git archive` puts first.
///
/// # Errors
/// Why it cannot be taken.
pub(super) fn read<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<Option<Member>, String> {
    let kind = entry.header().entry_type();
    if kind.is_pax_global_extensions() {
        return Ok(None);
    }
    refuse_sparse(entry)?;
    let written = entry.path_bytes().into_owned();
    let path = relative(&written)?;
    let size = entry.size();
    let ends_in_slash = written.ends_with(b"/");
    let what = match kind {
        // How tars before POSIX wrote directories.
        EntryType::Regular if ends_in_slash && size == 0 => What::Directory,
        EntryType::Regular | EntryType::Continuous if ends_in_slash => {
            return Err("it is a file whose name ends in `/`".to_owned());
        }
        EntryType::Regular | EntryType::Continuous => What::File { size },
        // Readers disagree on whether these bytes are there; no tool in use writes them.
        _ if size > 0 => return Err("it is no file, and has a content nevertheless".to_owned()),
        EntryType::Directory => What::Directory,
        EntryType::Symlink => What::Symlink {
            target: symlink_target(entry)?,
        },
        EntryType::Link => What::HardLink {
            target: relative(&entry.link_name_bytes().unwrap_or_default())
                .map_err(|why| format!("the file it is a hard link to: {why}"))?,
        },
        EntryType::Fifo => What::LeftOut("a FIFO"),
        EntryType::Char => What::LeftOut("a character device"),
        EntryType::Block => What::LeftOut("a block device"),
        other => {
            let kind = char::from(other.as_byte()).escape_debug().to_string();
            return Err(format!("it is of type `{kind}`, which is unknown here"));
        }
    };
    if path.is_empty() {
        return match what {
            What::Directory => Ok(None),
            _ => Err("it stands for the context itself, and is no directory".to_owned()),
        };
    }
    let mode = entry.header().mode().map_err(|error| error.to_string())?;
    Ok(Some(Member {
        path,
        mode: mode & 0o7777,
        what,
    }))
}

fn symlink_target<R: Read>(entry: &tar::Entry<'_, R>) -> Result<Vec<u8>, String> {
    let target = entry.link_name_bytes().unwrap_or_default().into_owned();
    match target.len() {
        0 => Err("it is a link to nowhere".to_owned()),
        1..=LONGEST_PATH if !target.contains(&0) => Ok(target),
        1..=LONGEST_PATH => Err("its target has a NUL byte in it".to_owned()),
        _ => Err("its target is longer than 4096 bytes".to_owned()),
    }
}

/// GNU tar's own form, and the one within PAX. Source: the GNU tar manual, "Storing Sparse Files".
fn refuse_sparse<R: Read>(entry: &mut tar::Entry<'_, R>) -> Result<(), String> {
    let mut is_sparse = entry.header().entry_type().is_gnu_sparse();
    let extensions = entry.pax_extensions().map_err(|error| error.to_string())?;
    for extension in extensions.into_iter().flatten() {
        let extension = extension.map_err(|error| error.to_string())?;
        is_sparse |= extension.key_bytes().starts_with(b"GNU.sparse.");
    }
    match is_sparse {
        true => Err("it is stored as a sparse file; make the tar without `--sparse`".to_owned()),
        false => Ok(()),
    }
}

/// A tar's path as a context's; empty for the root.
fn relative(path: &[u8]) -> Result<Vec<u8>, String> {
    if path.starts_with(b"/") {
        return Err("its path is absolute".to_owned());
    }
    let parts = path.split(|byte| *byte == b'/');
    let parts: Vec<&[u8]> = parts.filter(|part| !matches!(*part, b"" | b".")).collect();
    let path = parts.join(&b'/');
    if !path.is_empty() {
        check_path(&path)?;
    }
    Ok(path)
}
