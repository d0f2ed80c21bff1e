//! What each end is called.

use super::samples::{OUTCOMES, block, done, ended};
use super::{Teller, Voice, failure};
use crate::deploy::end::Outcome;
use crate::deploy::result::Verified;

fn shown(outcome: Outcome) -> String {
    block(&ended(outcome))
}

#[test]
fn a_good_end_is_no_failure_and_every_other_is_one_with_its_exit_code_and_what_to_do() {
    for outcome in OUTCOMES {
        let ended = ended(outcome);
        match failure(std::slice::from_ref(&ended)) {
            None => assert_eq!(ended.exit_code, 0, "{outcome:?}"),
            Some(error) => {
                assert_eq!(error.class().code(), ended.exit_code, "{outcome:?}");
                let code = format!("(exit code {})", ended.exit_code);
                assert!(error.message().ends_with(&code), "{error}");
                assert!(!error.hints().is_empty(), "{error}");
            }
        }
    }
}

#[test]
fn a_cancel_by_ctrl_c_keeps_its_own_exit_code() {
    let mut interrupted = ended(Outcome::Cancelled);
    interrupted.exit_code = 130;
    let error = failure(&[interrupted]).unwrap();
    assert_eq!(error.class().code(), 130);
    assert!(error.message().ends_with("(exit code 130)"), "{error}");
}

#[test]
fn several_services_fail_as_the_worst_of_them_and_each_is_named() {
    let mut refused = ended(Outcome::Precondition);
    refused.target = "prod/other".to_owned();
    let all = [done("deploy"), ended(Outcome::Superseded), refused];
    let error = failure(&all).unwrap();
    assert_eq!(error.class().code(), 4);
    let lines = [&[error.message().to_owned()], error.causes(), error.hints()].concat();
    insta::assert_snapshot!(lines.join("\n"), @r"
    2 of 3 services did not end well (exit code 4)
    the deployment of `prod/app` was superseded by a newer one, `ecs-svc/8` with `app:43` (exit code 8)
    cannot deploy `prod/other` (exit code 4): the reason of this one
    nothing is broken: a later pipeline or person deployed; `allow_failure: exit_codes: [8]` where that is usual
    what to do about it
    ");
    assert!(failure(&all[..1]).is_none() && failure(&[]).is_none());
}

#[test]
fn the_last_line_of_a_good_end_says_what_was_proved() {
    let teller = Teller::of(1, Voice::Everything);
    let mut lines: Vec<String> = ["deploy", "stop"]
        .map(|verb| teller.end(&done(verb)))
        .to_vec();
    let mut task = done("run-task");
    task.container_exit_code = Some(0);
    lines.push(teller.end(&task));
    for outcome in [Outcome::NoChange, Outcome::Started, Outcome::Planned] {
        lines.push(teller.end(&ended(outcome)));
    }
    let mut unverified = done("restart");
    unverified.verified = Verified::Unknown;
    lines.push(teller.end(&unverified));
    let mut started = done("start");
    started.verified = Verified::NotAsked;
    lines.push(teller.end(&started));
    insta::assert_snapshot!(lines.join("\n"), @r"
    verified: digest sha256:ab12ab12ab12… runs in 2 of 2 tasks
    stopped: no task runs any more
    the one-off task succeeded, with exit code 0
    nothing to change: verified: digest sha256:ab12ab12ab12… runs in 2 of 2 tasks
    started: deployment ecs-svc/7 is under way; nothing was waited for, and nothing verified
    planned: the deployment of `prod/app`; nothing was touched
    not verified: 2 of 2 tasks run, and nobody tells their digest
    2 of 2 tasks run, with sha256:ab12ab12ab12…
    ");
}

#[test]
fn ends_that_leave_the_deployment_to_itself_say_that_it_goes_on() {
    insta::assert_snapshot!(shown(Outcome::TimedOut), @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: the deployment of `prod/app` was not over after 95 s; it goes on without being watched (exit code 9)
    hint: `baws-ci status --watch` follows it; raise `--timeout` if it is only slow, or wait with `--until healthy`
    ");
    insta::assert_snapshot!(shown(Outcome::Cancelled), @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: watching the deployment of `prod/app` was cancelled; what was started goes on (exit code 143)
    hint: `baws-ci status --watch` follows what goes on; deploying once more follows it too
    ");
    insta::assert_snapshot!(shown(Outcome::Unavailable), @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: cannot tell how the deployment of `prod/app` ends: AWS did not answer (exit code 12)
    hint: look with `baws-ci status` when AWS answers again; deploying once more follows what is under way
    ");
}

#[test]
fn a_timeout_that_rolled_back_does_not_say_that_it_goes_on() {
    let mut timed_out = ended(Outcome::TimedOut);
    timed_out.rollback = ended(Outcome::RolledBack).rollback;
    let text = block(&timed_out);
    assert!(!text.contains("goes on"), "{text}");
    let mut failed = ended(Outcome::Failed);
    failed.rollback = timed_out.rollback;
    let text = block(&failed);
    assert!(!text.contains("not rolled back"), "{text}");
}

#[test]
fn a_cancel_before_the_start_claims_no_more_than_is_known() {
    let mut early = ended(Outcome::Cancelled);
    early.deployment_id = None;
    early.timeline.clear();
    insta::assert_snapshot!(block(&early), @r"
    error: the deployment of `prod/app` was cancelled, as far as is known before it began (exit code 143)
    hint: deploying once more follows what may have been started all the same
    ");
}

#[test]
fn ends_by_people_name_no_fault() {
    insta::assert_snapshot!(shown(Outcome::Stopped), @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: the deployment of `prod/app` was stopped by somebody (exit code 11)
    hint: ask who stopped it, then deploy again
    ");
    insta::assert_snapshot!(shown(Outcome::Paused), @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: the deployment of `prod/app` pauses at a hook, and waits for an answer (exit code 11)
    hint: answer the hook in ECS, or deploy with `--on-pause continue` or `rollback`
    ");
    insta::assert_snapshot!(shown(Outcome::NotRunning), @r"
    error: `prod/app` is not running: its desired count is 0 (exit code 16)
    hint: add `--start` to raise the count, or run `baws-ci start`; `allow_failure: exit_codes: [16]` where that is wanted
    ");
    insta::assert_snapshot!(shown(Outcome::Lost), @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: `prod/app` went away while it was watched (exit code 4)
    hint: who runs the cluster tells whether the service was removed or renamed
    ");
}

#[test]
fn what_was_refused_before_the_start_tells_its_own_reason() {
    insta::assert_snapshot!(shown(Outcome::Precondition), @r"
    error: cannot deploy `prod/app` (exit code 4)
      caused by: the reason of this one
    hint: what to do about it
    ");
    insta::assert_snapshot!(shown(Outcome::Denied), @r"
    error: cannot deploy `prod/app` (exit code 3)
      caused by: the reason of this one
    hint: what to do about it
    ");
    insta::assert_snapshot!(shown(Outcome::Refused), @r"
    error: cannot deploy `prod/app` (exit code 15)
      caused by: the reason of this one
    hint: what to do about it
    ");
    insta::assert_snapshot!(shown(Outcome::Usage), @r"
    error: cannot deploy `prod/app` (exit code 2)
      caused by: the reason of this one
    hint: what to do about it
    ");
    insta::assert_snapshot!(shown(Outcome::Internal), @r"
    what was seen of `prod/app`
      when last looked: 2 of 2 tasks of this deployment ran, and 0 of others
    error: cannot tell how the deployment of `prod/app` ended (exit code 1)
    hint: look with `baws-ci status`, and report this as a fault of baws-ci
    ");
}
