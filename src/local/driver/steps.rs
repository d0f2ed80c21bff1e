//! The script, and what follows a script whatever became of it: `after_script`, cache, artifacts.

use std::time::{Duration, Instant};

use super::super::outcome::Failure;
use super::super::scripts::{self, Course};
use super::attempt::Attempt;
use super::phases::titled;
use super::retry::duration;
use super::{Ends, Run};
use crate::job::Step;

/// Source: gitlab-runner, `RUNNER_AFTER_SCRIPT_TIMEOUT`.
const AFTER_SCRIPT_TIME: Duration = Duration::from_secs(300);

/// The script and further steps; the first that fails is the last.
pub(super) fn user_steps(run: &mut Run<'_>, attempt: &mut Attempt) -> Result<(), Failure> {
    let own = run
        .variables()
        .get("RUNNER_SCRIPT_TIMEOUT")
        .and_then(duration)
        .map(|time| Instant::now() + time);
    let steps: Vec<&Step> = run
        .task
        .response
        .steps
        .iter()
        .filter(|step| step.name != "after_script")
        .collect();
    for step in steps.into_iter().filter(|step| !step.script.is_empty()) {
        // gitlab-runner renames this one for the custom executor.
        let stage = if step.name == "script" {
            "build_script".to_owned()
        } else {
            format!("step_{}", step.name.to_lowercase())
        };
        let text = run.script(|context| scripts::step(context, &step.script));
        let title = if step.name == "script" {
            "Executing the job script".to_owned()
        } else {
            format!("Executing step {}", step.name)
        };
        titled(
            run,
            &format!("step_{}", step.name.to_lowercase()),
            &title,
            |run| run.sub_stage(attempt, &stage, &text, Ends::Soft(own)),
        )?;
    }
    Ok(())
}

/// Runs whatever became of the script; what it does counts only if the job says so.
pub(super) fn after_script(
    run: &mut Run<'_>,
    attempt: &mut Attempt,
    ended: Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(step) = run
        .task
        .response
        .steps
        .iter()
        .find(|step| step.name == "after_script" && !step.script.is_empty())
    else {
        return ended;
    };
    let text = run.script(|context| scripts::step(context, &step.script));
    let variables = run.variables();
    let time = variables
        .get("RUNNER_AFTER_SCRIPT_TIMEOUT")
        .and_then(duration)
        .unwrap_or(AFTER_SCRIPT_TIME);
    let after = titled(run, "after_script", "Running after_script", |run| {
        run.sub_stage(
            attempt,
            "after_script",
            &text,
            Ends::Hard(Some(Instant::now() + time)),
        )
    });
    match after {
        Err(failure)
            if variables.get("AFTER_SCRIPT_IGNORE_ERRORS") == Some("false")
                && failure != Failure::ScriptTimeout =>
        {
            ended.and(Err(failure))
        }
        Err(failure) => {
            run.log.warn(&format!(
                "after_script failed, but the job goes on: {}",
                failure.sentence()
            ));
            ended
        }
        Ok(()) => ended,
    }
}

/// Cache and artifacts. A failure here fails a job that was green so far.
pub(super) fn keep(
    run: &mut Run<'_>,
    attempt: &mut Attempt,
    course: Course,
) -> Result<(), Failure> {
    let (mut archive, mut upload) = (None, None);
    run.script(|context| {
        archive = scripts::archive(context, course);
        upload = scripts::upload(context, course).filter(|_| run.task.outgoing.is_some());
        String::new()
    });
    let (cache_stage, upload_stage) = match course {
        Course::Success => ("archive_cache", "upload_artifacts_on_success"),
        Course::Failure => ("archive_cache_on_failure", "upload_artifacts_on_failure"),
    };
    let mut kept = Ok(());
    if let Some(text) = archive {
        kept = titled(run, cache_stage, "Saving cache", |run| {
            run.sub_stage(attempt, cache_stage, &text, Ends::Hard(None))
        });
    }
    if let Some(text) = upload
        && run.is_over().is_none()
    {
        kept = kept.and(titled(run, upload_stage, "Uploading artifacts", |run| {
            run.sub_stage(attempt, upload_stage, &text, Ends::Hard(None))?;
            super::carry::outgoing(run, course)
        }));
    }
    kept
}
