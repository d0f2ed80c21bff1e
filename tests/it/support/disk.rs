//! Disks that are full: the engine's, and small ones in the place of a directory.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Stand;

/// An engine on a small disk of its own, for as long as the value lives.
pub(crate) struct SmallDisk<'a>(&'a Stand);

impl<'a> SmallDisk<'a> {
    #[track_caller]
    pub(crate) fn full_but_for(stand: &'a Stand, megabytes: &str) -> Self {
        stand.bench.command(&["dockerd", "disk-full", megabytes]);
        SmallDisk(stand)
    }

    /// Takes or leaves so much room, `0` to the last byte.
    #[track_caller]
    pub(crate) fn leave(&self, megabytes: &str) {
        self.0.bench.command(&["dockerd", "disk-full", megabytes]);
    }

    #[track_caller]
    pub(crate) fn free(&self) {
        self.0.bench.command(&["dockerd", "disk-free"]);
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let bench = &self.0.bench;
        bench.command(&["dockerd", "disk-free"]);
        bench.command(&["dockerd", "stop"]);
        let done = Command::new("umount")
            .arg(bench.state.join("run/disk"))
            .status();
        if !done.is_ok_and(|status| status.success()) {
            // The engine still starts where it was before.
        }
        for name in ["disk", "ballast"] {
            if std::fs::remove_file(bench.state.join(name)).is_err() {
                // It is gone.
            }
        }
        bench.command(&["dockerd", "start"]);
    }
}

/// A file system in memory in the place of a directory, for as long as the value lives.
pub(crate) struct Tmpfs(PathBuf);

impl Tmpfs {
    /// `options`: as of `mount`, such as `size=1m` or `nr_inodes=4`.
    #[track_caller]
    pub(crate) fn at(dir: &Path, options: &str) -> Self {
        std::fs::create_dir_all(dir).expect("it can be made");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(dir)
            .status();
        assert!(done.is_ok_and(|status| status.success()), "cannot mount");
        Tmpfs(dir.to_owned())
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let done = Command::new("umount").arg("-l").arg(&self.0).status();
        if !done.is_ok_and(|status| status.success()) {
            // It goes with the bench.
        }
    }
}
