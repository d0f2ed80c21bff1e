//! From the command line to one call of a room, and from its result to the exit code. The only place that reports errors.
//!
//! Refuses to know how anything is done. Read next: `executor`, for what the runner calls.

mod audit;
mod audited;
mod auth;
mod bootstrap;
mod build_request;
mod credential;
mod desk;
mod doctor;
mod envelope;
mod executor;
mod features;
mod fleet;
mod gitlab;
mod image;
mod images;
mod on_laptop;
mod provision;
mod push_options;
mod report;
mod roles;
mod runner;
mod services;
mod template;
mod words;

use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{AuditCommand, Cli, Command, SettingsCommand};
use crate::error::{Class, Error, Result};
use crate::local;
use crate::output::Output;
use crate::settings::{self, Settings};

pub(crate) fn dispatch() -> ExitCode {
    if is_called("agent") {
        return live_as_agent();
    }
    if is_called(crate::doctor::PROBE) {
        return match crate::doctor::probe() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
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
        Command::Executor(command) => executor::executor(&command, config),
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
        Command::Doctor(arguments) => {
            let output = Output::for_people();
            finish(&output, doctor::doctor(&arguments, config, &output))
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
        Command::Provision(command) => {
            let output = Output::for_people();
            finish(&output, provision::provision(&command, config, &output))
        }
        Command::Auth(command) => {
            let output = Output::for_people();
            finish(&output, auth::auth(&command, config, &output))
        }
        Command::Settings(command) => {
            let output = Output::for_people();
            finish(&output, show_settings(&command, config, &output))
        }
        Command::Completions(arguments) => {
            let output = Output::for_people();
            finish(&output, words::completions(&arguments, &output))
        }
        Command::Manual(arguments) => {
            let output = Output::for_people();
            finish(&output, words::manual(&arguments, &output))
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
