//! Gives the files that a stage of the helper's has left to the user of the build container.
//!
//! Walks by descriptors: nothing is followed and no mount is crossed, so that neither a link that the job planted nor what
//! the operator lends below the project is ever given away.

use std::ffi::CString;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;
use rustix::process::{Gid, Uid};
use serde::{Deserialize, Serialize};

/// Each level holds a descriptor; a container may have 1024.
const DEEPEST: usize = 512;

/// What is given, and to whom.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Gift {
    /// Numbers as the container knows them.
    pub(crate) user: (u32, u32),
    /// An absolute path that is nobody's to choose.
    pub(crate) root: String,
    /// Below the root, on its own mount; a job may have named them.
    pub(crate) dirs: Vec<String>,
}

/// # Errors
/// What could not be given, as the job log is to show it. A directory that is not there, or of another mount, is none.
pub(super) fn give(gift: &Gift) -> Result<(), String> {
    for dir in &gift.dirs {
        give_tree(&gift.root, dir, gift.user).map_err(|error| {
            format!("cannot give the files in `{dir}` to the user of the image: {error}")
        })?;
    }
    Ok(())
}

fn give_tree(root: &str, dir: &str, user: (u32, u32)) -> std::io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut root = rustix::fs::openat(CWD, root, flags, Mode::empty())?;
    let parts = dir.split('/').filter(|part| !part.is_empty());
    for part in parts {
        if matches!(part, "." | "..") {
            return Err(std::io::ErrorKind::InvalidInput.into());
        }
        let name = CString::new(part).map_err(std::io::Error::other)?;
        root = match within(&root, &name, OFlags::RDONLY | OFlags::DIRECTORY)? {
            Some(next) => next,
            None => return Ok(()),
        };
    }
    pass(&root, user)?;
    let mut open = vec![Dir::new(root)?];
    while let Some(dir) = open.last_mut() {
        let Some(entry) = dir.read().transpose()? else {
            open.pop();
            continue;
        };
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let name = CString::from(name);
        let Some(found) = within(dir.fd()?, &name, OFlags::PATH)? else {
            continue;
        };
        pass(&found, user)?;
        if !is_directory(&rustix::fs::fstat(&found)?) {
            continue;
        }
        if open.len() >= DEEPEST {
            return Err(std::io::Error::other(format!(
                "they are nested more than {DEEPEST} deep"
            )));
        }
        let here = CString::from(c".");
        if let Some(inner) = within(found.as_fd(), &here, OFlags::RDONLY | OFlags::DIRECTORY)? {
            open.push(Dir::new(inner)?);
        }
    }
    Ok(())
}

/// Opens what lies in this directory itself; `None`: it is gone, or of another mount.
///
/// Source: `openat2(2)`, RESOLVE_NO_XDEV: mount points of the same file system count too. Kernels before 5.6, and seccomp
/// profiles older than it, do not know the call.
fn within(dir: impl AsFd, name: &CString, flags: OFlags) -> std::io::Result<Option<OwnedFd>> {
    let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = rustix::fs::openat2(
        &dir,
        name,
        flags,
        Mode::empty(),
        ResolveFlags::NO_XDEV | ResolveFlags::BENEATH,
    );
    let opened = match opened {
        Err(Errno::NOSYS | Errno::PERM) => rustix::fs::openat(&dir, name, flags, Mode::empty()),
        other => other,
    };
    match opened {
        Ok(found) => Ok(Some(found)),
        Err(Errno::NOENT | Errno::XDEV) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn pass(what: &OwnedFd, (user, group): (u32, u32)) -> std::io::Result<()> {
    let (user, group) = (Uid::from_raw(user), Gid::from_raw(group));
    rustix::fs::chownat(what, c"", Some(user), Some(group), AtFlags::EMPTY_PATH)?;
    Ok(())
}

fn is_directory(stat: &Stat) -> bool {
    rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, symlink};

    /// Only root can give to others; to whom it gives to itself the walk is the same.
    fn receiver() -> (u32, u32) {
        let me = rustix::process::getuid().as_raw();
        let group = rustix::process::getgid().as_raw();
        if me == 0 { (4711, 4712) } else { (me, group) }
    }

    fn gift(root: &std::path::Path, dirs: &[&str]) -> Gift {
        Gift {
            user: receiver(),
            root: root.display().to_string(),
            dirs: dirs.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_tree_is_given_whole_and_nothing_that_it_links_to() {
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        let project = dir.path().join("group/project");
        std::fs::create_dir_all(project.join("a/b")).unwrap();
        std::fs::write(&outside, "").unwrap();
        let me = std::fs::metadata(&outside).unwrap().uid();
        std::fs::write(project.join("a/b/file"), "").unwrap();
        symlink(&outside, project.join("a/link")).unwrap();
        symlink("/", project.join("root")).unwrap();
        give(&gift(dir.path(), &["group/project", "nothing/there"])).unwrap();
        for path in ["", "a", "a/b", "a/b/file", "a/link", "root"] {
            let owner = std::fs::symlink_metadata(project.join(path)).unwrap();
            assert_eq!((owner.uid(), owner.gid()), receiver(), "{path}");
        }
        for path in [
            &outside,
            &dir.path().join("group"),
            std::path::Path::new("/"),
        ] {
            let owner = std::fs::metadata(path).unwrap().uid();
            assert!(owner == me || owner == 0, "{}", path.display());
        }
    }

    #[test]
    fn no_name_of_a_jobs_leads_out_of_the_root() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("root/deep")).unwrap();
        symlink("/etc", dir.path().join("root/link")).unwrap();
        let root = dir.path().join("root");
        for name in [
            "link",
            "link/ssl",
            "..",
            "deep/../..",
            "deep/../link",
            "a\0b",
        ] {
            assert!(give(&gift(&root, &[name])).is_err(), "{name}");
        }
        // Of another mount, if it is one here.
        give(&gift(std::path::Path::new("/"), &["proc"])).unwrap();
        assert_eq!(std::fs::metadata("/etc").unwrap().uid(), 0);
        assert_eq!(std::fs::metadata("/proc").unwrap().uid(), 0);
    }
}
