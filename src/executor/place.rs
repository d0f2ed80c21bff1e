//! Directories on the host: the pinned program, and one directory a job, which its containers see a part of.
//!
//! ```text
//! <state>/bin/<build>/baws-ci         the program as `prepare` found it; later stages run the same
//! <state>/runner/<build>/gitlab-runner  the runner's program, where its file was replaced under the running runner
//! <state>/tokens, locks               logins for ECR and the locks of pushes, shared by all jobs
//! <state>/used, layers                what jobs used of this host's images and volumes, and which layers it has pushed
//! <state>/jobs/<key>/helper, build    seen as /.baws by that one container, read-only
//! ```
//! Refuses a file system that runs no programs (noexec), as a container would inherit that.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use rustix::fs::StatVfsMountFlags;

use crate::agent::Post;
use crate::env;
use crate::error::{Cause, Error, Result};
use crate::job::{Identity, Place as StagePlace};
use crate::settings::ExecutorSettings;

/// Where the state of root's jobs is, if nobody chose another place and programs can run there.
pub(crate) const USUAL_STATE: &str = "/var/lib/baws-ci";
const OWN_PROGRAM: &str = "/proc/self/exe";

#[derive(Clone, Debug)]
pub(super) struct Place {
    state: PathBuf,
}

impl Place {
    pub(super) fn of(settings: &ExecutorSettings) -> Result<Self> {
        let candidates = match &settings.state_dir {
            Some(dir) => vec![dir.clone()],
            None if rustix::process::geteuid().is_root() => {
                [USUAL_STATE, "/opt/baws-ci", "/run/baws-ci"]
                    .map(PathBuf::from)
                    .into()
            }
            None => env::users_state().into_iter().collect(),
        };
        match candidates.iter().find(|dir| runs_programs(dir)) {
            Some(dir) => Ok(Place { state: dir.clone() }),
            None => Err(Error::usage("there is no directory for the executor's state")
                .caused_by(Cause::line(format!("tried: {}", candidates.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", "))))
                .hint("the operator sets `[executor] state_dir` to a directory on a file system that is not mounted noexec")),
        }
    }

    pub(super) fn state_dir(&self) -> &Path {
        &self.state
    }

    /// Logins for ECR, shared by all jobs of this host.
    pub(super) fn tokens_dir(&self) -> PathBuf {
        self.state.join("tokens")
    }

    pub(super) fn jobs_dir(&self) -> PathBuf {
        self.state.join("jobs")
    }

    pub(super) fn job_dir(&self, identity: &Identity) -> PathBuf {
        self.jobs_dir().join(identity.key())
    }

    pub(super) fn post(&self, identity: &Identity, place: StagePlace) -> Post {
        post_in(&self.job_dir(identity), place)
    }

    /// Makes the job's directory anew, with the pinned program in it.
    pub(super) fn establish(&self, identity: &Identity) -> Result<()> {
        let failed = |error: io::Error| {
            Error::system(format!("cannot set up the job's directory `{}`", self.job_dir(identity).display()))
                .caused_by(error)
                .hint("the operator checks `[executor] state_dir`: its permissions, and whether the disk is full")
        };
        let program = self
            .pin(Path::new(OWN_PROGRAM), "bin", "baws-ci")
            .map_err(failed)?;
        let dir = self.job_dir(identity);
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            Ok(()) | Err(_) => fs::create_dir_all(&dir).map_err(failed)?,
        }
        for place in [StagePlace::Helper, StagePlace::Build] {
            self.post(identity, place)
                .establish(&program)
                .map_err(failed)?;
        }
        std::os::unix::fs::symlink(&program, dir.join("program")).map_err(failed)
    }

    /// Goes on as the program that `prepare` pinned, where this one is another build. Returns where it is the same, and
    /// where the job has no directory.
    pub(super) fn become_pinned(&self, identity: &Identity) -> Result<()> {
        let Ok(pinned) = fs::read_link(self.job_dir(identity).join("program")) else {
            return Ok(());
        };
        let failed = |error: io::Error| {
            Error::system(format!(
                "cannot go on as the job's own program `{}`",
                pinned.display()
            ))
            .caused_by(error)
        };
        let own = fs::metadata(OWN_PROGRAM).map_err(failed)?;
        let Ok(theirs) = fs::metadata(&pinned) else {
            return Ok(());
        };
        let same_file = (own.dev(), own.ino()) == (theirs.dev(), theirs.ino());
        let same_build = pinned
            .parent()
            .and_then(Path::file_name)
            .is_some_and(|name| name == build(&own).as_str());
        if same_file || same_build {
            return Ok(());
        }
        Err(failed(
            std::process::Command::new(&pinned)
                .args(std::env::args_os().skip(1))
                .exec(),
        ))
    }

    /// The runner's own program, for the commands its scripts call in the helper (artifacts, cache). `None` where our
    /// parent is no gitlab-runner.
    pub(super) fn runner_program(&self) -> Result<Option<PathBuf>> {
        let Some(parent) = rustix::process::getppid() else {
            return Ok(None);
        };
        let link = PathBuf::from(format!("/proc/{}/exe", parent.as_raw_nonzero()));
        let Ok(target) = fs::read_link(&link) else {
            return Ok(None);
        };
        let name = target
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        if !name.contains("gitlab-runner") {
            return Ok(None);
        }
        if !name.ends_with(" (deleted)") {
            return Ok(Some(target));
        }
        // Upgraded under the running runner: its scripts still speak the version that runs, so that one is kept.
        self.pin(&link, "runner", "gitlab-runner")
            .map(Some)
            .map_err(|error| {
                Error::system(format!(
                    "cannot copy the running runner's program from `{}`",
                    link.display()
                ))
                .caused_by(error)
            })
    }

    /// A copy of a running program under its build's name, made once.
    fn pin(&self, program: &Path, kind: &str, name: &str) -> io::Result<PathBuf> {
        let dir = self.state.join(kind).join(build(&fs::metadata(program)?));
        let pinned = dir.join(name);
        if pinned.exists() {
            return Ok(pinned);
        }
        fs::create_dir_all(&dir)?;
        let part = dir.join(format!(".part-{}", std::process::id()));
        fs::copy(program, &part)?;
        fs::set_permissions(&part, Permissions::from_mode(0o755))?;
        fs::rename(&part, &pinned)?;
        Ok(pinned)
    }

    /// Removes pinned programs that no job uses, but for this one.
    pub(super) fn forget_old_programs(&self) -> io::Result<()> {
        let mut used: Vec<PathBuf> = vec![
            self.state
                .join("bin")
                .join(build(&fs::metadata(OWN_PROGRAM)?)),
        ];
        for job in entries(&self.jobs_dir()) {
            used.extend(
                fs::read_link(job.join("program"))
                    .ok()
                    .and_then(|program| program.parent().map(Path::to_owned)),
            );
        }
        for dir in entries(&self.state.join("bin"))
            .into_iter()
            .filter(|dir| !used.contains(dir))
        {
            fs::remove_dir_all(dir)?;
        }
        Ok(())
    }
}

/// Where host and agent of one container meet, in its job's directory.
pub(super) fn post_in(job_dir: &Path, place: StagePlace) -> Post {
    Post::at(job_dir.join(match place {
        StagePlace::Helper => "helper",
        StagePlace::Build => "build",
    }))
}

/// What a directory holds; nothing where it is not there.
pub(super) fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir)
        .map(|found| found.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

/// Tells one build from the next without reading the file.
fn build(metadata: &fs::Metadata) -> String {
    format!(
        "{:x}-{:x}-{:x}",
        metadata.size(),
        metadata.mtime() as u64 * 1_000_000_000 + metadata.mtime_nsec() as u64,
        metadata.ino()
    )
}

/// Whether programs on the file system of `dir`, or of its nearest parent that exists, can be started.
fn runs_programs(dir: &Path) -> bool {
    let existing = dir.ancestors().find(|dir| dir.exists());
    let flags = existing
        .and_then(|dir| rustix::fs::statvfs(dir).ok())
        .map(|answer| answer.f_flag);
    flags.is_some_and(|flags| !flags.contains(StatVfsMountFlags::NOEXEC))
}
