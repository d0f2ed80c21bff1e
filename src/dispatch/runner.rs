//! `runner` from the command line.

use std::path::Path;
use std::process::Command;

use super::gitlab::{API_TOKEN, api_token, connected, gitlab, region, secret_in};
use crate::aws::Aws;
use crate::cli::{
    DRAIN_SECS, InstallArgs, RegisterArgs, RunnerCommand, SWEEP_MINUTES, UninstallArgs,
};
use crate::error::{Error, Result};
use crate::executor::USUAL_STATE;
use crate::gitlab::Gitlab;
use crate::output::Output;
use crate::runner::{self, Change, Installation, Kept, Mode, Place, Replace, Wanted, When};
use crate::settings::Settings;

pub(super) fn runner(
    command: &RunnerCommand,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    match command {
        RunnerCommand::Register(arguments) => {
            let settings = Settings::load(config)?;
            super::runtime()?.block_on(register(arguments, config, &settings, output))
        }
        RunnerCommand::Install(arguments) => install(arguments, config, output),
        RunnerCommand::Uninstall(arguments) => uninstall(arguments, output),
    }
}

async fn register(
    arguments: &RegisterArgs,
    config: Option<&Path>,
    settings: &Settings,
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
        output.data(format!("{}\n", report.as_json(&wanted, &gitlab)));
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

fn install(arguments: &InstallArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    let settings = Settings::load(config)?;
    let wanted = Installation {
        drain_secs: arguments.drain_timeout,
        sweep_minutes: arguments.sweep_every,
        ..installation(&arguments.root, config, &settings)?
    };
    let mode = mode(arguments.dry_run);
    let changes = runner::install(&wanted, mode)?;
    tell(&changes, mode, arguments.json, output);
    switch(&wanted.root, When::Written, &changes, mode, output)
}

/// With the usual times.
pub(super) fn installation(
    root: &Path,
    config: Option<&Path>,
    settings: &Settings,
) -> Result<Installation> {
    let state = settings.executor.state_dir.clone();
    Ok(Installation {
        root: runner::absolute(root)?,
        program: runner::this_program()?,
        settings: config.map(runner::absolute).transpose()?,
        state: state.unwrap_or_else(|| USUAL_STATE.into()),
        drain_secs: DRAIN_SECS,
        sweep_minutes: SWEEP_MINUTES,
    })
}

fn uninstall(arguments: &UninstallArgs, output: &Output) -> Result<()> {
    let root = runner::absolute(&arguments.root)?;
    let mode = mode(arguments.dry_run);
    let planned = runner::uninstall(&root, Mode::DryRun)?;
    switch(&root, When::ToBeRemoved, &planned, mode, output)?;
    let changes = runner::uninstall(&root, mode)?;
    tell(&changes, mode, arguments.json, output);
    match changes.is_empty() {
        true => Ok(()),
        false => switch(&root, When::Removed, &changes, mode, output),
    }
}

fn mode(dry_run: bool) -> Mode {
    match dry_run {
        true => Mode::DryRun,
        false => Mode::Apply,
    }
}

fn tell(changes: &[Change], mode: Mode, json: bool, output: &Output) {
    match json {
        true => output.data(format!("{}\n", runner::changes_as_json(changes, mode))),
        false => changes
            .iter()
            .for_each(|change| output.data(change.line(mode) + "\n")),
    }
    for change in changes
        .iter()
        .filter(|change| change.did == runner::Did::Leave)
    {
        output.warning(format!(
            "`{}` was not written by this command, or was changed since: it is left as it is",
            change.path.display()
        ));
    }
}

/// Tells systemd, or the operator how.
pub(super) fn switch(
    root: &Path,
    when: When,
    changes: &[Change],
    mode: Mode,
    output: &Output,
) -> Result<()> {
    for words in runner::commands(when, changes) {
        let line = words.join(" ");
        match (runner::is_for_this_host(root), mode) {
            (true, Mode::Apply) => {
                let done = Command::new(words[0]).args(&words[1..]).output();
                let failed = |why: &str| {
                    Error::system(format!("`{line}` failed"))
                        .caused_by(crate::error::Cause::line(why))
                        .hint("the files are as they have to be; run it by hand")
                };
                let done = done.map_err(|error| failed(&error.to_string()))?;
                if !done.status.success() {
                    return Err(failed(String::from_utf8_lossy(&done.stderr).trim()));
                }
                output.status(format!("Ran `{line}`"));
            }
            (true, Mode::DryRun) => output.status(format!("Would run `{line}`")),
            (false, _) => output.status(format!("To do on the host itself: `{line}`")),
        }
    }
    Ok(())
}

fn wanted(arguments: &RegisterArgs, config: Option<&Path>) -> Result<Wanted> {
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
        settings: config.map(runner::absolute).transpose()?,
        token: token.transpose()?,
        replace: match arguments.replace {
            true => Replace::Yes,
            false => Replace::No,
        },
        mode: mode(arguments.dry_run),
    })
}
