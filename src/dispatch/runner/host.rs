//! `runner install` and `uninstall`: what the host's own programs have to know, and the helper image.

use std::path::Path;

use super::mode;
use crate::cli::{InstallArgs, RegisterArgs, UninstallArgs};
use crate::dispatch::images;
use crate::error::{Error, Result};
use crate::executor::USUAL_STATE;
use crate::output::Output;
use crate::runner::{self, Change, Installation, Mode, When};
use crate::settings::{self, DEFAULT_PATH, Settings};

pub(super) fn install(
    arguments: &InstallArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    let mode = mode(arguments.dry_run);
    let changes = installed(arguments, config, output)?;
    tell(&changes, mode, arguments.json, output);
    let root = runner::absolute(&arguments.root)?;
    switch(&root, When::Written, &changes, mode, output)
}

/// As `register --install` has it: with the usual times, on this very host.
pub(super) fn install_first(
    arguments: &RegisterArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<Vec<Change>> {
    let usual = InstallArgs::with(arguments);
    let mode = mode(arguments.dry_run);
    let mut changes = Vec::new();
    if let Some(name) = &arguments.import {
        changes.push(import(
            &arguments.runner_config,
            name,
            config,
            mode,
            output,
        )?);
    }
    changes.extend(installed(&usual, config, output)?);
    for change in &changes {
        output.status(change.line(mode));
    }
    left(&changes, output);
    switch(&usual.root, When::Written, &changes, mode, output)?;
    Ok(changes)
}

/// The units alone, with the usual times, for `doctor --fix`.
pub(in crate::dispatch) fn units(
    root: &Path,
    config: Option<&Path>,
    output: &Output,
) -> Result<Vec<Change>> {
    let changes = installed(&InstallArgs::usual(root), config, output)?;
    switch(root, When::Written, &changes, Mode::Apply, output)?;
    Ok(changes)
}

fn import(
    file: &Path,
    name: &str,
    config: Option<&Path>,
    mode: Mode,
    output: &Output,
) -> Result<Change> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Error::usage(format!("cannot read `{}`", file.display())).caused_by(error)
    })?;
    let imported = settings::import(&text, file, Some(name))?;
    let place = settings::named(config).unwrap_or_else(|| DEFAULT_PATH.into());
    let change = runner::first_settings(&runner::absolute(&place)?, &imported.text, mode)?;
    if change.did == runner::Did::Write {
        for (what, why) in &imported.dropped {
            output.warning(format!("left out: `{what}`: {why}"));
        }
    }
    Ok(change)
}

/// Files and the helper image; systemd is not told yet.
fn installed(
    arguments: &InstallArgs,
    config: Option<&Path>,
    output: &Output,
) -> Result<Vec<Change>> {
    let settings = Settings::load(config)?;
    let named = settings::named(config);
    let state = settings.executor.state_dir.clone();
    let root = runner::absolute(&arguments.root)?;
    let wanted = Installation {
        program: runner::this_program()?,
        settings: named.as_deref().map(runner::absolute).transpose()?,
        state: state.unwrap_or_else(|| USUAL_STATE.into()),
        drain_secs: arguments.drain_timeout,
        sweep_minutes: arguments.sweep_every,
        hook: arguments.lifecycle_hook.clone(),
        root,
    };
    let mode = mode(arguments.dry_run);
    let mut changes = Vec::new();
    let image = arguments.helper_image.as_deref();
    if let Some(image) = helper(image, config, mode, output)? {
        let file = wanted.settings.as_deref();
        let file = file.unwrap_or(Path::new(DEFAULT_PATH));
        let within = file.strip_prefix("/").unwrap_or(file);
        changes.push(runner::pin(&wanted.root.join(within), &image, mode)?);
    }
    changes.extend(runner::install(&wanted, mode)?);
    Ok(changes)
}

/// Pulled, or found, under a name that nothing moves. `None`: none was asked for.
fn helper(
    name: Option<&str>,
    config: Option<&Path>,
    mode: Mode,
    output: &Output,
) -> Result<Option<String>> {
    match (name, mode) {
        (Some(name), Mode::Apply) => images::pinned(name, config, output).map(Some),
        (Some(name), Mode::DryRun) => {
            output.status(format!(
                "Would see that `{name}` is here, and name it as `helper_image` by its digest"
            ));
            Ok(None)
        }
        (None, Mode::Apply | Mode::DryRun) => Ok(None),
    }
}

pub(super) fn uninstall(arguments: &UninstallArgs, output: &Output) -> Result<()> {
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

fn tell(changes: &[Change], mode: Mode, json: bool, output: &Output) {
    match json {
        true => output.data(format!("{}\n", runner::changes_as_json(changes, mode))),
        false => changes
            .iter()
            .for_each(|change| output.data(change.line(mode) + "\n")),
    }
    left(changes, output);
}

fn left(changes: &[Change], output: &Output) {
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
fn switch(root: &Path, when: When, changes: &[Change], mode: Mode, output: &Output) -> Result<()> {
    for words in runner::commands(when, changes) {
        let line = words.join(" ");
        match (runner::is_for_this_host(root), mode) {
            (true, Mode::Apply) => {
                runner::called(&words).map_err(|error| {
                    error.hint("the files are as they have to be; run it by hand")
                })?;
                output.status(format!("Ran `{line}`"));
            }
            (true, Mode::DryRun) => output.status(format!("Would run `{line}`")),
            (false, _) => output.status(format!("To do on the host itself: `{line}`")),
        }
    }
    Ok(())
}
