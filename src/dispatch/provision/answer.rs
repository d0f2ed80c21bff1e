//! What is told while an execution is followed, and what is printed and written at its end.

use std::path::Path;

use serde_json::{Value, json};

use super::work::Started;
use crate::aws::{Aws, Execution, ExecutionStatus, Stack};
use crate::cli::ProvisionReportArgs;
use crate::error::{Error, Result};
use crate::output::Output;
use crate::provision::{Choice, Followed, Outcome, Report, Sent, application, diagnose, outputs};

pub(super) struct Answer<'a> {
    json: bool,
    quiet: bool,
    output_file: Option<&'a Path>,
    outputs_file: Option<&'a Path>,
    prefix: &'a str,
    output: Output,
}

impl<'a> Answer<'a> {
    pub(super) fn of(arguments: &'a ProvisionReportArgs, prefix: &'a str, output: &Output) -> Self {
        Answer {
            json: arguments.json,
            quiet: arguments.quiet,
            output_file: arguments.output.as_deref(),
            outputs_file: arguments.outputs_file.as_deref(),
            prefix,
            output: *output,
        }
    }

    pub(super) fn silent(json: bool, prefix: &'a str, output: &Output) -> Self {
        Answer {
            json,
            quiet: true,
            output_file: None,
            outputs_file: None,
            prefix,
            output: *output,
        }
    }

    /// The same, without what happened on the way.
    pub(super) fn quieter(&self) -> Answer<'a> {
        Answer {
            quiet: true,
            ..*self
        }
    }

    pub(super) fn teller(&self) -> impl Fn(String) + Sync + use<> {
        let (quiet, output) = (self.quiet, self.output);
        move |text| {
            if !quiet {
                output.status(text);
            }
        }
    }

    pub(super) fn line(&self, text: String) {
        self.teller()(text);
    }

    /// What would be done.
    pub(super) fn plan(&self, machine: &str, sent: &Sent, choice: &Choice) {
        let (would, name) = match choice {
            Choice::Start(name) => ("start", name),
            Choice::Join(execution) => ("follow", &execution.name),
            Choice::Done(execution) => ("nothing", &execution.name),
            Choice::Failed(execution) => ("refuse", &execution.name),
        };
        if self.json {
            let plan = json!({
                "schema": "baws-ci/provision-plan/1",
                "would": would,
                "stateMachineArn": machine,
                "name": name,
                "input": sent.input,
            });
            return self.output.data(format!("{plan}\n"));
        }
        let sentence = match choice {
            Choice::Start(name) => format!("`{name}` would be started"),
            Choice::Join(_) => format!("`{name}` is under way, and would be followed"),
            Choice::Done(_) => format!("`{name}` was carried out; nothing would be started"),
            Choice::Failed(_) => {
                format!("`{name}` has failed; it would be started again with --again")
            }
        };
        self.output
            .data(format!("{sentence}\n{machine}\n{:#}\n", sent.input));
    }

    /// All that is known of it.
    pub(super) async fn report(&self, aws: &Aws, followed: Followed, started: Started) -> Report {
        let outcome = followed.outcome;
        let diagnosis = match outcome {
            Outcome::Failed | Outcome::TimedOut | Outcome::Aborted => {
                Some(diagnose(aws, &followed.execution, &followed.troubles).await)
            }
            Outcome::Succeeded | Outcome::Running | Outcome::Waited => None,
        };
        let mut report = self.plain(followed.execution);
        report.outcome = outcome;
        report.started = started == Started::Yes;
        report.diagnosis = diagnosis;
        report
    }

    /// What it says itself.
    pub(super) fn plain(&self, execution: Execution) -> Report {
        let outcome = Outcome::of(execution.status);
        Report {
            outputs: (outcome == Outcome::Succeeded)
                .then(|| outputs(execution.output.as_deref(), self.prefix)),
            execution,
            outcome,
            started: false,
            prefix: self.prefix.to_owned(),
            diagnosis: None,
        }
    }

    /// # Errors
    /// The end, where it is not good; a file that cannot be written.
    pub(super) async fn close(
        &self,
        aws: &Aws,
        followed: Followed,
        started: Started,
    ) -> Result<()> {
        let report = self.report(aws, followed, started).await;
        self.finish(&report)
    }

    pub(super) fn finish(&self, report: &Report) -> Result<()> {
        self.output.pass_words(report.log().as_bytes());
        for note in report.notes() {
            self.output.warning(note);
        }
        let verdict = report.verdict();
        if verdict.is_ok() || report.outcome == Outcome::Succeeded {
            self.output.status(report.sentence());
        }
        match self.json {
            true => self.output.data(format!("{}\n", report.as_json())),
            false => self.output.data(report.lines()),
        }
        if let Some(path) = self.output_file {
            put(path, &report.as_json())?;
        }
        if let (Some(path), Ok(()), Outcome::Succeeded) =
            (self.outputs_file, &verdict, report.outcome)
        {
            put(path, &application(report))?;
        }
        verdict
    }

    pub(super) fn told_as_stopped(&self, execution: Execution) {
        let name = execution.name.clone();
        let was = execution.status == ExecutionStatus::Aborted;
        let report = self.plain(execution);
        match (self.json, was) {
            (true, _) => self.output.data(format!("{}\n", report.as_json())),
            (false, true) => self.output.status(format!("Stopped `{name}`")),
            (false, false) => self.output.status(report.sentence()),
        }
    }

    /// # Errors
    /// `Precondition` where it has none.
    pub(super) fn outputs_of(&self, execution: Execution) -> Result<()> {
        let report = self.plain(execution);
        if report.outcome != Outcome::Succeeded {
            let sentence = report.sentence();
            return Err(
                Error::precondition(format!("there are no outputs: {sentence}"))
                    .hint("`baws-ci provision follow` waits for the end, and tells why it is none"),
            );
        }
        self.finish(&report)
    }

    /// # Errors
    /// A file that cannot be written.
    pub(super) fn stack(&self, stack: &Stack, order: (Value, Vec<String>)) -> Result<()> {
        let (order, notes) = order;
        notes.iter().for_each(|note| self.output.warning(note));
        let values = &order["catalog"]["outputs"][0]["values"];
        let told = json!({
            "schema": "baws-ci/provision-stack/1", "stack": stack.name, "status": stack.status, "outputs": values,
        });
        match self.json {
            true => self.output.data(format!("{told}\n")),
            false => {
                for (name, value) in values.as_object().into_iter().flatten() {
                    self.output
                        .data(format!("{name}={}\n", value.as_str().unwrap_or_default()));
                }
            }
        }
        if let Some(path) = self.output_file {
            put(path, &told)?;
        }
        match self.outputs_file {
            Some(path) => put(path, &order),
            None => Ok(()),
        }
    }
}

fn put(path: &Path, value: &Value) -> Result<()> {
    std::fs::write(path, format!("{value:#}\n")).map_err(|error| {
        Error::usage(format!("cannot write `{}`", path.display()))
            .caused_by(error)
            .hint("the work is done all the same; name a file in a directory that can be written")
    })
}
