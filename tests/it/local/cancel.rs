//! Ctrl-C, once and twice.

use insta::assert_snapshot;
use rustix::process::Signal;

use super::Project;
use super::snapshot::Snapshot;

const PIPELINE: &str = "
stages: [one, two]
work:
  stage: one
  script: [echo begun, sleep 60]
  after_script: ['echo \"it was $CI_JOB_STATUS\"', 'sleep $AFTER']
next: {stage: two, script: 'true'}
";

#[test]
fn ctrl_c_ends_the_script_and_after_script_still_runs() {
    let project = Project::new(PIPELINE);
    let before = Snapshot::of(&project.root);
    let run = project.start(&["--var", "AFTER=0"]);
    run.until_printed("\n$ sleep 60\n").signal(Signal::INT);
    let ended = run.end().exited_with(130).within_secs(30);
    project.nothing_left();
    before.is_still(&project.root);
    assert_snapshot!(project.story_of_an_end(&ended), @r#"
    Job work (stage one, the default image)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 1 file of `PROJECT` at SHA8
    Executing the job script
    $ echo begun
    begun
    $ sleep 60
    Running after_script
    $ echo "it was $CI_JOB_STATUS"
    it was canceled
    $ sleep $AFTER
    Cleaning up file based variables
    ERROR: Job canceled

    JOB    RESULT                                TIME
    work   cancelled                             N s
    next   skipped (the pipeline was cancelled)
    total                                        N s
    "#);
    assert_snapshot!(project.said(&ended), @"error: the pipeline was cancelled by SIGINT");
}

#[test]
fn ctrl_c_twice_goes_straight_to_cleanup() {
    let project = Project::new(PIPELINE);
    let run = project.start(&["--var", "AFTER=60"]);
    run.until_printed("\nbegun\n").signal(Signal::INT);
    run.until_printed("\nit was canceled\n").signal(Signal::INT);
    let ended = run.end().exited_with(130).within_secs(30);
    project.nothing_left();
    ended.printed("\nERROR: Job canceled\n");
}

#[test]
fn ctrl_c_while_images_are_prepared_leaves_nothing() {
    let project = Project::new("job: {script: 'true'}\n");
    let run = project.start(&[]);
    run.until_printed("Preparing the executor")
        .signal(Signal::INT);
    let ended = run.end().exited_with(130);
    project.nothing_left();
    ended.printed("\nERROR: Job canceled\n");
}

#[test]
fn a_termination_has_its_own_exit_code() {
    let project = Project::new(PIPELINE);
    let run = project.start(&["--var", "AFTER=0"]);
    run.until_printed("\n$ sleep 60\n").signal(Signal::TERM);
    let ended = run.end().exited_with(143);
    project.nothing_left();
    assert_snapshot!(project.said(&ended), @"error: the pipeline was cancelled by SIGTERM");
}
