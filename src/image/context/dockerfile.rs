//! Where the Dockerfile and the ignore file are, and what is in them.
//!
//! As Docker's command line looks for them: `-f` is relative to the working directory and may lie outside the context;
//! without it `Dockerfile` in the context, or `dockerfile` where only that exists (buildx, `handleLowercaseDockerfile`).
//! Both travel apart from the context: one that the ignore file excludes is hidden from COPY, as in BuildKit.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};

use super::entry::shown;
use super::ignore::Ignore;
use super::walk::kind_in_words;
use crate::error::{Cause, Error, Result};

/// No Dockerfile of people's is near it.
const LARGEST: u64 = 2 * 1024 * 1024;
const SIMILAR: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dockerfile {
    /// As it was opened.
    pub(crate) path: PathBuf,
    pub(crate) text: Vec<u8>,
}

/// The ignore file that holds for a build.
#[derive(Debug)]
pub(crate) struct IgnoreFile {
    pub(crate) ignore: Ignore,
}

enum Looked {
    Found(Vec<u8>),
    Missing,
}

impl Dockerfile {
    /// `named`: the value of `-f`.
    ///
    /// # Errors
    /// It does not exist, is no regular file, is larger than 2 MiB or unreadable.
    pub(crate) fn find(context: &Path, named: Option<&Path>) -> Result<Self> {
        let usual = || vec![context.join("Dockerfile"), context.join("dockerfile")];
        let candidates = named.map_or_else(usual, |named| vec![named.to_owned()]);
        for path in &candidates {
            if let Looked::Found(text) = look("the Dockerfile", path)? {
                let path = path.clone();
                return Ok(Dockerfile { path, text });
            }
        }
        Err(missing(&candidates[0], named))
    }
}

impl IgnoreFile {
    /// `<Dockerfile>.dockerignore` beside the Dockerfile, else `.dockerignore` in the context. `None`: neither exists.
    ///
    /// # Errors
    /// It is no regular file, larger than 2 MiB or unreadable, or a line of it is no pattern.
    pub(crate) fn find(context: &Path, dockerfile: &Path) -> Result<Option<Self>> {
        let mut beside = dockerfile.as_os_str().to_owned();
        beside.push(".dockerignore");
        for path in [PathBuf::from(beside), context.join(".dockerignore")] {
            if let Looked::Found(text) = look("the ignore file", &path)? {
                let ignore = Ignore::parse(&name(&path), &text)?;
                return Ok(Some(IgnoreFile { ignore }));
            }
        }
        Ok(None)
    }
}

fn name(path: &Path) -> String {
    shown(path.as_os_str().as_encoded_bytes())
}

/// Reads a small regular file; links to one are followed.
fn look(what: &str, path: &Path) -> Result<Looked> {
    let cannot = |cause: Cause| {
        Error::precondition(format!("cannot read {what} `{}`", name(path))).caused_by(cause)
    };
    // Not waiting: in place of the file there may be a FIFO.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match openat(CWD, path, flags, Mode::empty()).map_err(io::Error::from) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Looked::Missing),
        // A socket.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            return Err(cannot(Cause::line("it is not a regular file")));
        }
        Err(error) => return Err(cannot(error.into()).hint("let this user read it")),
    };
    let stat = fstat(&file).map_err(|errno| cannot(errno.into()))?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind != FileType::RegularFile {
        let cause = format!("it is {}, not a regular file", kind_in_words(kind));
        return Err(cannot(Cause::line(cause)).hint("name the file itself"));
    }
    let mut text = Vec::new();
    File::from(file)
        .take(LARGEST + 1)
        .read_to_end(&mut text)
        .map_err(|error| cannot(error.into()))?;
    if text.len() as u64 > LARGEST {
        return Err(cannot(Cause::line("it is larger than 2 MiB"))
            .hint("move data out of it, into files of the context"));
    }
    Ok(Looked::Found(text))
}

/// `named`: the value of `-f`.
fn missing(path: &Path, named: Option<&Path>) -> Error {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let error = Error::precondition(format!("there is no Dockerfile at `{}`", name(path)));
    let similar = similar(parent.unwrap_or(Path::new(".")));
    match (similar.is_empty(), named) {
        (false, _) => error.hint(format!(
            "name it with `-f`; similar files there: {}",
            similar.join(", ")
        )),
        (true, Some(_)) => {
            error.hint("`-f` is relative to the working directory, not to the context")
        }
        (true, None) => error.hint("add a `Dockerfile` to the context, or name one with `-f`"),
    }
}

/// Names in `directory` that look like a Dockerfile's, quoted.
fn similar(directory: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_dir()))
        .map(|entry| name(Path::new(&entry.file_name())))
        .filter(|name| {
            let name = name.to_lowercase();
            let is_like = name.contains("dockerfile") || name.contains("containerfile");
            is_like && !name.ends_with(".dockerignore")
        })
        .collect();
    names.sort();
    names.truncate(SIMILAR);
    names.iter().map(|name| format!("`{name}`")).collect()
}
