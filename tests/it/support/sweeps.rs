//! Sweeping, and jobs whose runner is gone.

use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::job::PROGRAM;
use super::{Ended, Job, Started};

/// One sweep at a time: each removes the dead jobs of all tests.
static SWEEPS: Mutex<()> = Mutex::new(());

pub(crate) fn sweeping() -> MutexGuard<'static, ()> {
    SWEEPS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Job<'_> {
    /// `prepare`, called by a process that ends right after it, as a runner that is killed.
    pub(crate) fn prepare_for_a_runner_that_ends(&self) -> Ended {
        let inner = self.command(&["executor", "prepare"]);
        Started::begin(self.runner_that_calls(&inner), "prepare", None).end()
    }

    /// `prepare` that begins when the process that called it is gone already; what it printed, when it is over.
    pub(crate) fn prepare_for_a_runner_that_is_gone(&self) -> Ended {
        let inner = self.command(&["executor", "prepare"]);
        let begin = "(sleep 0.3; exec \"$0\" \"$@\") & exit 0";
        Started::begin(self.shell(begin, &inner), "prepare", None).end()
    }

    /// A stage that runs a script, called by a process of its own in place of the runner.
    pub(crate) fn start_run_by_a_runner(&self, stage: &str, text: &str) -> Started {
        let script = self.write_script(text);
        let inner = self.command(&["executor", "run", &script.to_string_lossy(), stage]);
        Started::begin(
            self.runner_that_calls(&inner),
            stage,
            Some(self.status_file()),
        )
    }

    fn runner_that_calls(&self, inner: &Command) -> Command {
        // A second command, so that the shell stays what it is until the first has ended.
        self.shell("\"$0\" \"$@\"; exit $?", inner)
    }

    /// A shell that runs this line, whose arguments are the command.
    fn shell(&self, line: &str, inner: &Command) -> Command {
        let mut runner = Command::new("/bin/sh");
        runner
            .args(["-c", line])
            .arg(inner.get_program())
            .args(inner.get_args())
            .current_dir(&self.tmp)
            .env_clear();
        runner.envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        runner
    }

    /// `executor sweep`, called by the operator: without anything of the runner's environment.
    pub(crate) fn sweep(&self, words: &[&str]) -> Ended {
        let mut command = Command::new(PROGRAM);
        command
            .arg("--config")
            .arg(self.stand.config())
            .args(["executor", "sweep"])
            .args(words)
            .env_clear();
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("DOCKER_HOST", &self.stand.bench.docker_host);
        Started::begin(command, "sweep", None).end()
    }
}
