//! One prepare attempt: a directory of its own, the environment of every call in it, and what an exit status means.
//!
//! Source: gitlab-runner `executors/custom/custom.go`, `command/command.go`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::outcome::Failure;
use super::super::scratch::Scratch;
use super::super::variables::Variables;
use crate::env::Var;
use crate::error::Result;
use crate::job::{ImageSpec, JobResponse};

const BUILD_FAILURE: i32 = 1;
const SYSTEM_FAILURE: i32 = 2;

pub(super) struct Attempt {
    directory: Scratch,
    response: PathBuf,
    scripts: u32,
    /// What `config` asked for.
    pub(super) answer: Answer,
}

/// What `config` prints. Unknown keys are ignored, all are optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Answer {
    pub(super) builds_dir: Option<String>,
    pub(super) cache_dir: Option<String>,
    job_env: Option<BTreeMap<String, String>>,
}

impl Attempt {
    pub(super) fn new(payload: &Value) -> Result<Self> {
        let directory = Scratch::new("stage")?;
        let response = directory.write("response.json", 0o600, payload.to_string().as_bytes())?;
        Ok(Attempt {
            directory,
            response,
            scripts: 0,
            answer: Answer::default(),
        })
    }

    /// A script for the executor, in a directory of its own.
    pub(super) fn script(&mut self, text: &str) -> Result<PathBuf> {
        self.scripts += 1;
        let directory = self
            .directory
            .path()
            .join(format!("script{}", self.scripts));
        std::fs::create_dir(&directory)
            .map_err(|error| super::super::scratch::cannot_write(&directory, error))?;
        self.directory
            .write(directory.join("script"), 0o700, text.as_bytes())
    }

    /// A call of the executor with the environment that gitlab-runner gives.
    pub(super) fn command(
        &self,
        program: &Path,
        config: Option<&Path>,
        variables: &Variables,
        job: &JobResponse,
    ) -> Command {
        let mut command = Command::new(program);
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        command.arg("executor").current_dir(self.directory.path());
        command.env("TMPDIR", self.directory.path());
        command.env(Var::BuildFailureExitCode.name(), BUILD_FAILURE.to_string());
        command.env(
            Var::SystemFailureExitCode.name(),
            SYSTEM_FAILURE.to_string(),
        );
        command.env(Var::BuildExitCodeFile.name(), self.exit_code_file());
        command.env(Var::JobResponseFile.name(), &self.response);
        command.envs(self.answer.job_env.iter().flatten());
        command.envs(
            variables
                .environment()
                .map(|(name, value)| (format!("CUSTOM_ENV_{name}"), value.replace('\0', ""))),
        );
        command.env(
            "CUSTOM_ENV_CI_JOB_SERVICES",
            services(&job.services, variables),
        );
        command.env(Var::DrivenByLocal.name(), "1");
        command
    }

    fn exit_code_file(&self) -> PathBuf {
        self.directory.path().join("build_exit_code")
    }

    /// 0 is well; 1 is the job's fault, with the status in the file if there is one; all else is the system's.
    pub(super) fn judge(&self, status: Option<ExitStatus>) -> Result<(), Failure> {
        match status.and_then(|status| status.code()) {
            Some(0) => Ok(()),
            Some(BUILD_FAILURE) => Err(self.build_failure()),
            Some(code) => Err(Failure::System(format!(
                "the executor ended with exit code {code}"
            ))),
            None => Err(Failure::System(
                "the executor was killed by a signal".to_owned(),
            )),
        }
    }

    fn build_failure(&self) -> Failure {
        let Ok(text) = std::fs::read_to_string(self.exit_code_file()) else {
            return Failure::Script(Some(i64::from(BUILD_FAILURE)));
        };
        match text
            .lines()
            .next()
            .map(|line| line.trim_end_matches('\r').parse::<i64>())
        {
            Some(Ok(0)) => Failure::Script(None),
            Some(Ok(code)) => Failure::Script(Some(code)),
            Some(Err(_)) | None => {
                Failure::System("the executor left no exit code in BUILD_EXIT_CODE_FILE".to_owned())
            }
        }
    }
}

/// `CUSTOM_ENV_CI_JOB_SERVICES`: empty without services, else a JSON list; of several aliases the first.
fn services(services: &[ImageSpec], variables: &Variables) -> String {
    if services.is_empty() {
        return String::new();
    }
    let list = services.iter().map(|service| {
        let alias = service.alias.split([',', ' ']).find(|alias| !alias.is_empty()).unwrap_or_default();
        let mut one = json!({"name": service.name, "alias": alias, "entrypoint": service.entrypoint, "command": service.command});
        if !service.variables.is_empty() {
            let value = |raw: bool, text: &str| if raw { text.to_owned() } else { variables.expand(text) };
            let map = service.variables.iter().map(|one| (one.key.clone(), Value::from(value(one.raw, &one.value))));
            one["variables"] = Value::Object(map.collect());
        }
        one
    });
    Value::Array(list.collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn the_exit_status_and_the_file_are_read_as_the_runner_reads_them() {
        let attempt = Attempt::new(&json!({})).unwrap();
        let judge = |code: i32| attempt.judge(Some(ExitStatus::from_raw(code << 8)));
        assert_eq!(
            (judge(0), judge(1)),
            (Ok(()), Err(Failure::Script(Some(1))))
        );
        let cases = [
            ("42\r\nmore", Failure::Script(Some(42))),
            ("0", Failure::Script(None)),
            ("-1", Failure::Script(Some(-1))),
        ];
        for (text, wanted) in cases {
            std::fs::write(attempt.exit_code_file(), text).unwrap();
            assert_eq!((judge(1), judge(0)), (Err(wanted), Ok(())));
        }
        for text in ["", " 42 ", "text"] {
            std::fs::write(attempt.exit_code_file(), text).unwrap();
            assert!(matches!(judge(1), Err(Failure::System(_))));
        }
        assert!(matches!(
            (judge(2), judge(77)),
            (Err(Failure::System(_)), Err(Failure::System(_)))
        ));
        assert!(matches!(
            attempt.judge(Some(ExitStatus::from_raw(9))),
            Err(Failure::System(_))
        ));
    }
}
