//! One line for each end: what it is called when it is told, and what helps against it in general.

use crate::deploy::end::Outcome;
use crate::deploy::result::{Deployed, Verified};

use super::words;

/// The last line about one service; of a good end the fact, of another what went wrong, with the exit code.
pub(crate) fn end_line(deployed: &Deployed) -> String {
    let target = words::name(&deployed.target);
    let work = noun(deployed);
    let bad = match deployed.outcome {
        Outcome::Ok => return good(deployed),
        Outcome::NoChange => {
            return format!("nothing to change: {}", running(deployed));
        }
        Outcome::Started => {
            let id = deployed.deployment_id.as_deref().map(words::name);
            return format!(
                "started: deployment {} is under way; nothing was waited for, and nothing verified",
                id.as_deref().unwrap_or("without an id")
            );
        }
        Outcome::Planned => {
            return format!("planned: {work} of `{target}`; nothing was touched");
        }
        Outcome::NotRunning => format!("`{target}` is not running: its desired count is 0"),
        Outcome::Failed if deployed.rollback.is_some() => {
            format!(
                "{work} of `{target}` failed; its rollback was asked for{}",
                back_to(deployed)
            )
        }
        Outcome::Failed => format!("{work} of `{target}` failed, and was not rolled back"),
        Outcome::RolledBack => format!("{work} of `{target}` was rolled back{}", back_to(deployed)),
        Outcome::RollbackFailed => {
            format!(
                "{work} of `{target}` failed, and so did its rollback{}",
                back_to(deployed)
            )
        }
        Outcome::Superseded => superseded(deployed, work, &target),
        Outcome::TimedOut if deployed.rollback.is_some() => format!(
            "{work} of `{target}` was not over after {}; its rollback was asked for{}",
            words::took(deployed.took_ms),
            back_to(deployed)
        ),
        Outcome::TimedOut => format!(
            "{work} of `{target}` was not over after {}; it goes on without being watched",
            words::took(deployed.took_ms)
        ),
        Outcome::Mismatch if deployed.digests_observed.is_empty() => {
            format!("nobody tells which digest `{target}` runs")
        }
        Outcome::Mismatch => format!("`{target}` runs another digest than was wanted"),
        Outcome::Stopped => format!("{work} of `{target}` was stopped by somebody"),
        Outcome::Paused => {
            format!("{work} of `{target}` pauses at a hook, and waits for an answer")
        }
        Outcome::Unavailable => {
            format!("cannot tell how {work} of `{target}` ends: AWS did not answer")
        }
        Outcome::TaskFailed => match deployed.container_exit_code {
            Some(status) => format!("{work} of `{target}` failed, with exit code {status}"),
            None => format!("{work} of `{target}` failed before it had an exit code"),
        },
        Outcome::Lost => format!("`{target}` went away while it was watched"),
        Outcome::Cancelled if deployed.deployment_id.is_none() => {
            format!("{work} of `{target}` was cancelled, as far as is known before it began")
        }
        Outcome::Cancelled => {
            format!("watching {work} of `{target}` was cancelled; what was started goes on")
        }
        Outcome::Precondition | Outcome::Denied | Outcome::Refused | Outcome::Usage => {
            format!("cannot {} `{target}`", act(deployed))
        }
        Outcome::Internal => format!("cannot tell how {work} of `{target}` ended"),
    };
    format!("{bad} (exit code {})", deployed.exit_code)
}

