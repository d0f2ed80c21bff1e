//! `runner drain` and `runner status`.

use std::time::Duration;

use futures_util::future::{Either, select};

use super::mode;
use crate::aws::{Aws, Instance, Leaving};
use crate::cli::{DrainArgs, RunnerStatusArgs};
use crate::dispatch::runtime;
use crate::docker::Engine;
use crate::error::{Error, Result};
use crate::executor;
use crate::gitlab::Gitlab;
use crate::output::Output;
use crate::runner::{
    self, Around, AtTheEnd, Completed, Contents, Drain, Helper, Hook, Known, Looked, Mode,
    RunningJob,
};
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
    let instance = match arguments.when_leaving || arguments.lifecycle_hook.is_some() {
        true => Some(instance().await?),
        false => None,
    };
    if let (true, Some(instance)) = (arguments.when_leaving, &instance) {
        output.status(match runner::until_leaving(instance).await {
            Leaving::Group => "Its Auto Scaling group ends this instance".to_owned(),
            Leaving::Spot(at) => format!("AWS wants this spot instance back at {at}"),
        });
    }
    let (hook, unheard) = match arguments.lifecycle_hook.as_deref().zip(instance.as_ref()) {
        Some((name, instance)) => {
            let aws = Aws::connect(&settings.aws, None, &instance.region).await;
            match Hook::of(aws, instance, name).await {
                Ok(hook) => (Some(hook), None),
                // A host that has to go drains, whatever its group can be told.
                Err(error) if arguments.when_leaving => (None, Some(error)),
                Err(error) => return Err(error),
            }
        }
        None => (None, None),
    };
    let drained = match (&hook, mode) {
        (Some(hook), Mode::Apply) => {
            let drained = Box::pin(runner::drain(&wanted, &around));
            match select(drained, Box::pin(hook.keep(around.tell))).await {
                Either::Left((drained, _)) => drained?,
                Either::Right((never, _)) => match never {},
            }
        }
        (Some(_), Mode::DryRun) | (None, _) => runner::drain(&wanted, &around).await?,
    };
    let completed = match (&hook, mode) {
        (Some(hook), Mode::Apply) => Some(hook.complete().await?),
        (Some(_), Mode::DryRun) | (None, _) => None,
    };
    match &completed {
        Some(Completed::Yes) => output.status("The life-cycle hook is completed"),
        Some(Completed::NotWaiting(state)) => output.status(format!(
            "The group does not wait for this instance ({state}): its hook is left as it is"
        )),
        None => {}
    }
    match arguments.json {
        true => {
            let mut value = drained.as_json(mode);
            value["hook_completed"] = completed.map(|done| done == Completed::Yes).into();
            output.data(format!("{value}\n"));
        }
        false if arguments.dry_run => {}
        false => output.data(drained.line() + "\n"),
    }
    unheard.map_or(Ok(()), Err)
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

async fn instance() -> Result<Instance> {
    Instance::of_this_host().await.ok_or_else(|| {
        Error::precondition("this host does not know itself as an EC2 instance")
            .hint("its metadata (IMDSv2) have to be switched on; elsewhere leave --lifecycle-hook and --when-leaving away")
    })
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
