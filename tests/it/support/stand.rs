//! A runner of the test's own: settings, state directory and token that no other test shares.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tempfile::TempDir;

use super::bench::{Bench, bench};
use super::engine::Kind;
use super::job::{Job, PROGRAM};
use super::wait::unique;

/// Tests that hurt the engine, or sweep, run alone; all others side by side.
static TURN: RwLock<()> = RwLock::new(());

enum Turn {
    Shared {
        _guard: RwLockReadGuard<'static, ()>,
    },
    Alone {
        _guard: RwLockWriteGuard<'static, ()>,
    },
    Others,
}

pub(crate) struct Stand {
    pub(crate) bench: Bench,
    /// CI_RUNNER_SHORT_TOKEN; also the label by which everything of this stand is found.
    pub(crate) token: String,
    dir: TempDir,
    settings: BTreeMap<String, String>,
    _turn: Turn,
}

impl Stand {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Stand::make(Turn::Shared {
            _guard: TURN.read().unwrap_or_else(PoisonError::into_inner),
        })
    }

    /// Another runner in the same test, whose turn it shares.
    #[track_caller]
    pub(crate) fn beside(_other: &Stand) -> Self {
        Stand::make(Turn::Others)
    }

    /// No other stand is there at the same time.
    #[track_caller]
    pub(crate) fn alone() -> Self {
        Stand::make(Turn::Alone {
            _guard: TURN.write().unwrap_or_else(PoisonError::into_inner),
        })
    }

    #[track_caller]
    fn make(turn: Turn) -> Self {
        let bench = bench();
        let dir = tempfile::Builder::new()
            .prefix("baws-it-")
            .tempdir_in("/var/tmp")
            .expect("/var/tmp can be written");
        let stand = Stand {
            bench,
            token: unique()[..9].to_owned(),
            dir,
            settings: BTreeMap::new(),
            _turn: turn,
        };
        pin(&stand.state_dir());
        let state = format!("{:?}", stand.state_dir());
        stand
            .set("executor.state_dir", &state)
            .set("executor.stop_grace_secs", "2")
            .set("executor.docker.image", "\"bench/busybox:1\"")
            .set("executor.docker.pull_policy", "\"if-not-present\"")
    }

    /// Sets a key of the settings, by its whole path, to a TOML value.
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        let lines: String = self
            .settings
            .iter()
            .map(|(key, value)| format!("{key} = {value}\n"))
            .collect();
        std::fs::write(self.config(), lines).expect("the stand's directory can be written");
        self
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn state_dir(&self) -> PathBuf {
        self.dir().join("state")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir().join("config.toml")
    }

    /// A job in the default image, with nothing special about it.
    pub(crate) fn job(&self) -> Job<'_> {
        Job::new(self)
    }

    /// Names of what the engine holds of all jobs of this stand.
    #[track_caller]
    pub(crate) fn holds(&self, kind: Kind) -> Vec<String> {
        self.bench.engine.labelled(
            kind,
            &[&format!(
                "com.gitlab.gitlab-runner.runner.id={}",
                self.token
            )],
        )
    }
}

/// Also after a test that failed half-way nothing stays on the engine.
impl Drop for Stand {
    fn drop(&mut self) {
        let engine = &self.bench.engine;
        for (kind, deed) in [
            (Kind::Containers, ["rm", "-fv"]),
            (Kind::Networks, ["network", "rm"]),
            (Kind::Volumes, ["volume", "rm"]),
        ] {
            let names = self.holds(kind);
            let words: Vec<&str> = deed
                .into_iter()
                .chain(names.iter().map(String::as_str))
                .collect();
            if !names.is_empty() && !engine.try_docker(&words, "").status.success() {
                // A test that has failed reports that, and not this.
            }
        }
    }
}

/// The program as the executor pins it, but as a link: the copy of a test's program is a hundred megabytes, for each test.
///
/// Source: `src/executor/place.rs`, `build`. Where no link can be, the executor makes its copy.
fn pin(state: &Path) {
    let program = std::fs::metadata(PROGRAM).expect("the program was built");
    let written = program.mtime() as u64 * 1_000_000_000 + program.mtime_nsec() as u64;
    let build = format!("{:x}-{written:x}-{:x}", program.size(), program.ino());
    let dir = state.join("bin").join(build);
    std::fs::create_dir_all(&dir).expect("the stand's directory can be written");
    if std::fs::hard_link(PROGRAM, dir.join("baws-ci")).is_err() {
        // Another file system.
    }
}
