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
use super::{Ends, Run, Sink, system};
use crate::job::{Identity, Step};

const PREPARE_ATTEMPTS: u32 = 3;
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(3);
/// Source: gitlab-runner, `cleanup_exec_timeout`; an hour there, but nobody waits here so long.
const CLEANUP_TIME: Duration = Duration::from_secs(300);
const AFTER_SCRIPT_TIME: Duration = Duration::from_secs(300);

pub(super) fn job(run: &mut Run<'_>, failed: &mut dyn FnMut(&Identity, &str)) -> Result<(), Failure> {
    let ended = prepare(run).and_then(|mut attempt| {
        let ended = stages(run, &mut attempt);
        match &ended {
            Ok(()) | Err(Failure::Canceled) => {}
            Err(_) => failed(&run.identity(), &run.project_dir),
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
            run.call(&attempt, "prepare", &["prepare".into()], Ends::Soft(None), Sink::Log)
        }) {
            Ok(()) => break Ok(attempt),
            Err(failure) => failure,
        };
        cleanup(run, &attempt);
        match &failure {
            Failure::System(_) if n < PREPARE_ATTEMPTS => {}
            Failure::System(_) | Failure::Script(_) | Failure::JobTimeout | Failure::ScriptTimeout | Failure::Canceled => {
                break Err(failure);
            }
        }
        run.log.fail(&format!("Preparation failed: {}", failure.sentence()));
        run.log.say(&format!("Trying again in {} s ({} of {PREPARE_ATTEMPTS})", BETWEEN_ATTEMPTS.as_secs(), n + 1));
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
    run.call(attempt, "config", &["config".into()], Ends::Soft(None), Sink::Keep(&mut text))?;
    if !text.is_empty() {
        attempt.answer = serde_json::from_slice::<Answer>(&text)
            .map_err(|error| Failure::System(format!("the executor's configuration is not JSON: {error}")))?;
    }
    let settings = &run.driver.settings.executor;
    let given = |answer: &Option<String>, else_is: &str| answer.clone().filter(|dir| !dir.is_empty()).unwrap_or_else(|| else_is.to_owned());
    run.builds_dir = given(&attempt.answer.builds_dir, &settings.builds_dir);
    run.cache_dir = given(&attempt.answer.cache_dir, &settings.cache_dir);
    run.project_dir = super::carry::project_dir(run)?;
    run.log.mask(run.variables().masked());
    Ok(())
}

fn cleanup(run: &mut Run<'_>, attempt: &Attempt) {
    let ends = Ends::Only(Instant::now() + CLEANUP_TIME);
    if let Err(failure) = run.call(attempt, "cleanup", &[OsString::from("cleanup")], ends, Sink::Operator) {
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
    let kept = keep(run, attempt, if ended.is_ok() { Course::Success } else { Course::Failure });
    if let Some(over) = run.is_over() {
        return Err(over);
    }
    let text = run.script(scripts::cleanup);
    titled(run, "cleanup_file_variables", "Cleaning up file based variables", |run| {
        if let Err(failure) = run.sub_stage(attempt, "cleanup_file_variables", &text, Ends::Hard(None)) {
            run.log.warn(&format!("cleanup_file_variables: {}", failure.sentence()));
        }
        Ok(())
    })?;
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
            repeated(run, "RESTORE_CACHE_ATTEMPTS", |run, _| run.sub_stage(attempt, "restore_cache", &text, Ends::Soft(None)))
        })?;
    }
    if run.task.incoming.is_empty() {
        return Ok(());
    }
    let jobs: Vec<(u64, &str)> = run.task.incoming.iter().map(|one| (one.id, one.name.as_str())).collect();
    let text = run.script(|context| scripts::download(context, &jobs));
    titled(run, "download_artifacts", "Downloading artifacts", |run| {
        repeated(run, "ARTIFACT_DOWNLOAD_ATTEMPTS", |run, _| {
            super::carry::incoming(run)?;
            run.sub_stage(attempt, "download_artifacts", &text, Ends::Soft(None))
        })
    })
}

