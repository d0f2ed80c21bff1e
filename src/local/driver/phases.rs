//! The order of a job: prepare with its attempts, sources, script, what follows a script, and cleanup in any case.
//!
//! Source: gitlab-runner `common/build.go` `executeScript`, `retryCreateExecutor`, `attemptExecuteStage`.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use super::super::outcome::Failure;
use super::super::scripts::{self, Course};
use super::super::signals::Urgency;
use super::super::variables::Status;
use super::attempt::{Answer, Attempt};
use super::retry::repeated;
use super::steps::{after_script, keep, user_steps};
use super::{Ends, Run, Sink, system};
use crate::job::Identity;

const PREPARE_ATTEMPTS: u32 = 3;
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(3);
/// Source: gitlab-runner, `cleanup_exec_timeout`; an hour there, but nobody waits here so long.
const CLEANUP_TIME: Duration = Duration::from_secs(300);

pub(super) fn job(
    run: &mut Run<'_>,
    failed: &mut dyn FnMut(&Identity, &str),
) -> Result<(), Failure> {
    let ended = prepare(run).and_then(|mut attempt| {
        let ended = stages(run, &mut attempt);
        match &ended {
            Ok(()) | Err(Failure::Canceled) => {}
            Err(
                Failure::Script(_)
                | Failure::System(_)
                | Failure::JobTimeout
                | Failure::ScriptTimeout,
            ) => {
                failed(&run.identity(), &run.project_dir);
            }
        }
        cleanup(run, &attempt);
        ended
    });
    match &ended {
        Ok(()) => run.log.succeed("Job succeeded"),
        Err(Failure::Canceled) => run.log.fail("Job canceled"),
        Err(failure) => run.log.fail(&format!("Job failed: {}", failure.sentence())),
    }
    ended
}

/// `config` and `prepare`, up to three times; each attempt that fails is cleaned up at once.
fn prepare(run: &mut Run<'_>) -> Result<Attempt, Failure> {
    run.log.begin("prepare_executor", "Preparing the executor");
    let mut attempts = 1..=PREPARE_ATTEMPTS;
    let prepared = loop {
        let n = attempts.next().unwrap_or(PREPARE_ATTEMPTS);
        let mut attempt = Attempt::new(&run.task.payload).map_err(system)?;
        let failure = match config(run, &mut attempt).and_then(|()| {
            run.call(
                &attempt,
                "prepare",
                &["prepare".into()],
                Ends::Soft(None),
                Sink::Log,
            )
        }) {
            Ok(()) => break Ok(attempt),
            Err(failure) => failure,
        };
        cleanup(run, &attempt);
        match &failure {
            Failure::System(_) if n < PREPARE_ATTEMPTS => {}
            Failure::System(_)
            | Failure::Script(_)
            | Failure::JobTimeout
            | Failure::ScriptTimeout
            | Failure::Canceled => {
                break Err(failure);
            }
        }
        run.log
            .fail(&format!("Preparation failed: {}", failure.sentence()));
        run.log.say(&format!(
            "Trying again in {} s ({} of {PREPARE_ATTEMPTS})",
            BETWEEN_ATTEMPTS.as_secs(),
            n + 1
        ));
        run.driver.signals.wait(BETWEEN_ATTEMPTS);
        if run.driver.signals.urgency() != Urgency::None {
            break Err(Failure::Canceled);
        }
    };
    run.log.end("prepare_executor");
    prepared
}

fn config(run: &mut Run<'_>, attempt: &mut Attempt) -> Result<(), Failure> {
    let mut text = Vec::new();
    run.call(
        attempt,
        "config",
        &["config".into()],
        Ends::Soft(None),
        Sink::Keep(&mut text),
    )?;
    if !text.is_empty() {
        attempt.answer = serde_json::from_slice::<Answer>(&text).map_err(|error| {
            Failure::System(format!("the executor's configuration is not JSON: {error}"))
        })?;
    }
    let settings = &run.driver.settings.executor;
    let given = |answer: &Option<String>, else_is: &str| {
        answer
            .clone()
            .filter(|dir| !dir.is_empty())
            .unwrap_or_else(|| else_is.to_owned())
    };
    run.builds_dir = given(&attempt.answer.builds_dir, &settings.builds_dir);
    run.cache_dir = given(&attempt.answer.cache_dir, &settings.cache_dir);
    run.project_dir = super::carry::project_dir(run)?;
    run.log.mask(run.variables().masked());
    Ok(())
}

