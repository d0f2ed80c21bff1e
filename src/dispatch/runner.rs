//! `runner register` from the command line.

use std::path::Path;
use std::process::Command;

use super::gitlab::{connected, gitlab, region};
use crate::aws::Aws;
use crate::cli::{InstallArgs, RegisterArgs, RunnerCommand, UninstallArgs};
use crate::error::{Error, Result};
use crate::gitlab::Gitlab;
use crate::job::Secret;
use crate::output::Output;
use crate::runner::{self, Change, Installation, Kept, Mode, Place, Replace, Switch, Wanted};
use crate::settings::Settings;

/// The executor's directory, where nobody chose another.
const STATE: &str = "/var/lib/baws-ci";

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
            let word = |key: &str| keys.get(key).and_then(|value| value.as_str());
            let token = [word("PAT"), word("apiToken")];
            let token = token.into_iter().flatten().find(|token| !token.is_empty());
            let token = token.ok_or_else(|| {
                Error::denied(format!("the secret `{}` has no `apiToken`", kept.name))
                    .hint("the operator puts a token for GitLab there, with the scope `create_runner` or `api`")
            })?;
            connected(&arguments.gitlab, settings, &Secret::new(token), output)?
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
    match (wanted.dry_run, report.id) {
        (true, None) => output.data(format!("A runner `{}` would be made\n", wanted.name)),
        (true, Some(id)) => output.data(format!("The runner {id} would be kept\n")),
        (false, _) => {}
    }
    match (wanted.dry_run, report.before == report.after) {
        (true, false) => output.data(runner::difference(&report, output.colour())),
        (true | false, true) => {
            output.data(format!("`{}` is as it has to be\n", report.file.display()))
        }
        (false, false) => output.data(format!(
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
        root: runner::absolute(&arguments.root)?,
        program: runner::this_program()?,
        settings: config.map(runner::absolute).transpose()?,
        state: settings
            .executor
            .state_dir
            .clone()
            .unwrap_or_else(|| STATE.into()),
        drain_secs: arguments.drain_timeout,
        sweep_minutes: arguments.sweep_every,
    };
    let mode = mode(arguments.dry_run);
    let changes = runner::install(&wanted, mode)?;
    tell(&changes, mode, arguments.json, output);
    switch(&wanted.root, Switch::On, mode, output)
}

fn uninstall(arguments: &UninstallArgs, output: &Output) -> Result<()> {
    let root = runner::absolute(&arguments.root)?;
    let mode = mode(arguments.dry_run);
    if !runner::uninstall(&root, Mode::DryRun)?.is_empty() {
        switch(&root, Switch::Off, mode, output)?;
    }
    let changes = runner::uninstall(&root, mode)?;
    tell(&changes, mode, arguments.json, output);
    Ok(())
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
fn switch(root: &Path, switch: Switch, mode: Mode, output: &Output) -> Result<()> {
    for words in runner::commands(switch) {
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
    let token = match &arguments.runner_token_file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Error::denied(format!(
                    "cannot read the runner's token in `{}`",
                    path.display()
                ))
                .caused_by(error)
            })?;
            Some(Secret::new(text.trim()))
        }
        None => None,
    };
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
        token,
        replace: match arguments.replace {
            true => Replace::Yes,
            false => Replace::No,
        },
        dry_run: arguments.dry_run,
    })
}