/// The script and further steps; the first that fails is the last.
fn user_steps(run: &mut Run<'_>, attempt: &mut Attempt) -> Result<(), Failure> {
    let own = run.variables().get("RUNNER_SCRIPT_TIMEOUT").and_then(duration).map(|time| Instant::now() + time);
    let steps: Vec<&Step> = run.task.response.steps.iter().filter(|step| step.name != "after_script").collect();
    for step in steps.into_iter().filter(|step| !step.script.is_empty()) {
        // gitlab-runner renames this one for the custom executor.
        let stage = if step.name == "script" { "build_script".to_owned() } else { format!("step_{}", step.name.to_lowercase()) };
        let text = run.script(|context| scripts::step(context, &step.script));
        let title = if step.name == "script" { "Executing the job script".to_owned() } else { format!("Executing step {}", step.name) };
        titled(run, &format!("step_{}", step.name.to_lowercase()), &title, |run| {
            run.sub_stage(attempt, &stage, &text, Ends::Soft(own))
        })?;
    }
    Ok(())
}

/// Runs whatever became of the script; what it does counts only if the job says so.
fn after_script(run: &mut Run<'_>, attempt: &mut Attempt, ended: Result<(), Failure>) -> Result<(), Failure> {
    let Some(step) = run.task.response.steps.iter().find(|step| step.name == "after_script" && !step.script.is_empty()) else {
        return ended;
    };
    let text = run.script(|context| scripts::step(context, &step.script));
    let variables = run.variables();
    let time = variables.get("RUNNER_AFTER_SCRIPT_TIMEOUT").and_then(duration).unwrap_or(AFTER_SCRIPT_TIME);
    let after = titled(run, "after_script", "Running after_script", |run| {
        run.sub_stage(attempt, "after_script", &text, Ends::Hard(Some(Instant::now() + time)))
    });
    match after {
        Err(failure) if variables.get("AFTER_SCRIPT_IGNORE_ERRORS") == Some("false") && failure != Failure::ScriptTimeout => {
            ended.and(Err(failure))
        }
        Err(failure) => {
            run.log.warn(&format!("after_script failed, but the job goes on: {}", failure.sentence()));
            ended
        }
        Ok(()) => ended,
    }
}

/// Cache and artifacts. A failure here fails a job that was green so far.
fn keep(run: &mut Run<'_>, attempt: &mut Attempt, course: Course) -> Result<(), Failure> {
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
        kept = titled(run, cache_stage, "Saving cache", |run| run.sub_stage(attempt, cache_stage, &text, Ends::Hard(None)));
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

/// Tries again as often as the job's variable says, with growing waits. Source: gitlab-runner `helpers/retry`.
fn repeated(
    run: &mut Run<'_>,
    variable: &str,
    mut stage: impl FnMut(&mut Run<'_>, u32) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let wanted = run.variables().get(variable).and_then(|text| text.parse().ok()).filter(|n| (1..=10).contains(n)).unwrap_or(1);
    let mut wait = Duration::from_secs(5);
    for n in 1..=wanted {
        match stage(run, n) {
            Err(Failure::Script(_) | Failure::System(_)) if n < wanted => {
                run.log.warn(&format!("attempt {n} of {wanted} failed, trying again in {} s", wait.as_secs()));
                run.driver.signals.wait(wait);
                if run.driver.signals.urgency() != Urgency::None {
                    return Err(Failure::Canceled);
                }
                wait = (wait * 2).min(CLEANUP_TIME);
            }
            ended => return ended,
        }
    }
    Ok(())
}

fn titled<'a, T>(run: &mut Run<'a>, section: &str, title: &str, stage: impl FnOnce(&mut Run<'a>) -> T) -> T {
    run.log.begin(section, title);
    let ended = stage(run);
    run.log.end(section);
    ended
}

/// A Go duration such as `1h30m`, `2s`, `500ms`.
fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut seconds) = (text.trim(), 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let letters = rest[digits..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |end| digits + end);
        let unit = match &rest[digits..letters] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        seconds += rest[..digits].parse::<f64>().ok()? * unit;
        rest = &rest[letters..];
    }
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_the_runner_are_those_of_go() {
        let read = ["3s", "1h30m", "500ms", "5", "x"].map(|text| duration(text).map(|time| time.as_millis()));
        assert_eq!(read, [Some(3000), Some(5_400_000), Some(500), None, None]);
    }
}
