//! The stages of a job, one by one, as the runner calls the executor for them.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::engine::Kind;
use super::job::PROGRAM;
use super::script::script;
use super::{Ended, Job, Started};

impl Job<'_> {
    pub(crate) fn config(&self) -> Ended {
        self.start("config").end()
    }

    pub(crate) fn prepare(&self) -> Ended {
        self.start("prepare").end()
    }

    /// `prepare`, which has to succeed.
    #[track_caller]
    pub(crate) fn prepared(self) -> Self {
        self.prepare().succeeded();
        self
    }

    /// Runs `body` in the form of the runner's scripts.
    pub(crate) fn run(&self, stage: &str, body: &str) -> Ended {
        self.start_run(stage, body).end()
    }

    pub(crate) fn cleanup(&self) -> Ended {
        self.start("cleanup").end()
    }

    /// `cleanup`, which has to succeed, say nothing and leave nothing.
    #[track_caller]
    pub(crate) fn cleaned_up(&self) {
        self.cleanup().succeeded().silent();
        self.nothing_left();
    }

    /// The program with other words than a stage's.
    pub(crate) fn program(&self, words: &[&str]) -> Ended {
        Started::begin(self.command(words), words[0], None).end()
    }

    /// The job as the runner recorded it, once the program was called for it.
    pub(crate) fn recorded(&self) -> PathBuf {
        self.tmp.join("response.json")
    }

    pub(crate) fn start(&self, stage: &str) -> Started {
        Started::begin(self.command(&["executor", stage]), stage, None)
    }

    pub(crate) fn start_run(&self, stage: &str, body: &str) -> Started {
        self.start_script(stage, &script(&self.variables, body))
    }

    /// Runs a script as it is.
    pub(crate) fn start_script(&self, stage: &str, text: &str) -> Started {
        let path = self.write_script(text);
        Started::begin(
            self.command(&["executor", "run", &path.to_string_lossy(), stage]),
            stage,
            Some(self.status_file()),
        )
    }

    pub(crate) fn write_script(&self, text: &str) -> PathBuf {
        self.scripts.set(self.scripts.get() + 1);
        let dir = self.tmp.join(format!("script{}", self.scripts.get()));
        std::fs::create_dir(&dir).expect("TMPDIR can be written");
        let path = dir.join("script");
        std::fs::write(&path, text).expect("TMPDIR can be written");
        path
    }

    pub(crate) fn status_file(&self) -> PathBuf {
        self.tmp.join("build_exit_code")
    }

    /// The program under test in the environment that the runner gives.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        self.command_of(Path::new(PROGRAM), words)
    }

    pub(crate) fn command_of(&self, program: &Path, words: &[&str]) -> Command {
        let response = self.tmp.join("response.json");
        std::fs::write(&response, self.response_text()).expect("TMPDIR can be written");
        std::fs::set_permissions(&response, PermissionsExt::from_mode(0o600)).expect("it is ours");
        let mut command = Command::new(program);
        command
            .arg("--config")
            .arg(self.stand.config())
            .args(words)
            .current_dir(&self.tmp)
            .env_clear();
        command
            .env(
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            )
            .env("HOME", "/nonexistent")
            .env("NO_COLOR", "1")
            .env("DOCKER_HOST", &self.stand.bench.docker_host)
            .env("TMPDIR", &self.tmp)
            .env("BUILD_FAILURE_EXIT_CODE", "1")
            .env("SYSTEM_FAILURE_EXIT_CODE", "2")
            .env("BUILD_EXIT_CODE_FILE", self.status_file())
            .env("JOB_RESPONSE_FILE", &response)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .envs(
                self.runners
                    .iter()
                    .map(|(name, value)| (format!("CUSTOM_ENV_{name}"), value)),
            )
            .envs(
                self.variables
                    .iter()
                    .map(|one| (format!("CUSTOM_ENV_{}", one.key), &one.value)),
            );
        command
    }

    fn response_text(&self) -> String {
        let variables = self.variables.iter().map(|one| {
            json!({"key": one.key, "value": one.value, "public": one.public, "file": one.file, "masked": one.masked, "raw": true})
        });
        let mut response = self.response.clone();
        response["variables"] = variables.collect();
        response.to_string()
    }

    /// Names of the job's containers, networks or volumes.
    #[track_caller]
    pub(crate) fn holds(&self, kind: Kind) -> Vec<String> {
        self.stand.bench.engine.labelled(
            kind,
            &[
                "baws-ci.job",
                &format!("com.gitlab.gitlab-runner.job.id={}", self.id),
            ],
        )
    }

    /// The job's container in this role: `helper`, `build` or `service-1`.
    #[track_caller]
    pub(crate) fn container(&self, role: &str) -> String {
        let names = self.stand.bench.engine.labelled(
            Kind::Containers,
            &[
                &format!("com.gitlab.gitlab-runner.job.id={}", self.id),
                &format!("baws-ci.role={role}"),
            ],
        );
        names
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("the job has no {role} container"))
    }

    /// The number, in the bench, of the first process of a container.
    #[track_caller]
    pub(crate) fn pid_of(&self, role: &str) -> i32 {
        let pid = self.stand.bench.engine.inspect(&self.container(role))["State"]["Pid"]
            .as_i64()
            .unwrap_or(0);
        assert!(pid > 0, "the {role} container does not run");
        i32::try_from(pid).expect("a process number is small")
    }
}
