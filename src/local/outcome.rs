//! What became of a job, in the words of the runner's coordinator protocol.

use std::time::Duration;

use serde_json::{Value, json};

/// Why a stage, and with it the job, did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The job's own fault, with the exit status where it is known.
    Script(Option<i64>),
    /// Anything else, in a sentence.
    System(String),
    /// The job's time is over: nothing but cleanup follows.
    JobTimeout,
    /// The script's own time is over: what follows a failed script follows.
    ScriptTimeout,
    /// A signal ended it.
    Canceled,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Success,
    Failed(Failure),
    Canceled,
}

/// One call of the executor.
#[derive(Clone, Debug)]
pub(super) struct StageTime {
    pub(super) name: String,
    pub(super) took: Duration,
    /// `None`: it was killed, or could not be started.
    pub(super) exit: Option<i32>,
}

#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) state: State,
    pub(super) stages: Vec<StageTime>,
    pub(super) took: Duration,
}

impl State {
    pub(super) fn of(ended: Result<(), Failure>) -> Self {
        match ended {
            Ok(()) => State::Success,
            Err(Failure::Canceled) => State::Canceled,
            Err(failure) => State::Failed(failure),
        }
    }

    /// The status of the script that failed.
    pub(super) fn exit_code(&self) -> Option<i64> {
        match self {
            State::Failed(Failure::Script(code)) => *code,
            State::Failed(
                Failure::System(_)
                | Failure::JobTimeout
                | Failure::ScriptTimeout
                | Failure::Canceled,
            )
            | State::Success
            | State::Canceled => None,
        }
    }

    fn reason(&self) -> Option<&'static str> {
        match self {
            State::Failed(Failure::Script(_)) => Some("script_failure"),
            State::Failed(Failure::System(_)) => Some("runner_system_failure"),
            State::Failed(Failure::JobTimeout | Failure::ScriptTimeout) => {
                Some("job_execution_timeout")
            }
            State::Failed(Failure::Canceled) | State::Success | State::Canceled => None,
        }
    }
}

impl Failure {
    /// The sentence for the job log.
    pub(super) fn sentence(&self) -> String {
        match self {
            Failure::Script(Some(code)) => format!("exit code {code}"),
            Failure::Script(None) => "the job did not succeed".to_owned(),
            Failure::System(text) => format!("{text} (system failure)"),
            Failure::JobTimeout => "the job took longer than its timeout".to_owned(),
            Failure::ScriptTimeout => {
                "the script took longer than RUNNER_SCRIPT_TIMEOUT".to_owned()
            }
            Failure::Canceled => "canceled".to_owned(),
        }
    }
}

impl Outcome {
    /// `baws-ci/job-result/1`.
    pub(super) fn json(&self) -> Value {
        let stages = self.stages.iter().map(|stage| {
            let seconds = (stage.took.as_secs_f64() * 1000.0).round() / 1000.0;
            json!({"name": stage.name, "seconds": seconds, "exit": stage.exit})
        });
        let state = match self.state {
            State::Success => "success",
            State::Failed(_) => "failed",
            State::Canceled => "canceled",
        };
        json!({
            "schema": "baws-ci/job-result/1",
            "state": state,
            "failure_reason": self.state.reason(),
            "exit_code": self.state.exit_code(),
            "stages": stages.collect::<Vec<_>>(),
        })
    }
}
