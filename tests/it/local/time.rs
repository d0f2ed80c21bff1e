//! Timeouts and `after_script`.

use insta::assert_snapshot;

use super::{ONE_BY_ONE, Project};

#[test]
fn after_script_runs_whatever_became_of_the_script() {
    let project = Project::new(
        "
default: {after_script: ['echo \"it was $CI_JOB_STATUS\"']}
good: {script: 'true'}
bad: {script: exit 7}
",
    );
    let ended = project.local(&ONE_BY_ONE).exited_with(5);
    ended
        .printed("\nit was success\n")
        .printed("\nit was failed\n");
}

#[test]
fn a_failure_of_after_script_is_a_warning() {
    let project = Project::new("job: {script: 'true', after_script: [exit 9]}\n");
    let ended = project.local(&[]).exited_with(0);
    assert_snapshot!(project.story(&ended), @r"
    Job job (stage test, the default image)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 1 file of `PROJECT` at SHA8
    Executing the job script
    $ true
    Running after_script
    $ exit 9
    WARNING: after_script failed, but the job goes on: exit code 9
    Cleaning up file based variables
    Job succeeded

    JOB    RESULT  TIME
    job    passed  N s
    total          N s
    ");
}

#[test]
fn a_job_that_takes_too_long_is_ended_and_nothing_follows() {
    let project = Project::new(
        "job: {script: [echo begun, sleep 60], after_script: [echo after], timeout: 8 seconds}\n",
    );
    let ended = project.local(&[]).exited_with(5).within_secs(25);
    assert!(!ended.out().contains("\nafter\n"), "{ended}");
    assert_snapshot!(project.story_of_an_end(&ended), @r"
    Job job (stage test, the default image)
    Preparing the executor
    Preparing environment
    Getting sources
    Took 1 file of `PROJECT` at SHA8
    Executing the job script
    $ echo begun
    begun
    $ sleep 60
    ERROR: Job failed: the job took longer than its timeout

    JOB    RESULT            TIME
    job    failed (timeout)  N s
    total                    N s
    ");
    assert_snapshot!(project.said(&ended), @"error: the job `job` failed");
}

#[test]
fn after_script_follows_a_script_that_took_too_long_by_itself() {
    let project = Project::new(
        "job: {variables: {RUNNER_SCRIPT_TIMEOUT: 2s}, script: sleep 60, after_script: ['echo \"it was $CI_JOB_STATUS\"']}\n",
    );
    let ended = project.local(&[]).exited_with(5).within_secs(15);
    ended
        .printed("\nit was timedout\n")
        .printed("the script took longer than RUNNER_SCRIPT_TIMEOUT");
}

#[test]
fn after_script_has_a_time_of_its_own() {
    let project = Project::new(
        "job: {variables: {RUNNER_AFTER_SCRIPT_TIMEOUT: 1s}, script: 'true', after_script: [sleep 60]}\n",
    );
    let ended = project.local(&[]).exited_with(0).within_secs(15);
    ended.printed("WARNING: after_script failed, but the job goes on");
}