fn cleanup(run: &mut Run<'_>, attempt: &Attempt) {
    let ends = Ends::Only(Instant::now() + CLEANUP_TIME);
    if let Err(failure) = run.call(
        attempt,
        "cleanup",
        &[OsString::from("cleanup")],
        ends,
        Sink::Operator,
    ) {
        run.log.warn(&format!("cleanup: {}", failure.sentence()));
    }
}

/// Everything between `prepare` and `cleanup`.
fn stages(run: &mut Run<'_>, attempt: &mut Attempt) -> Result<(), Failure> {
    let text = run.script(|context| scripts::prepare(context, &run.task.sources));
    titled(run, "prepare_script", "Preparing environment", |run| {
        run.sub_stage(attempt, "prepare_script", &text, Ends::Soft(None))
    })?;
    let mut ended = sources(run, attempt);
    if let Err(Failure::Canceled | Failure::JobTimeout) = ended {
        return ended;
    }
    if ended.is_ok() {
        ended = user_steps(run, attempt);
        run.status = match &ended {
            Ok(()) => Status::Success,
            Err(Failure::Canceled) => Status::Canceled,
            Err(Failure::ScriptTimeout) => Status::TimedOut,
            Err(Failure::Script(_) | Failure::System(_) | Failure::JobTimeout) => Status::Failed,
        };
        if let Some(over) = run.is_over() {
            run.status = Status::Failed;
            return Err(over);
        }
        ended = after_script(run, attempt, ended);
    }
    if let Some(over) = run.is_over() {
        return Err(over);
    }
    let kept = keep(
        run,
        attempt,
        if ended.is_ok() {
            Course::Success
        } else {
            Course::Failure
        },
    );
    if let Some(over) = run.is_over() {
        return Err(over);
    }
    let text = run.script(scripts::cleanup);
    titled(
        run,
        "cleanup_file_variables",
        "Cleaning up file based variables",
        |run| {
            if let Err(failure) =
                run.sub_stage(attempt, "cleanup_file_variables", &text, Ends::Hard(None))
            {
                run.log
                    .warn(&format!("cleanup_file_variables: {}", failure.sentence()));
            }
            Ok(())
        },
    )?;
    ended.and(kept)
}

fn sources(run: &mut Run<'_>, attempt: &mut Attempt) -> Result<(), Failure> {
    titled(run, "get_sources", "Getting sources", |run| {
        let text = run.script(|context| scripts::get_sources(context, &run.task.sources));
        repeated(run, "GET_SOURCES_ATTEMPTS", |run, n| {
            if n == 2 {
                let clear = run.script(scripts::clear_worktree);
                run.sub_stage(attempt, "clear_worktree", &clear, Ends::Soft(None))?;
            }
            super::carry::work_tree(run)?;
            run.sub_stage(attempt, "get_sources", &text, Ends::Soft(None))
        })
    })?;
    let mut restore = None;
    run.script(|context| {
        restore = scripts::restore(context);
        String::new()
    });
    if let Some(text) = restore {
        titled(run, "restore_cache", "Restoring cache", |run| {
            repeated(run, "RESTORE_CACHE_ATTEMPTS", |run, _| {
                run.sub_stage(attempt, "restore_cache", &text, Ends::Soft(None))
            })
        })?;
    }
    if run.task.incoming.is_empty() {
        return Ok(());
    }
    let jobs: Vec<(u64, &str)> = run
        .task
        .incoming
        .iter()
        .map(|one| (one.id, one.name.as_str()))
        .collect();
    let text = run.script(|context| scripts::download(context, &jobs));
    titled(run, "download_artifacts", "Downloading artifacts", |run| {
        repeated(run, "ARTIFACT_DOWNLOAD_ATTEMPTS", |run, _| {
            super::carry::incoming(run)?;
            run.sub_stage(attempt, "download_artifacts", &text, Ends::Soft(None))
        })
    })
}

pub(super) fn titled<'a, T>(
    run: &mut Run<'a>,
    section: &str,
    title: &str,
    stage: impl FnOnce(&mut Run<'a>) -> T,
) -> T {
    run.log.begin(section, title);
    let ended = stage(run);
    run.log.end(section);
    ended
}
