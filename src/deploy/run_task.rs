//! `run-task`: one task beside the service, with its network and roles, such as a migration; done when its container is.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::end::Outcome;
use super::evidence;
use super::expected::{image_of, is_of_repository, meaning};
use super::place::{OneOff, Place, TroubleKind};
use super::preflight;
use super::request::OneOffRequest;
use super::result::StoppedTask;
use super::work::{Ended, Work};
use crate::image_ref::ImageRef;
use crate::rollout::{Definition, Task, clean};

/// Looks for which a task that was started may not be seen yet.
const UNSEEN_LOOKS: u32 = 15;
const UNANSWERED_LOOKS: u32 = 30;
const LOG_LINES: u32 = 200;
/// Source: ECS API reference, `RunTask`, `startedBy`: up to 128 letters, digits, hyphens and others.
const STARTED_BY: &str = "baws-ci";

pub(super) async fn run_task<P: Place>(
    work: &Work<'_, P>,
    request: &OneOffRequest,
) -> Result<Ended, Ended> {
    work.phase("preflight");
    let before = preflight::service(work).await?;
    let own = work
        .place
        .definition(&before.service.task_definition)
        .await?;
    let container = container(&own, request)?;
    let definition = definition(work, &own, &container, request).await?;
    work.so_far.write(|known| {
        known.image.clone_from(&request.image);
        known.container = Some(container.clone());
        known.task_definition_after = Some(definition.arn().to_owned());
    });
    let deadline = work.elapsed() + Duration::from_secs(request.timeout_secs);
    work.phase("start");
    let started = work
        .place
        .run(&OneOff {
            definition: definition.arn().to_owned(),
            container: container.clone(),
            command: request.command.clone(),
            environment: request.environment.clone(),
            client_token: token(work, request),
            started_by: STARTED_BY.to_owned(),
        })
        .await?;
    work.so_far
        .write(|known| known.deployment_id = Some(started.id().to_owned()));
    work.status(format!("task {} began", clean(started.id(), 80)));
    work.phase("rolling");
    match until_stopped(work, &started, deadline).await? {
        Some(task) => Ok(ended(work, &definition, &task, &container).await),
        None => {
            stop(work, &started, request.timeout_secs).await?;
            let log = evidence::lines_by(work, &definition, started.id(), &container, LOG_LINES);
            let log = log.await;
            work.so_far.write(|known| known.log = log);
            Ok(Ended::of(
                Outcome::TimedOut,
                format!(
                    "the task did not end within {} s, and was stopped",
                    request.timeout_secs
                ),
            ))
        }
    }
}

/// The container whose end is the task's.
fn container(definition: &Definition, request: &OneOffRequest) -> Result<String, Ended> {
    let image: Option<ImageRef> = request.image.as_deref().and_then(|text| text.parse().ok());
    let found = match (&request.container, &image) {
        (Some(name), _) => definition.images().find(|(one, _)| one == name),
        (None, Some(image)) => definition
            .images()
            .find(|(_, own)| is_of_repository(own, image)),
        (None, None) => definition.first_essential(),
    };
    found.map(|(name, _)| name.to_owned()).ok_or_else(|| {
        let names: Vec<String> = definition
            .images()
            .map(|(name, _)| format!("`{}`", clean(name, 80)))
            .collect();
        Ended::of(
            Outcome::Precondition,
            format!(
                "no container of the task definition fits; it has {}",
                names.join(", ")
            ),
        )
        .hint("say which one matters, with `--container NAME`")
    })
}

