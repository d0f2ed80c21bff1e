//! What came of an order, for people: in a sentence, as an error with its reasons, and as an exit code. For programs: `json`.

use serde_json::Value;

use super::diagnose::{Diagnosis, line};
use super::outputs::{Outputs, kebab};
use crate::aws::{Execution, ExecutionStatus};
use crate::error::{Cause, Class, End, Error, Result};
use crate::output::utc;
use crate::rollout::clean;

const LONGEST: usize = 1000;

/// How it ended, or that it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Succeeded,
    Failed,
    /// By the state machine's own limit.
    TimedOut,
    Aborted,
    /// It goes on.
    Running,
    /// It goes on, and was waited for long enough.
    Waited,
}

/// Everything that is known of an execution.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) execution: Execution,
    pub(crate) outcome: Outcome,
    pub(crate) started: bool,
    pub(crate) prefix: String,
    /// Outputs of a success, or why they cannot be read.
    pub(crate) outputs: Option<Result<Outputs>>,
    pub(crate) diagnosis: Option<Diagnosis>,
}

impl Outcome {
    pub(crate) fn of(status: ExecutionStatus) -> Self {
        match status {
            ExecutionStatus::Succeeded => Outcome::Succeeded,
            ExecutionStatus::Failed => Outcome::Failed,
            ExecutionStatus::TimedOut => Outcome::TimedOut,
            ExecutionStatus::Aborted => Outcome::Aborted,
            ExecutionStatus::Running | ExecutionStatus::Unknown => Outcome::Running,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed => "failed",
            Outcome::TimedOut => "timed_out",
            Outcome::Aborted => "aborted",
            Outcome::Running | Outcome::Waited => "running",
        }
    }
}

impl Report {
    fn input(&self) -> Value {
        let input = self.execution.input.as_deref().unwrap_or_default();
        serde_json::from_str(input).unwrap_or(Value::Null)
    }

    /// A value of the order.
    pub(super) fn value(&self, key: &str) -> Option<String> {
        let text = self.input()["parameters"][key].as_str().map(str::to_owned);
        text.filter(|text| !text.is_empty())
    }

    /// `Ok`: it is as was wanted.
    ///
    /// # Errors
    /// The end, where it is not good; a success whose outputs cannot be read.
    pub(crate) fn verdict(&self) -> Result<()> {
        let name = clean(&self.execution.name, LONGEST);
        let ended =
            |end, how: &str| Error::new(Class::Ended(end), format!("the execution `{name}` {how}"));
        let error = match self.outcome {
            Outcome::Succeeded => {
                return match &self.outputs {
                    Some(Err(error)) => Err(error.again()),
                    Some(Ok(_)) | None => Ok(()),
                };
            }
            Outcome::Running => return Ok(()),
            Outcome::Failed => ended(End::Failed, "failed"),
            Outcome::TimedOut => ended(
                End::Failed,
                "failed: it took longer than its state machine allows",
            ),
            Outcome::Aborted => ended(End::Stopped, "was stopped"),
            Outcome::Waited => {
                return Err(
                    ended(End::TimedOut, "goes on, and was not waited for any longer").hint(
                        format!(
                            "`baws-ci provision follow {}` goes on with it",
                            self.execution.arn
                        ),
                    ),
                );
            }
        };
        Err(self.explained(error))
    }

    fn explained(&self, error: Error) -> Error {
        let own = [&self.execution.error, &self.execution.cause];
        let own: Vec<String> = own
            .into_iter()
            .flatten()
            .filter(|text| !text.is_empty())
            .map(|text| super::event::plain_cause(text))
            .collect();
        let Some(diagnosis) = &self.diagnosis else {
            return match own.is_empty() {
                true => error,
                false => error.caused_by(Cause::line(own.join(": "))),
            };
        };
        let mut error = match &diagnosis.trouble {
            Some(trouble) => error.caused_by(Cause::line(line(trouble))),
            None if own.is_empty() => error,
            None => error.caused_by(Cause::line(own.join(": "))),
        };
        if let Some((phase, said)) = &diagnosis.phase {
            error = error.caused_by(Cause::line(format!(
                "the build failed in its phase {phase}: {said}"
            )));
        }
        for stack in &diagnosis.stacks {
            error = error.caused_by(Cause::line(format!(
                "the stack `{}`: `{}` ({}) {}: {}",
                stack.stack, stack.resource, stack.kind, stack.status, stack.reason
            )));
        }
        for more in &diagnosis.more {
            error = error.caused_by(Cause::line(more));
        }
        if let Some(link) = &diagnosis.link {
            error = error.hint(format!("the whole log of the build: {link}"));
        }
        match self.outcome {
            Outcome::Failed | Outcome::TimedOut | Outcome::Aborted => error
                .hint("once the reason is gone, the same command with --again starts it once more"),
            Outcome::Succeeded | Outcome::Running | Outcome::Waited => error,
        }
    }

    /// The end of the build's log, for people.
    pub(crate) fn log(&self) -> String {
        let Some(diagnosis) = self.diagnosis.as_ref().filter(|one| !one.log.is_empty()) else {
            return String::new();
        };
        let lines: String = diagnosis
            .log
            .iter()
            .map(|line| format!("  | {line}\n"))
            .collect();
        format!("The end of the build's log:\n{lines}")
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(Ok(outputs)) = &self.outputs {
            notes.extend(outputs.notes.clone());
            if outputs.values.is_empty() {
                notes.push(format!("no output begins with `{}`", self.prefix));
            }
        }
        notes.extend(self.diagnosis.iter().flat_map(|one| one.notes.clone()));
        notes
    }

    /// The sentence for an end that is good.
    pub(crate) fn sentence(&self) -> String {
        let name = clean(&self.execution.name, LONGEST);
        let count = match &self.outputs {
            Some(Ok(outputs)) => outputs.values.len(),
            Some(Err(_)) | None => 0,
        };
        match (self.outcome, self.started) {
            (Outcome::Running, true) => format!("Started `{name}`; its end is not waited for"),
            (Outcome::Running | Outcome::Waited, _) => format!(
                "`{name}` is under way since {}",
                utc(self.execution.started_ms / 1000)
            ),
            (Outcome::Succeeded, true) => format!("`{name}` succeeded, with {count} outputs"),
            (Outcome::Succeeded, false) => {
                format!("`{name}` has succeeded, with {count} outputs; nothing was started")
            }
            (Outcome::Failed | Outcome::TimedOut | Outcome::Aborted, _) => {
                format!("`{name}` {}", self.outcome.word())
            }
        }
    }

    /// The outputs, one a line.
    pub(crate) fn lines(&self) -> String {
        match &self.outputs {
            Some(Ok(outputs)) => outputs
                .values
                .iter()
                .map(|(name, value)| format!("{}={value}\n", kebab(name)))
                .collect(),
            Some(Err(_)) | None => String::new(),
        }
    }
}
