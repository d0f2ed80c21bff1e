//! What people read after an end that is not the wanted one.

use super::samples::{OUTCOMES, block, broken, done, ended};
use super::task_log;
use crate::deploy::end::Outcome;
use crate::deploy::result::{RolledBack, Verified};
use crate::rollout::{At, Event, StopCode};

fn shown(outcome: Outcome) -> String {
    block(&ended(outcome))
}

#[test]
fn a_failure_names_tasks_reasons_lines_events_alarms_and_whose_turn_it_is() {
    insta::assert_snapshot!(block(&broken(Outcome::Failed)), @r"
    what was seen of `prod/app`
      2 tasks stopped the same way: its main process ended with exit code 1
        task 1a, 2b, container app, EssentialContainerExited, exit code 1
        | Essential container in task exited
        last lines of task 1a
          | section_start:1:x [0Kno section
          | panic: no database
      1 task stopped: its image is not in the registry
        task 3c, TaskFailedToStart
        | CannotPullContainerError: manifest unknown
      events of the service since the start
        +12 s | (service app) has started 2 tasks: (task 1) (task 2).
      alarms that went off: app-5xx
      when last looked: 0 of 2 tasks of this deployment ran, and 2 of others
    error: the deployment of `prod/app` failed, and was not rolled back (exit code 5)
      caused by: three tasks in a row did not come up
    hint: the application's developer: read the last log lines: the application ended by itself
    hint: the application's developer: push it, or correct the image of the task definition; a lifecycle rule of the repository may have removed it
    hint: correct what stopped the tasks and deploy again, or go back with `baws-ci rollback`; `--on-failure rollback` does that by itself
    ");
}

#[test]
fn no_line_of_a_stranger_starts_a_section_or_an_escape_sequence() {
    let mut hostile = broken(Outcome::Failed);
    let evil = "section_start:1:x\r\u{1b}[0Ky\nsection_end:1:x".to_owned();
    hostile.reason = Some(evil.clone());
    hostile.events = vec![Event {
        id: String::new(),
        at: At(0),
        message: evil.clone(),
    }];
    hostile.alarms = vec![evil.clone()];
    hostile.notes = vec![evil.clone()];
    hostile.hints = vec![evil.clone()];
    hostile.rollback = Some(RolledBack {
        reason: evil.clone(),
        to: Some(evil.clone()),
        ours: true,
    });
    hostile.target = evil.clone();
    hostile.stopped_tasks[0].task = evil.clone();
    hostile.stopped_tasks[1].stop_code = Some(StopCode::Other(evil.clone()));
    hostile.stopped_tasks[2].container = Some(evil.clone());
    for outcome in OUTCOMES {
        hostile.end(outcome);
        let text = block(&hostile);
        assert!(!text.contains(['\u{1b}', '\r']), "{text}");
        assert!(
            !text
                .lines()
                .any(|line| line.trim_start().starts_with("section_")),
            "{text}"
        );
    }
}

#[test]
fn a_rollback_tells_by_whom_and_to_what() {
    insta::assert_snapshot!(shown(Outcome::RolledBack), @r"
    what was seen of `prod/app`
      rollback by ECS
        | ECS deployment circuit breaker: tasks failed to start.
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: the deployment of `prod/app` was rolled back to `app:41` (exit code 6)
    hint: the earlier version runs; correct what stopped the tasks and deploy again
    ");
    insta::assert_snapshot!(shown(Outcome::RollbackFailed), @r"
    what was seen of `prod/app`
      rollback by ECS
        | ECS deployment circuit breaker: tasks failed to start.
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: the deployment of `prod/app` failed, and so did its rollback to `app:41` (exit code 7)
    hint: who runs the cluster looks now: neither version may be complete; `baws-ci status` tells what runs
    ");
}

#[test]
fn a_superseded_deployment_is_never_called_failed_or_rolled_back() {
    let text = shown(Outcome::Superseded);
    assert!(
        !text.contains("failed") && !text.contains("rolled back"),
        "{text}"
    );
    insta::assert_snapshot!(text, @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: the deployment of `prod/app` was superseded by a newer one, `ecs-svc/8` with `app:43` (exit code 8)
    hint: nothing is broken: a later pipeline or person deployed; `allow_failure: exit_codes: [8]` where that is usual
    ");
}

#[test]
fn a_mismatch_shows_both_digests() {
    insta::assert_snapshot!(shown(Outcome::Mismatch), @r"
    what was seen of `prod/app`
      wanted: sha256:ab12ab12ab12…
      runs:   sha256:cd34cd34cd34…
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: `prod/app` runs another digest than was wanted (exit code 10)
    hint: somebody moved the tag, or tasks start from an older digest; deploy by digest with `--strategy pin`
    ");
}

#[test]
fn a_mismatch_that_nobody_could_tell_says_so() {
    let mut unknown = ended(Outcome::Mismatch);
    unknown.verified = Verified::Unknown;
    unknown.digests_observed.clear();
    insta::assert_snapshot!(block(&unknown), @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: nobody tells which digest `prod/app` runs (exit code 10)
    hint: tasks tell no digest; `--accept-unverified` takes that for good
    ");
}

#[test]
fn a_one_off_task_that_succeeded_shows_its_lines_too() {
    let mut good = done("run-task");
    assert_eq!(task_log(&good), "");
    good.log = vec!["12 migrations\u{1b}[0m".to_owned()];
    assert_eq!(
        task_log(&good),
        "  last lines of the task\n    | 12 migrations[0m\n"
    );
}

#[test]
fn a_one_off_task_shows_its_status_and_its_lines() {
    insta::assert_snapshot!(shown(Outcome::TaskFailed), @r"
    what was seen of `prod/app`
      last lines of the task
        | migration 12 failed
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: the one-off task of `prod/app` failed, with exit code 3 (exit code 13)
    hint: read its last lines above
    ");
}

#[test]
fn where_no_task_starts_the_events_say_whose_turn_it_is() {
    let mut stuck = ended(Outcome::TimedOut);
    stuck.events = vec![Event {
        id: "1".to_owned(),
        at: At(1_795_708_953_000),
        message: "(service app) was unable to place a task because no container instance met all of its requirements."
            .to_owned(),
    }];
    insta::assert_snapshot!(block(&stuck), @r"
    what was seen of `prod/app`
      events of the service since the start
        +30 s | (service app) was unable to place a task because no container instance met all of its requirements.
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: the deployment of `prod/app` was not over after 95 s; it goes on without being watched (exit code 9)
    hint: who runs the cluster: add instances or make room: the event says what is short (CPU, memory, a port, an attribute)
    hint: `baws-ci status --watch` follows it; raise `--timeout` if it is only slow, or wait with `--until healthy`
    ");
}
