//! Jobs that run at the same time: each line has its job's name, and all of them end together.

use insta::assert_snapshot;
use rustix::process::Signal;

use super::Project;

#[test]
fn jobs_that_wait_for_nothing_run_at_the_same_time_and_end_together() {
    let project = Project::new(
        "
stages: [one, two]
left: {stage: one, script: [echo begun, sleep 60]}
right-hand: {stage: one, script: [echo begun, sleep 60]}
after: {stage: two, script: 'true'}
",
    );
    let run = project.start(&["-j", "2"]);
    // Neither ends by itself before the other begins.
    run.until_printed("\nleft       │ begun\n");
    run.until_printed("\nright-hand │ begun\n")
        .signal(Signal::INT);
    let ended = run.end().exited_with(130).within_secs(40);
    project.nothing_left();
    let ended = ended
        .printed("\nleft       │ ERROR: Job canceled\n")
        .printed("\nright-hand │ ERROR: Job canceled\n");
    assert_snapshot!(project.summary(&ended), @r"
    JOB         RESULT                                TIME
    left        cancelled                             N s
    right-hand  cancelled                             N s
    after       skipped (the pipeline was cancelled)
    total                                             N s
    ");
}

#[test]
fn a_job_waits_for_its_needs_and_not_for_its_stage() {
    let project = Project::new(
        "
stages: [one, two]
slow: {stage: one, script: [sleep 60]}
quick: {stage: one, script: 'true'}
next: {stage: two, needs: [quick], script: [echo begun, sleep 60]}
",
    );
    let run = project.start(&["-j", "2"]);
    run.until_printed("\nnext  │ begun\n").signal(Signal::INT);
    let ended = run.end().exited_with(130).within_secs(40);
    project.nothing_left();
    assert_snapshot!(project.summary(&ended), @r"
    JOB    RESULT     TIME
    slow   cancelled  N s
    quick  passed     N s
    next   cancelled  N s
    total             N s
    ");
}

#[test]
fn no_more_jobs_run_than_are_asked_for() {
    let project = Project::new(
        "
a: {script: [echo begun, sleep 60]}
b: {script: [echo begun, sleep 60]}
",
    );
    let run = project.start(&["-j", "1"]);
    run.until_printed("\nbegun\n").signal(Signal::INT);
    let ended = run.end().exited_with(130).within_secs(40);
    project.nothing_left();
    assert_snapshot!(project.summary(&ended), @r"
    JOB    RESULT                                TIME
    a      cancelled                             N s
    b      skipped (the pipeline was cancelled)
    total                                        N s
    ");
}

#[test]
fn a_line_stays_whole_and_without_an_end_is_still_shown() {
    let project = Project::new(
        "
a: {script: [printf 'no end']}
b: {script: [\"printf '\\\\033[31mred\\\\033[0m\\\\n'\"]}
",
    );
    let ended = project.local(&["-j", "2"]).exited_with(0);
    let ended = ended.printed("\na │ no end\n");
    assert!(ended.out().contains("red"), "{ended}");
}

#[test]
fn where_a_job_deployed_to_is_told() {
    let project = Project::new(
        "
variables: {HOST: shop.example}
lower: {script: 'echo WHERE=two > where.env', artifacts: {reports: {dotenv: where.env}}, environment: {name: lower/$CI_COMMIT_REF_SLUG, url: 'https://$WHERE.$HOST'}}
stop: {script: 'true', environment: {name: lower/$CI_COMMIT_REF_SLUG, action: stop}}
broken: {script: 'false', allow_failure: true, environment: upper}
",
    );
    let ended = project.local(&[]).exited_with(0);
    assert_snapshot!(project.summary(&ended), @r"
    JOB     RESULT                    TIME   ENVIRONMENT
    lower   passed                    N s  lower/main (https://two.shop.example)
    stop    passed                    N s  lower/main (stop)
    broken  allowed to fail (exit 1)  N s
    total                             N s
    ");
}
