//! From the command line to one call of a room, and from its result to the exit code. The only place that reports errors.
//!
//! Refuses to know how anything is done. Under the runner the stages answer with the runner's own two codes.

mod audit;
mod audited;
mod auth;
mod bootstrap;
mod build_request;
mod credential;
mod desk;
mod envelope;
mod features;
mod fleet;
mod gitlab;
mod image;
mod images;
mod on_laptop;
mod push_options;
mod roles;
mod runner;
mod services;
mod template;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::cache::Mode;
use crate::cli::{AuditCommand, Cli, Command, ExecutorCommand, SettingsCommand};
use crate::error::{Class, Error, Result};
use crate::executor::{self, Outcome, RunnerCodes};
use crate::job::Stage;
use crate::local;
use crate::output::Output;
use crate::settings::{self, Settings};

pub(crate) fn dispatch() -> ExitCode {
    if is_called("agent") {
        return live_as_agent();
    }
    if is_called(credential::NAME) {
        return credential::serve(&Output::for_people());
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let config = cli.config.as_deref();
    match cli.command {
        Command::Executor(ExecutorCommand::Sweep { dry_run }) => {
            let mode = if dry_run { Mode::DryRun } else { Mode::Remove };
            let output = Output::for_people();
            finish(
                &output,
                Settings::load(config).and_then(|settings| {
                    if mode == Mode::Remove {
                        audit::settle(&settings, executor::state(&settings), &output);
                        audit::settle(&settings, image::callers_state(), &output);
                    }
                    executor::sweep(&settings, mode, &output)
                }),
            )
        }
        Command::Executor(ExecutorCommand::Guard) => {
            let output = Output::for_people();
            let settings = Settings::load(config);
            let set = settings.and_then(|settings| executor::guard(&settings, &output));
            finish(&output, set)
        }
        Command::Executor(ExecutorCommand::Explain { job, json }) => {
            let output = Output::for_people();
            let settings = Settings::load(config);
            let told = settings.and_then(|own| executor::explain(&own, &job, json, &output));
            finish(&output, told)
        }
        Command::Executor(stage) => in_job(&stage, config),
        Command::Local(asked) => {
            let output = Output::for_people();
            let run =
                |it: local::Request| local::run(&it, &Settings::load(config)?, config, &output);
            finish(&output, on_laptop::request(asked).and_then(run))
        }
        Command::Build(arguments) => {
            let output = Output::for_people();
            finish(&output, image::build(&arguments, config, &output))
        }
        Command::Push(arguments) => {
            let output = Output::for_people();
            finish(&output, image::push(&arguments, config, &output))
        }
        Command::Promote(arguments) => {
            let output = Output::for_people();
            finish(&output, image::promote(&arguments, config, &output))
        }
        Command::Images(arguments) => {
            let output = Output::for_people();
            finish(&output, images::images(&arguments, config, &output))
        }
        Command::Deploy(arguments) => {
            let output = Output::for_people();
            finish(&output, services::deploy(&arguments, config, &output))
        }
        Command::Restart(arguments) => {
            let output = Output::for_people();
            finish(&output, services::restart(&arguments, config, &output))
        }
        Command::Start(arguments) => {
            let output = Output::for_people();
            finish(&output, services::start(&arguments, config, &output))
        }
        Command::Stop(arguments) => {
            let output = Output::for_people();
            finish(&output, services::stop(&arguments, config, &output))
        }
        Command::Rollback(arguments) => {
            let output = Output::for_people();
            finish(&output, services::rollback(&arguments, config, &output))
        }
        Command::Status(arguments) => {
            let output = Output::for_people();
            finish(&output, services::status(&arguments, config, &output))
        }
        Command::RunTask(arguments) => {
            let output = Output::for_people();
            finish(&output, services::run_task(&arguments, config, &output))
        }
        Command::Runner(command) => {
            let output = Output::for_people();
            finish(&output, runner::runner(&command, config, &output))
        }
        Command::Audit(AuditCommand::List(arguments)) => {
            let output = Output::for_people();
            finish(&output, audit::list(&arguments, config, &output))
        }
        Command::Template(command) => {
            let output = Output::for_people();
            finish(&output, template::template(&command, config, &output))
        }
        Command::BootstrapRepo(arguments) => {
            let output = Output::for_people();
            finish(&output, bootstrap::bootstrap(&arguments, config, &output))
        }
        Command::Auth(command) => {
            let output = Output::for_people();
            finish(&output, auth::auth(&command, config, &output))
        }
        Command::Settings(command) => {
            let output = Output::for_people();
            finish(&output, show_settings(&command, config, &output))
        }
    }
}

/// One stage of a job, called by the runner.
fn in_job(stage: &ExecutorCommand, config: Option<&Path>) -> ExitCode {
    let output = match stage {
        ExecutorCommand::Config | ExecutorCommand::Prepare | ExecutorCommand::Run { .. } => {
            Output::for_job_log()
        }
        ExecutorCommand::Start
        | ExecutorCommand::Cleanup
        | ExecutorCommand::Guard
        | ExecutorCommand::Sweep { .. }
        | ExecutorCommand::Explain { .. } => Output::plain(),
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
        ExecutorCommand::Config => executor::config(&settings).map(|answer| {
            output.data(answer);
            Outcome::Done
        }),
        ExecutorCommand::Prepare => {
            let early = crate::agent::Early::exits_with(codes.system()).map_err(deaf)?;
            executor::prepare(&settings, config, early, &output).map(|()| Outcome::Done)
        }
        ExecutorCommand::Start => executor::start(&settings).map(|()| Outcome::Done),
        ExecutorCommand::Run { script, stage } => {
            let stage = Stage::new(stage);
            let open = |visitor| -> Box<dyn crate::broker::Desk> {
                Box::new(desk::JobDesk::of(visitor, &settings))
            };
            executor::run(&settings, script, &stage, &codes, &output, &open)
        }
        // The last three have been dispatched before.
        ExecutorCommand::Cleanup
        | ExecutorCommand::Guard
        | ExecutorCommand::Sweep { .. }
        | ExecutorCommand::Explain { .. } => {
            let cleaned = executor::cleanup(&settings);
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

fn show_settings(command: &SettingsCommand, config: Option<&Path>, output: &Output) -> Result<()> {
    match command {
        SettingsCommand::Explain => output.data(settings::explain()),
        SettingsCommand::Import { file, runner } => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                Error::usage(format!("cannot read `{}`", file.display())).caused_by(error)
            })?;
            let imported = settings::import(&text, file, runner.as_deref())?;
            for (what, why) in &imported.dropped {
                output.warning(format!("left out: `{what}`: {why}"));
            }
            output.data(imported.text);
        }
        SettingsCommand::Show => {
            let settings = Settings::load(config)?;
            output
                .data(toml::to_string(&settings).map_err(|error| {
                    Error::system("cannot write the settings").caused_by(error)
                })?);
        }
    }
    Ok(())
}

fn finish(output: &Output, result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.message().is_empty() {
                output.error(&error);
            }
            error.class().exit_code()
        }
    }
}

/// clap's own texts; `--help` and `--version` are no errors.
fn usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        Ok(()) | Err(_) if !error.use_stderr() => ExitCode::SUCCESS,
        Ok(()) | Err(_) => Class::Usage.exit_code(),
    }
}

/// For calls to AWS, where no engine brings its own.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::system("cannot start the runtime for calls").caused_by(error))
}

/// The containers of a job start this program under another name, and so does Docker.
fn is_called(name: &str) -> bool {
    std::env::args_os().next().is_some_and(|called| {
        Path::new(&called)
            .file_name()
            .is_some_and(|called| called == name)
    })
}

fn live_as_agent() -> ExitCode {
    match crate::agent::live() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let error = Error::system("the agent in this container cannot live").caused_by(error);
            Output::plain().error(&error);
            ExitCode::FAILURE
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
