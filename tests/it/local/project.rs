//! A work tree with a pipeline, in a directory of its own, and `baws-ci local` called in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::snapshot::Snapshot;
use crate::support::engine::Kind;
use crate::support::job::PROGRAM;
use crate::support::{Ended, Stand, Started, eventually};

/// For tests that read a log as it is when no other job runs.
pub(super) const ONE_BY_ONE: [&str; 2] = ["-j", "1"];

pub(super) struct Project {
    pub(super) stand: Stand,
    pub(super) root: PathBuf,
}

impl Project {
    /// A git repository with one commit on `main` that holds the pipeline.
    #[track_caller]
    pub(super) fn new(pipeline: &str) -> Self {
        Project::on(Stand::new(), pipeline)
    }

    /// The same where the operator has set something.
    #[track_caller]
    pub(super) fn on(stand: Stand, pipeline: &str) -> Self {
        let project = Project::laid_down(stand, pipeline);
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.commit();
        project
    }

    #[track_caller]
    pub(super) fn without_git(pipeline: &str) -> Self {
        Project::laid_down(Stand::new(), pipeline)
    }

    #[track_caller]
    fn laid_down(stand: Stand, pipeline: &str) -> Self {
        let root = stand.dir().join("shop");
        let project = Project { stand, root };
        project.write(".gitlab-ci.yml", pipeline);
        for directory in ["home", "tmp"] {
            std::fs::create_dir(project.stand.dir().join(directory))
                .expect("the stand's directory can be written");
        }
        project
    }

    #[track_caller]
    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.root.join(path);
        let parent = path.parent().expect("it is below the root");
        std::fs::create_dir_all(parent).expect("the stand's directory can be written");
        std::fs::write(path, text).expect("the stand's directory can be written");
    }

    /// What `git` prints in the work tree.
    #[track_caller]
    pub(super) fn git(&self, words: &[&str]) -> String {
        self.git_in(&self.root, words)
    }

    #[track_caller]
    pub(super) fn git_in(&self, directory: &Path, words: &[&str]) -> String {
        let mut command = Command::new("git");
        command.current_dir(directory).env_clear();
        command
            .env("PATH", PATH)
            .env("HOME", self.stand.dir().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1");
        for person in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{person}_NAME"), "Ada")
                .env(format!("GIT_{person}_EMAIL"), "ada@example.test")
                .env(format!("GIT_{person}_DATE"), "2024-05-06T07:08:09Z");
        }
        let done = command
            .args(["-c", "protocol.file.allow=always"])
            .args(words)
            .output()
            .expect("git is installed");
        assert!(
            done.status.success(),
            "git {} failed: {}",
            words.join(" "),
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8_lossy(&done.stdout).trim_end().to_owned()
    }

    /// Commits everything.
    #[track_caller]
    pub(super) fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "Open the shop"]);
    }

    /// Runs `baws-ci local WORDS…` at the root.
    #[track_caller]
    pub(super) fn local(&self, words: &[&str]) -> Ended {
        self.local_in(&self.root, words)
    }

    #[track_caller]
    pub(super) fn local_in(&self, directory: &Path, words: &[&str]) -> Ended {
        let before = Snapshot::of(&self.root);
        let started = Started::begin(self.command(directory, words), "local", None);
        let ended = started.end();
        before.is_still(&self.root);
        self.nothing_left();
        ended
    }

    /// For tests that do something meanwhile; they check themselves that nothing is left.
    pub(super) fn start(&self, words: &[&str]) -> Started {
        Started::begin(self.command(&self.root, words), "local", None)
    }

    /// As a person's shell starts it.
    pub(super) fn command(&self, directory: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .arg("--config")
            .arg(self.stand.config())
            .arg("local")
            .args(words)
            .current_dir(directory)
            .env_clear()
            .env("PATH", PATH)
            .env("HOME", self.stand.dir().join("home"))
            .env("TMPDIR", self.temporary())
            .env("DOCKER_HOST", &self.stand.bench.docker_host);
        command
    }

    pub(super) fn temporary(&self) -> PathBuf {
        self.stand.dir().join("tmp")
    }

    /// CI_PROJECT_ID, by which the project is found on the engine: FNV-1a of its directory. `hello` shows that it is so.
    pub(super) fn id(&self) -> u64 {
        number(&self.root)
    }

    fn labels(&self) -> [String; 2] {
        let id = self.id();
        ["runner.id=local".to_owned(), format!("project.id={id}")]
            .map(|label| format!("com.gitlab.gitlab-runner.{label}"))
    }

    /// Neither on the engine, nor in the state directory, nor among temporary files.
    #[track_caller]
    pub(super) fn nothing_left(&self) {
        let labels = self.labels();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        for kind in [Kind::Containers, Kind::Networks, Kind::Volumes] {
            let mut left = self.stand.bench.engine.labelled(kind, &labels);
            // One a project and slot, for caches: it outlives all jobs.
            left.retain(|name| !name.starts_with("baws-cache-"));
            assert!(left.is_empty(), "{kind:?} of the jobs are left: {left:?}");
        }
        let jobs = self.stand.state_dir().join("jobs");
        // `executor start` is no child of anybody's and ends by itself.
        eventually("the jobs have no directories", || names(&jobs).is_empty());
        let mut temporary = names(&self.temporary());
        temporary.retain(|name| !name.starts_with("baws-ci-slots-"));
        assert!(
            temporary.is_empty(),
            "temporary files are left: {temporary:?}"
        );
    }
}

/// The number that `local` gives to the project in a directory.
pub(super) fn number(root: &Path) -> u64 {
    let text = root.to_string_lossy();
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    1 + hash % 2_000_000_000
}

/// Names in a directory; none where it is not there.
pub(super) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// Also after a test that failed half-way nothing stays on the engine; not even when that has gone.
impl Drop for Project {
    fn drop(&mut self) {
        let engine = &self.stand.bench.engine;
        let filters = self.labels().map(|label| format!("label={label}"));
        for (list, remove) in [
            (["ps", "-aq"].as_slice(), ["rm", "-fv"].as_slice()),
            (&["network", "ls", "-q"], &["network", "rm"]),
            (&["volume", "ls", "-q"], &["volume", "rm"]),
        ] {
            let of_ours = ["--filter", &filters[0], "--filter", &filters[1]];
            let listed = engine.try_docker(&[list, &of_ours].concat(), "");
            let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
            let names: Vec<&str> = listed.split_whitespace().collect();
            if !names.is_empty()
                && !engine
                    .try_docker(&[remove, &names].concat(), "")
                    .status
                    .success()
            {
                // A test that has failed reports that, and not this.
            }
        }
    }
}

const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
