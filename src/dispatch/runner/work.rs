//! `runner drain` and `runner status`.

use std::time::Duration;

use super::mode;
use crate::cli::{DrainArgs, RunnerStatusArgs};
use crate::dispatch::runtime;
use crate::docker::Engine;
use crate::error::{Error, Result};
use crate::executor;
use crate::gitlab::Gitlab;
use crate::output::Output;
use crate::runner::{self, Around, AtTheEnd, Contents, Drain, Helper, Known, Looked, RunningJob};
use crate::settings::Settings;

/// For one GitLab to say whether it knows a token.
const ANSWER: Duration = Duration::from_secs(8);

pub(super) async fn drain(
    arguments: &DrainArgs,
    settings: &Settings,
    output: &Output,
) -> Result<()> {
    let mode = mode(arguments.dry_run);
    let wanted = Drain {
        file: arguments.runner_config.clone(),
        patience: arguments.timeout.map(Duration::from_secs),
        at_the_end: match arguments.end_jobs {
            true => AtTheEnd::EndJobs,
            false => AtTheEnd::Leave,
        },
        mode,
    };
    let around = Around {
        jobs: &|| jobs(settings),
        tell: &|text| output.status(text),
    };
    let drained = runner::drain(&wanted, &around).await?;
    match arguments.json {
        true => output.data(format!("{}\n", drained.as_json(mode))),
        false if arguments.dry_run => {}
        false => output.data(drained.line() + "\n"),
    }
    Ok(())
}

pub(super) fn status(
    arguments: &RunnerStatusArgs,
    settings: &Settings,
    output: &Output,
) -> Result<()> {
    let contents = runner::registered(&arguments.runner_config)?;
    let status = runner::status(Looked {
        file: arguments.runner_config.clone(),
        known: runtime()?.block_on(known(&contents)),
        contents,
        jobs: jobs(settings)?,
        helper: helper(settings),
    })?;
    output.data(match arguments.json {
        true => format!("{}\n", status.as_json()),
        false => status.text(),
    });
    status.verdict()
}

fn jobs(settings: &Settings) -> Result<Vec<RunningJob>> {
    let of = |live: executor::LiveJob| {
        let job = live.job.as_ref();
        RunningJob {
            id: job.map(|job| job.id),
            project: job.and_then(|job| job.project.clone()),
            name: job.map(|job| job.name.clone()),
            key: live.key,
            runs_for: live.runs_for,
        }
    };
    Ok(executor::live(settings)?.into_iter().map(of).collect())
}

async fn known(contents: &Contents) -> Vec<Known> {
    let asked = contents.runners.iter().map(|one| async move {
        let asking = async {
            let gitlab = Gitlab::as_nobody(&one.url)?;
            gitlab.verify_runner(&one.token).await.map_err(Error::from)
        };
        match tokio::time::timeout(ANSWER, asking).await {
            Ok(Ok(Some(_))) => Known::Yes,
            Ok(Ok(None)) => Known::No,
            Ok(Err(error)) => Known::Unasked(error.message().to_owned()),
            Err(_) => Known::Unasked(format!("no answer within {} s", ANSWER.as_secs())),
        }
    });
    futures_util::future::join_all(asked).await
}

/// The engine brings a runtime of its own.
fn helper(settings: &Settings) -> (String, Helper) {
    let name = settings.executor.docker.helper_image.0.clone();
    let looked = Engine::connect(&settings.docker, None)
        .and_then(|engine| Ok(engine.block_on(engine.image(&name))?));
    let helper = match looked {
        Ok(Some(_)) => Helper::There,
        Ok(None) => Helper::Missing,
        Err(error) => Helper::Unasked(error.message().to_owned()),
    };
    (name, helper)
}
