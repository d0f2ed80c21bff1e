//! `executor` from the command line: the four stages, which answer with the runner's own two codes, and what operators call.

use std::path::Path;
use std::process::ExitCode;

use super::{audit, desk, finish, image};
use crate::cache::Mode;
use crate::cli::ExecutorCommand;
use crate::error::{Class, Error, Result};
use crate::executor::{self, Outcome, RunnerCodes};
use crate::job::Stage;
use crate::output::Output;
use crate::settings::Settings;

pub(super) fn executor(command: &ExecutorCommand, config: Option<&Path>) -> ExitCode {
    let (output, settings) = (Output::for_people(), || Settings::load(config));
    match command {
        ExecutorCommand::Sweep { dry_run } => {
            let mode = match dry_run {
                true => Mode::DryRun,
                false => Mode::Remove,
            };
            finish(
                &output,
                settings().and_then(|settings| sweep(&settings, mode, &output)),
            )
        }
        ExecutorCommand::Guard => {
            let set = settings().and_then(|settings| executor::guard(&settings, &output));
            finish(&output, set)
        }
        ExecutorCommand::Explain { job, json } => {
            let told = settings().and_then(|own| executor::explain(&own, job, *json, &output));
            finish(&output, told)
        }
        ExecutorCommand::Report(arguments) => {
            let told = settings().and_then(|own| super::report::report(arguments, &own, &output));
            finish(&output, told)
        }
        ExecutorCommand::Config => in_job(&JobStage::Config, config),
        ExecutorCommand::Prepare => in_job(&JobStage::Prepare, config),
        ExecutorCommand::Start => in_job(&JobStage::Start, config),
        ExecutorCommand::Run { script, stage } => in_job(&JobStage::Run { script, stage }, config),
        ExecutorCommand::Cleanup => in_job(&JobStage::Cleanup, config),
    }
}

fn sweep(settings: &Settings, mode: Mode, output: &Output) -> Result<()> {
    if mode == Mode::Remove {
        audit::settle(settings, executor::state(settings), output);
        audit::settle(settings, image::callers_state(), output);
    }
    executor::sweep(settings, mode, output)
}

/// What the runner calls.
enum JobStage<'a> {
    Config,
    Prepare,
    Start,
    Run { script: &'a Path, stage: &'a str },
    Cleanup,
}

/// One stage of a job, called by the runner.
fn in_job(stage: &JobStage<'_>, config: Option<&Path>) -> ExitCode {
    let output = match stage {
        JobStage::Config | JobStage::Prepare | JobStage::Run { .. } => Output::for_job_log(),
        JobStage::Start | JobStage::Cleanup => Output::plain(),
    };
    let codes = match RunnerCodes::from_environment() {
        Ok(codes) => codes,
        Err(error) => return finish(&output, Err(error)),
    };
    report_panics(codes.system());
    let deaf = |error| Error::system("cannot listen for signals").caused_by(error);
    if let Err(error) = crate::agent::disregard_bystanders() {
        output.error(&deaf(error));
        return codes.of(Class::System);
    }
    let result = Settings::load(config).and_then(|settings| match stage {
        JobStage::Config => executor::config(&settings).map(|answer| {
            output.data(answer);
            Outcome::Done
        }),
        JobStage::Prepare => {
            let early = crate::agent::Early::exits_with(codes.system()).map_err(deaf)?;
            executor::prepare(&settings, config, early, &output).map(|()| Outcome::Done)
        }
        JobStage::Start => executor::start(&settings).map(|()| Outcome::Done),
        JobStage::Run { script, stage } => {
            let stage = Stage::new(stage);
            let open = |visitor| -> Box<dyn crate::broker::Desk> {
                Box::new(desk::JobDesk::of(visitor, &settings))
            };
            executor::run(&settings, script, &stage, &codes, &output, &open)
        }
        JobStage::Cleanup => {
            let cleaned = executor::cleanup(&settings, &output);
            audit::settle(&settings, executor::state(&settings), &output);
            cleaned.map(|()| Outcome::Done)
        }
    });
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Failed(_) | Outcome::Cancelled) => codes.build(),
        Err(error) => {
            output.error(&error);
            codes.of(error.class())
        }
    }
}

/// A panic is our bug, never the job's: it ends with the runner's code for system failures.
#[expect(
    clippy::exit,
    reason = "the only way out of a panic hook with a code of our choice"
)]
fn report_panics(code: u8) {
    std::panic::set_hook(Box::new(move |panic| {
        let error = Error::system("internal error: this is a bug of baws-ci")
            .caused_by(crate::error::Cause::line(panic))
            .hint("please report it with this text");
        Output::plain().error(&error);
        std::process::exit(code.into());
    }));
}
