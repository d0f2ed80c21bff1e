//! `runner` from the command line.

mod host;
mod work;

use std::path::Path;

pub(super) use host::units;

use super::gitlab::{API_TOKEN, api_token, connected, gitlab, region, secret_in};
use crate::aws::Aws;
use crate::cli::{RegisterArgs, RunnerCommand};
use crate::error::Result;
use crate::gitlab::Gitlab;
use crate::output::Output;
use crate::runner::{self, Change, Kept, Mode, Place, Replace, Wanted};
use crate::settings::{self, Settings};

pub(super) fn runner(
    command: &RunnerCommand,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    match command {
        RunnerCommand::Register(arguments) => {
            // It may write the settings.
            let installed = match arguments.install {
                true => host::install_first(arguments, config, output)?,
                false => Vec::new(),
            };
            let settings = Settings::load(config)?;
            super::runtime()?.block_on(register(arguments, config, &settings, &installed, output))
        }
        RunnerCommand::Install(arguments) => host::install(arguments, config, output),
        RunnerCommand::Uninstall(arguments) => host::uninstall(arguments, output),
        RunnerCommand::Drain(arguments) => {
            let settings = Settings::load(config)?;
            super::runtime()?.block_on(work::drain(arguments, &settings, output))
        }
        RunnerCommand::Status(arguments) => {
            let settings = Settings::load(config)?;
            work::status(arguments, &settings, output)
        }
    }
}

async fn register(
    arguments: &RegisterArgs,
    config: Option<&Path>,
    settings: &Settings,
    installed: &[Change],
    output: &Output,
) -> Result<()> {
    let wanted = wanted(arguments, config)?;
    let aws = match &arguments.admin_secret {
        Some(_) => {
            let region = region(arguments.region.as_deref())?;
            Some(Aws::connect(&settings.aws, None, &region).await)
        }
        None => None,
    };
    let kept = arguments.admin_secret.clone().zip(aws.as_ref());
    let kept = kept.map(|(name, aws)| Kept { aws, name });
    let gitlab: Gitlab = match &kept {
        Some(kept) => {
            let keys = runner::keys(kept.aws, &kept.name).await?;
            let token = api_token(&keys, &["PAT", API_TOKEN], &kept.name)
                .map_err(|error| error.hint("it needs the scope `create_runner` or `api`"))?;
            connected(&arguments.gitlab, settings, &token, output)?
        }
        None => gitlab(&arguments.gitlab, settings, output).await?,
    };
    let word = *output;
    let tell = move |text: String| word.status(text);
    let report = runner::register(&wanted, &gitlab, kept.as_ref(), &tell).await?;
    if arguments.json {
        let mut value = report.as_json(&wanted, &gitlab);
        value["files"] = runner::changes_as_json(installed, wanted.mode)["files"].take();
        output.data(format!("{value}\n"));
        return Ok(());
    }
    match (wanted.mode, report.id) {
        (Mode::DryRun, None) => output.data(format!("A runner `{}` would be made\n", wanted.name)),
        (Mode::DryRun, Some(id)) => output.data(format!("The runner {id} would be kept\n")),
        (Mode::Apply, _) => {}
    }
    match (wanted.mode, report.changed) {
        (Mode::DryRun, true) => output.data(runner::difference(&report, output.colour())),
        (Mode::DryRun | Mode::Apply, false) => {
            output.data(format!("`{}` is as it has to be\n", report.file.display()))
        }
        (Mode::Apply, true) => output.data(format!(
            "Registered `{}` as runner {}\n",
            wanted.name,
            report.id.unwrap_or_default()
        )),
    }
    Ok(())
}

fn mode(dry_run: bool) -> Mode {
    match dry_run {
        true => Mode::DryRun,
        false => Mode::Apply,
    }
}

fn wanted(arguments: &RegisterArgs, config: Option<&Path>) -> Result<Wanted> {
    let named = settings::named(config);
    let token = arguments.runner_token_file.as_ref();
    let token = token.map(|path| secret_in(path, "the runner's token"));
    Ok(Wanted {
        name: arguments.name.clone().unwrap_or_else(runner::usual_name),
        place: match (&arguments.group, &arguments.project) {
            (Some(path), _) => Place::Group(path.clone()),
            (None, Some(path)) => Place::Project(path.clone()),
            (None, None) => Place::Instance,
        },
        tags: arguments.tags.clone(),
        run_untagged: arguments.run_untagged || arguments.tags.is_empty(),
        locked: arguments.locked,
        protected: arguments.protected,
        maximum_timeout_secs: arguments.maximum_timeout,
        file: arguments.runner_config.clone(),
        concurrent: arguments.concurrent,
        program: runner::this_program()?,
        settings: named.as_deref().map(runner::absolute).transpose()?,
        token: token.transpose()?,
        replace: match arguments.replace {
            true => Replace::Yes,
            false => Replace::No,
        },
        mode: mode(arguments.dry_run),
    })
}
