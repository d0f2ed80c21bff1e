//! One entry of a context, the order of entries, and who takes them.

use std::cmp::Ordering;
use std::io;

/// A file is followed by exactly as many bytes as it says; a hard link names an earlier file.
pub(crate) use crate::docker::ListedKind as Kind;

/// Source: Linux, `PATH_MAX` and `NAME_MAX`.
pub(super) const LONGEST_PATH: usize = 4096;
const LONGEST_NAME: usize = 255;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Relative to the context, parts joined by `/`; neither at the ends. No `.`, no `..`; any other bytes.
    pub(crate) path: Vec<u8>,
    pub(crate) kind: Kind,
    /// Permission bits, up to 0o7777.
    pub(crate) mode: u32,
}

/// Takes entries in the order of `order`, each directory before what is in it.
pub(crate) trait Sink {
    fn entry(&mut self, entry: &Entry) -> io::Result<()>;

    /// The next bytes of the file announced last.
    fn data(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Part by part, bytes by value: a directory, then all that is in it, then what comes after. The root is not an entry.
pub(super) fn order(a: &[u8], b: &[u8]) -> Ordering {
    let parts = |path| <[u8]>::split(path, |byte: &u8| *byte == b'/');
    parts(a).cmp(parts(b))
}

/// Whether `path` lies below `directory`.
pub(super) fn is_below(path: &[u8], directory: &[u8]) -> bool {
    path.strip_prefix(directory)
        .is_some_and(|rest| rest.starts_with(b"/"))
}

/// # Errors
/// What is wrong with it.
pub(super) fn check_path(path: &[u8]) -> Result<(), &'static str> {
    if path.len() > LONGEST_PATH {
        return Err("the path is longer than 4096 bytes");
    }
    path.split(|byte| *byte == b'/')
        .try_for_each(|part| match part {
            b"" => Err("the path is empty, or has an empty part"),
            b"." | b".." => Err("the path has `.` or `..` in it"),
            part if part.len() > LONGEST_NAME => Err("a part of the path is longer than 255 bytes"),
            part if part.contains(&0) => Err("the path has a NUL byte in it"),
            _ => Ok(()),
        })
}

/// A path for people: what is no printable character is escaped.
pub(crate) fn shown(path: &[u8]) -> String {
    let mut text = String::new();
    for chunk in path.utf8_chunks() {
        text.extend(chunk.valid().chars().flat_map(|c| match c {
            '\'' | '"' => c.to_string().chars().collect::<Vec<_>>(),
            c => c.escape_debug().collect(),
        }));
        text.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    text
}