/// What helps where nobody had anything better to say; empty: nothing in general.
pub(super) fn advice(deployed: &Deployed) -> &'static str {
    match deployed.outcome {
        Outcome::Ok | Outcome::NoChange | Outcome::Started | Outcome::Planned => "",
        Outcome::NotRunning => {
            "add `--start` to raise the count, or run `baws-ci start`; `allow_failure: exit_codes: [16]` where that is wanted"
        }
        Outcome::Failed => {
            "correct what stopped the tasks and deploy again, or go back with `baws-ci rollback`; `--on-failure rollback` does that by itself"
        }
        Outcome::RolledBack => {
            "the earlier version runs; correct what stopped the tasks and deploy again"
        }
        Outcome::RollbackFailed => {
            "who runs the cluster looks now: neither version may be complete; `baws-ci status` tells what runs"
        }
        Outcome::Superseded => {
            "nothing is broken: a later pipeline or person deployed; `allow_failure: exit_codes: [8]` where that is usual"
        }
        Outcome::TimedOut => {
            "`baws-ci status --watch` follows it; raise `--timeout` if it is only slow, or wait with `--until healthy`"
        }
        Outcome::Mismatch if deployed.digests_observed.is_empty() => {
            "tasks tell no digest; `--accept-unverified` takes that for good"
        }
        Outcome::Mismatch => {
            "somebody moved the tag, or tasks start from an older digest; deploy by digest with `--strategy pin`"
        }
        Outcome::Stopped => "ask who stopped it, then deploy again",
        Outcome::Paused => {
            "answer the hook in ECS, or deploy with `--on-pause continue` or `rollback`"
        }
        Outcome::Unavailable => {
            "look with `baws-ci status` when AWS answers again; deploying once more follows what is under way"
        }
        Outcome::TaskFailed => "read its last lines above",
        Outcome::Lost => "who runs the cluster tells whether the service was removed or renamed",
        Outcome::Cancelled if deployed.deployment_id.is_none() => {
            "deploying once more follows what may have been started all the same"
        }
        Outcome::Cancelled => {
            "`baws-ci status --watch` follows what goes on; deploying once more follows it too"
        }
        Outcome::Precondition | Outcome::Denied | Outcome::Refused | Outcome::Usage => "",
        Outcome::Internal => "look with `baws-ci status`, and report this as a fault of baws-ci",
    }
}

/// With its article.
fn noun(deployed: &Deployed) -> &'static str {
    match deployed.verb.as_str() {
        "restart" => "the restart",
        "start" => "the start",
        "stop" => "the stop",
        "rollback" => "the rollback",
        "run-task" => "the one-off task",
        _ => "the deployment",
    }
}

fn act(deployed: &Deployed) -> &'static str {
    match deployed.verb.as_str() {
        "restart" => "restart",
        "start" => "start",
        "stop" => "stop",
        "rollback" => "roll back",
        "status" => "tell the status of",
        "run-task" => "run a task beside",
        _ => "deploy",
    }
}

fn good(deployed: &Deployed) -> String {
    match deployed.verb.as_str() {
        "run-task" => format!(
            "the one-off task succeeded, with exit code {}",
            deployed.container_exit_code.unwrap_or_default()
        ),
        "stop" => "stopped: no task runs any more".to_owned(),
        _ => running(deployed),
    }
}

/// What runs, and whether that was proved.
fn running(deployed: &Deployed) -> String {
    let count = words::of_tasks(deployed.running, deployed.desired);
    let run = words::tasks_run(deployed.running, deployed.desired);
    let shown = words::digests(deployed);
    let noun = match deployed.digests_observed.len() {
        0 | 1 => "digest",
        _ => "digests",
    };
    let verb = match deployed.digests_observed.len() {
        0 | 1 => "runs",
        _ => "run",
    };
    match deployed.verified {
        Verified::Yes => format!("verified: {noun} {shown} {verb} in {count}"),
        Verified::Unknown => format!("not verified: {run}, and nobody tells their digest"),
        Verified::No | Verified::NotAsked if shown.is_empty() => run,
        Verified::No | Verified::NotAsked => format!("{run}, with {shown}"),
    }
}

fn back_to(deployed: &Deployed) -> String {
    let to = deployed
        .rollback
        .as_ref()
        .and_then(|rollback| rollback.to.as_deref())
        .map(|to| format!(" to `{}`", words::tail(to)));
    to.unwrap_or_default()
}

fn superseded(deployed: &Deployed, work: &str, target: &str) -> String {
    match &deployed.superseded_by {
        Some(by) => format!(
            "{work} of `{target}` was superseded by a newer one, `{}` with `{}`",
            words::name(&by.deployment_id),
            words::tail(&by.task_definition)
        ),
        None => format!("{work} of `{target}` was superseded by a newer one"),
    }
}
