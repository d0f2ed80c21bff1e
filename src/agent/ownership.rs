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
    pub(crate) dirs: Vec<String>,
}

/// # Errors
/// What could not be given, as the job log is to show it. A directory that is not there is none.
pub(super) fn give(gift: &Gift) -> Result<(), String> {
    for dir in &gift.dirs {
        let given = give_tree(dir, gift.user);
        given.map_err(|error| {
            format!("cannot give the files in `{dir}` to the user of the image: {error}")
        })?;
    }
    Ok(())
}

fn give_tree(dir: &str, user: (u32, u32)) -> std::io::Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let root = match rustix::fs::openat(CWD, dir, flags, Mode::empty()) {
        Ok(root) => root,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
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

    #[test]
    fn a_tree_is_given_whole_and_nothing_that_it_links_to() {
        let me = (
            rustix::process::getuid().as_raw(),
            rustix::process::getgid().as_raw(),
        );
        // Only root can give to others; to whom it gives to itself the walk is the same.
        let to = if me.0 == 0 { (4711, 4712) } else { me };
        let dir = tempfile::tempdir().unwrap();
        let outside = dir.path().join("outside");
        let project = dir.path().join("project");
        std::fs::create_dir_all(project.join("a/b")).unwrap();
        std::fs::write(&outside, "").unwrap();
        std::fs::write(project.join("a/b/file"), "").unwrap();
        symlink(&outside, project.join("a/link")).unwrap();
        symlink("/", project.join("root")).unwrap();
        let gift = Gift {
            user: to,
            dirs: vec![
                project.display().to_string(),
                dir.path().join("nothing").display().to_string(),
            ],
        };
        give(&gift).unwrap();
        for path in ["", "a", "a/b", "a/b/file", "a/link", "root"] {
            let owner = std::fs::symlink_metadata(project.join(path)).unwrap();
            assert_eq!((owner.uid(), owner.gid()), to, "{path}");
        }
        assert_eq!(std::fs::metadata(&outside).unwrap().uid(), me.0);
        assert_eq!(std::fs::metadata("/").unwrap().uid(), 0);
    }

    #[test]
    fn a_link_in_the_place_of_the_project_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        symlink("/etc", dir.path().join("project")).unwrap();
        let gift = Gift {
            user: (4711, 4711),
            dirs: vec![dir.path().join("project").display().to_string()],
        };
        assert!(give(&gift).is_err());
        assert_eq!(std::fs::metadata("/etc").unwrap().uid(), 0);
    }
}
