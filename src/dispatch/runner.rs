//! `runner register` from the command line.

use std::path::Path;

use super::gitlab::{connected, gitlab, region};
use crate::aws::Aws;
use crate::cli::{RegisterArgs, RunnerCommand};
use crate::error::{Error, Result};
use crate::gitlab::Gitlab;
use crate::job::Secret;
use crate::output::Output;
use crate::runner::{self, Kept, Place, Replace, Wanted};
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
        (true, false) => output.data(runner::difference(&report)),
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
