//! A place where images are built: a stand with repositories of its own in the bench's ECR, and grants to push there.
//!
//! Files come into a job's project by way of `/proc`, so that they may be of any name and kind.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ecr::repository_of;
use super::job::PROGRAM;
use super::{Ended, Job, Stand, Started, eventually};

/// A Dockerfile that needs no context but the file `hello`.
pub(crate) const PLAIN: &str = "FROM bench/busybox:1\nCOPY hello /hello\n";

pub(crate) struct Site {
    pub(crate) stand: Stand,
    /// Part of the name of everything that belongs to this test alone.
    pub(crate) name: String,
}

impl Site {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Site::on(Stand::new())
    }

    /// For tests that change what all share: the bench's AWS policy, its disk, its engine.
    #[track_caller]
    pub(crate) fn alone() -> Self {
        Site::on(Stand::alone())
    }

    fn on(stand: Stand) -> Self {
        let name = format!("it-{}", stand.token.to_lowercase());
        let site = Site { stand, name };
        let all = format!("{}/{}/**", site.host(), site.name);
        let rule = format!(
            "[{{ projects = [\"it/*\"], refs = \"any\", push = [\"{all}\"], create = [\"{all}\"] }}]"
        );
        site.set("grants", &rule)
    }

    /// Sets a key of the settings to a TOML value.
    pub(crate) fn set(self, key: &str, value: &str) -> Self {
        Site {
            stand: self.stand.set(key, value),
            name: self.name,
        }
    }

    /// The registry: account 123456789012 in eu-west-1.
    pub(crate) fn host(&self) -> &str {
        &self.stand.bench.ecr
    }

    /// A repository of this test, in the form of an image's name.
    pub(crate) fn repository(&self, path: &str) -> String {
        format!("{}/{}/{path}", self.host(), self.name)
    }

    /// What the registry has under `reference`: its digest.
    #[track_caller]
    pub(crate) fn digest(&self, repository: &str, reference: &str) -> Option<String> {
        repository_of(repository).digest(reference)
    }

    /// A job whose host has AWS credentials, as a runner's has.
    pub(crate) fn job(&self) -> Job<'_> {
        let job = self.stand.job();
        let aws = self.stand.bench.aws.iter();
        aws.fold(job, |job, (name, value)| job.env(name, value))
            .variable("REPO", &self.repository("app"))
    }

    /// A directory outside any job, with a Dockerfile and `hello`.
    pub(crate) fn directory(&self, name: &str) -> PathBuf {
        let dir = self.stand.dir().join(name);
        std::fs::create_dir(&dir).expect("the stand's directory can be written");
        write(&dir, "Dockerfile", PLAIN.as_bytes());
        write(&dir, "hello", b"hello\n");
        dir
    }

    /// The program outside any job, in `dir`.
    pub(crate) fn here(&self, dir: &Path, words: &[&str]) -> Ended {
        Started::begin(self.command(dir, words), words[0], None).end()
    }

    pub(crate) fn command(&self, dir: &Path, words: &[&str]) -> Command {
        let home = self.stand.dir().join("home");
        std::fs::create_dir_all(&home).expect("the stand's directory can be written");
        let mut command = Command::new(PROGRAM);
        command
            .arg("--config")
            .arg(self.stand.config())
            .args(words)
            .current_dir(dir)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", home)
            .env("NO_COLOR", "1")
            .env("DOCKER_HOST", &self.stand.bench.docker_host)
            .envs(
                self.stand
                    .bench
                    .aws
                    .iter()
                    .map(|(name, value)| (name, value)),
            );
        command
    }
}

/// Writes a file and makes the directories above it.
#[track_caller]
pub(crate) fn write(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    let parent = path.parent().expect("it has a directory");
    std::fs::create_dir_all(parent).expect("the directory can be written");
    std::fs::write(&path, bytes).expect("the directory can be written");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).expect("it is ours");
}

impl Job<'_> {
    /// The project's directory of a job that is prepared, as this machine sees it.
    #[track_caller]
    pub(crate) fn project(&self) -> PathBuf {
        // `executor start` starts it, and is not waited for.
        eventually("the build container runs", || {
            self.stand.bench.engine.inspect(&self.container("build"))["State"]["Running"] == true
        });
        let pid = self.pid_of("build");
        let dir = PathBuf::from(format!("/proc/{pid}/root/builds/it/project"));
        std::fs::create_dir_all(&dir).expect("the tests run as root");
        dir
    }

    /// Puts a file into the project.
    #[track_caller]
    pub(crate) fn file_in(self, path: &str, text: &str) -> Self {
        write(&self.project(), path, text.as_bytes());
        self
    }

    /// Prepares, with the plain Dockerfile and a file that no other job has in the project.
    #[track_caller]
    pub(crate) fn plain(self) -> Self {
        let hello = format!("hello of {}\n", self.id);
        let job = self.prepared();
        job.file_in("Dockerfile", PLAIN).file_in("hello", &hello)
    }

    /// Runs `baws-ci WORDS` in the project, as a line of the job's script.
    pub(crate) fn baws(&self, words: &str) -> Ended {
        self.start_baws(words).end()
    }

    pub(crate) fn start_baws(&self, words: &str) -> Started {
        self.start_run(
            "build_script",
            &format!("cd /builds/it/project\nbaws-ci {words}"),
        )
    }
}

impl Site {
    /// A log without what differs from run to run: ECR for the registry, NAME for the test's own name.
    pub(crate) fn masked(&self, job: &Job<'_>, text: &str) -> String {
        let text = text.replace(self.host(), "ECR").replace(&self.name, "NAME");
        job.masked(&text)
    }
}

impl Site {
    /// The key of the side that an image of this id belongs to on the engine.
    #[track_caller]
    pub(crate) fn private_key(&self, id: &str) -> String {
        let facts = self
            .stand
            .bench
            .engine
            .get(&format!("/images/{}/json", id.trim()));
        let names = facts.expect("the image is there")["RepoTags"].clone();
        let name = names[0].as_str().unwrap_or_default().to_owned();
        let key = name
            .split('/')
            .nth(1)
            .filter(|_| name.starts_with("baws.local/"));
        key.unwrap_or_else(|| panic!("`{name}` is no private name"))
            .to_owned()
    }
}
