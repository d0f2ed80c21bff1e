//! The small words that all texts about deployments share: digests, revisions, counts and times as people read them.
//!
//! Everything of others that passes here is cleaned once more: a result may have crossed the job socket.

use crate::deploy::end::Outcome;
use crate::deploy::result::Deployed;
use crate::output;
use crate::rollout::{At, StopCode, clean};
use std::time::Duration;

/// Longest piece of a stranger's text in one line.
const LONGEST: usize = 600;

/// Of a stranger, in one line.
pub(super) fn line(text: &str) -> String {
    clean(text, LONGEST)
}

/// A name of a stranger's, which is expected to be short.
pub(super) fn name(text: &str) -> String {
    clean(text, 160)
}

/// `sha256:` and twelve digits.
pub(super) fn short_digest(digest: &str) -> String {
    let (algorithm, hex) = digest.split_once(':').unwrap_or(("", digest));
    let shown: String = hex.chars().take(12).collect();
    match (algorithm, hex.chars().count() > 12) {
        ("", _) => name(digest),
        (algorithm, true) => name(&format!("{algorithm}:{shown}…")),
        (_, false) => name(digest),
    }
}

/// `family:revision` of a task definition's ARN, and the last part of any other.
pub(super) fn tail(arn: &str) -> String {
    name(arn.rsplit('/').next().unwrap_or(arn))
}

/// `1 task`, `2 tasks`.
pub(super) fn tasks(count: u32) -> String {
    match count {
        1 => "1 task".to_owned(),
        _ => format!("{count} tasks"),
    }
}

/// `2 of 3 tasks`.
pub(super) fn of_tasks(running: u32, desired: u32) -> String {
    format!("{running} of {}", tasks(desired))
}

/// `1 of 1 task runs`, `2 of 3 tasks run`.
pub(super) fn tasks_run(running: u32, desired: u32) -> String {
    let verb = match running {
        1 => "runs",
        _ => "run",
    };
    format!("{} {verb}", of_tasks(running, desired))
}

/// `0:12`, `126:40`: minutes and seconds since the work began.
pub(super) fn clock(ms: u64) -> String {
    format!("{}:{:02}", ms / 60_000, ms / 1000 % 60)
}

pub(super) fn took(ms: u64) -> String {
    output::duration(Duration::from_millis(ms))
}

/// `2026-11-26T16:02:03Z`; `None`: the clock was never told.
pub(super) fn utc(at: At) -> Option<String> {
    (at != At::default()).then(|| format!("{}Z", output::utc(at.0.div_euclid(1000))))
}

/// As ECS writes it.
pub(super) fn stop_code(code: &StopCode) -> String {
    match code {
        StopCode::TaskFailedToStart => "TaskFailedToStart".to_owned(),
        StopCode::EssentialContainerExited => "EssentialContainerExited".to_owned(),
        StopCode::UserInitiated => "UserInitiated".to_owned(),
        StopCode::ServiceSchedulerInitiated => "ServiceSchedulerInitiated".to_owned(),
        StopCode::SpotInterruption => "SpotInterruption".to_owned(),
        StopCode::TerminationNotice => "TerminationNotice".to_owned(),
        StopCode::InfrastructureHealth => "InfrastructureHealth".to_owned(),
        StopCode::Other(other) => name(other),
    }
}

/// As it stands in JSON and in `DEPLOY_STATUS`.
pub(crate) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::NoChange => "no_change",
        Outcome::Started => "started",
        Outcome::Planned => "planned",
        Outcome::NotRunning => "not_running",
        Outcome::Failed => "failed",
        Outcome::RolledBack => "rolled_back",
        Outcome::RollbackFailed => "rollback_failed",
        Outcome::Superseded => "superseded",
        Outcome::TimedOut => "timed_out",
        Outcome::Mismatch => "mismatch",
        Outcome::Stopped => "stopped",
        Outcome::Paused => "paused",
        Outcome::Unavailable => "unavailable",
        Outcome::TaskFailed => "task_failed",
        Outcome::Lost => "lost",
        Outcome::Cancelled => "cancelled",
        Outcome::Precondition => "precondition",
        Outcome::Denied => "denied",
        Outcome::Refused => "refused",
        Outcome::Usage => "usage",
        Outcome::Internal => "internal",
    }
}

/// The digests that were seen, else those that were wanted, shortened; empty: neither is known.
pub(super) fn digests(deployed: &Deployed) -> String {
    let known = match deployed.digests_observed.is_empty() {
        true => &deployed.digests_expected,
        false => &deployed.digests_observed,
    };
    short_digests(known)
}

/// At most three, and how many more.
pub(super) fn short_digests(all: &[String]) -> String {
    let mut shown: Vec<String> = all.iter().take(3).map(|one| short_digest(one)).collect();
    if all.len() > 3 {
        shown.push(format!("{} more", all.len() - 3));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_digests_revisions_and_moments_are_short() {
        assert_eq!(
            short_digest(&format!("sha256:{}", "ab12".repeat(16))),
            "sha256:ab12ab12ab12…"
        );
        assert_eq!(short_digest("sha256:\u{1b}x"), "sha256:x");
        assert_eq!(
            tail("arn:aws:ecs:eu-west-1:123456789012:task-definition/app:42"),
            "app:42"
        );
        assert_eq!(
            utc(At(1_795_708_923_456)).as_deref(),
            Some("2026-11-26T16:02:03Z")
        );
        assert_eq!(utc(At(0)), None);
        assert_eq!(tasks_run(1, 1), "1 of 1 task runs");
        assert_eq!(tasks_run(0, 2), "0 of 2 tasks run");
        assert_eq!(clock(61_900), "1:01");
    }

    #[test]
    fn an_outcome_has_one_name_in_every_text() {
        for end in crate::deploy::tell::samples::OUTCOMES {
            let written = serde_json::to_value(end).unwrap();
            assert_eq!(written, outcome(end));
        }
    }
}