/// The service's own, or a copy of it with the image by its digest.
async fn definition<P: Place>(
    work: &Work<'_, P>,
    own: &Definition,
    container: &str,
    request: &OneOffRequest,
) -> Result<Definition, Ended> {
    let Some(text) = &request.image else {
        return Ok(own.clone());
    };
    let image = image_of(text)?;
    let found = meaning(work, &image).await?;
    let Some(found) = found else {
        return Err(Ended::of(
            Outcome::Precondition,
            format!("the digest of `{image}` is not known"),
        )
        .hint("give the image by its digest: `repository@sha256:…`"));
    };
    let pinned = format!("{}@{}", image.name(), found.digest);
    if own.has(container, &pinned) {
        return Ok(own.clone());
    }
    let copy = own.copy_with(&[(container.to_owned(), pinned)]);
    let arn = work.place.register(&copy).await?;
    Ok(work.place.definition(&arn).await?)
}

/// One name, one task. Source: ECS API reference, `RunTask`, `clientToken`: up to 64 characters.
fn token<P: Place>(work: &Work<'_, P>, request: &OneOffRequest) -> String {
    let seed = match &request.token {
        Some(name) => format!("named\0{}\0{name}", work.target),
        None => {
            let mut random = [0_u8; 16];
            if rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty()).is_err()
            {
                // The clock and the process tell runs apart too.
                random[..8].copy_from_slice(&work.elapsed_ms().to_le_bytes());
                random[8..12].copy_from_slice(&std::process::id().to_le_bytes());
            }
            format!("random\0{random:?}")
        }
    };
    crate::digest::hexadecimal(&Sha256::digest(seed.as_bytes()))
}

/// The stopped task; `None`: its time is over.
async fn until_stopped<P: Place>(
    work: &Work<'_, P>,
    started: &Task,
    deadline: Duration,
) -> Result<Option<Task>, Ended> {
    let (mut unseen, mut unanswered) = (0, 0);
    let mut last = String::new();
    loop {
        match work.place.task(&started.arn).await {
            Ok(Some(task)) => {
                unanswered = 0;
                if task.last_status != last {
                    last.clone_from(&task.last_status);
                    work.status(format!("the task is {}", clean(&last, 40).to_lowercase()));
                }
                if task.last_status == "STOPPED" {
                    return Ok(Some(task));
                }
            }
            Ok(None) => {
                unseen += 1;
                if unseen > UNSEEN_LOOKS {
                    return Err(Ended::of(
                        Outcome::Lost,
                        "the task is not there any more, and how it ended is not known",
                    ));
                }
            }
            Err(trouble)
                if trouble.kind == TroubleKind::Unavailable && unanswered < UNANSWERED_LOOKS =>
            {
                unanswered += 1;
            }
            Err(trouble) => return Err(trouble.into()),
        }
        if work.elapsed() >= deadline {
            return Ok(None);
        }
        work.pause().await;
    }
}

async fn stop<P: Place>(work: &Work<'_, P>, task: &Task, secs: u64) -> Result<(), Ended> {
    let reason = format!("baws-ci run-task: not over after {secs} s");
    Ok(work.place.stop_task(&task.arn, &reason).await?)
}

async fn ended<P: Place>(
    work: &Work<'_, P>,
    definition: &Definition,
    task: &Task,
    container: &str,
) -> Ended {
    let own = task.containers.iter().find(|one| one.name == container);
    let code = own.and_then(|one| one.exit_code);
    let log = evidence::lines_by(work, definition, task.id(), container, LOG_LINES).await;
    work.so_far.write(|known| {
        known.container_exit_code = code;
        known.log.clone_from(&log);
        known.digests_observed = own
            .and_then(|one| one.image_digest.clone())
            .into_iter()
            .collect();
        if code != Some(0) {
            known.stopped_tasks = vec![StoppedTask {
                task: clean(task.id(), 80),
                container: Some(container.to_owned()),
                stop_code: task.stop_code.clone(),
                reason: evidence::reasons(task, own),
                exit_code: code,
                log,
            }];
        }
    });
    match code {
        Some(0) => Ended::of(Outcome::Ok, String::new()),
        Some(code) => Ended::of(
            Outcome::TaskFailed,
            format!("the container `{container}` ended with exit code {code}"),
        ),
        None => Ended::of(
            Outcome::TaskFailed,
            format!("the container `{container}` never ran"),
        ),
    }
}
