//! What is not the job's fault.

use insta::assert_snapshot;

use super::Project;
use crate::support::Stand;
use crate::support::registry::Registry;

#[test]
fn an_image_that_is_not_there_is_the_jobs_own_fault() {
    let address = Registry::empty().address();
    let image = format!("{address}/none:1");
    let project = Project::new(&format!("build: {{image: '{image}', script: x}}\n"));
    let ended = project.local(&[]).exited_with(5);
    assert_snapshot!(project.log(&ended).replace(&address, "REGISTRY"), @r"
    Job build (stage test, REGISTRY/none:1)
    Preparing the executor
    Docker engine at `ENGINE`, API N
    Pulling `REGISTRY/none:1` …
    error: there is no image `REGISTRY/none:1` to pull, or this job may not pull it
      caused by: manifest for REGISTRY/none:1 not found: manifest unknown: manifest unknown

    hint: the job names this image; check its spelling and its tag
    ERROR: Job failed: exit code 1

    JOB    RESULT           TIME
    build  failed (exit 1)  N s
    total                   N s
    ");
}

#[test]
fn a_registry_that_cannot_be_reached_is_a_system_failure_after_three_attempts() {
    let address = Registry::closed();
    let image = format!("{address}/none:1");
    let project = Project::new(&format!("build: {{image: '{image}', script: x}}\n"));
    let ended = project.local(&[]).exited_with(1);
    assert_eq!(ended.out().matches("Pulling `").count(), 3, "{ended}");
    assert_snapshot!(project.summary(&ended), @r"
    JOB    RESULT           TIME
    build  failed (system)  N s
    total                   N s
    ");
    assert_snapshot!(project.said(&ended), @"error: the job `build` failed");
    let ended = ended.printed("connection refused");
    ended.printed("\nERROR: Job failed: the executor ended with exit code 2 (system failure)\n");
}

#[test]
fn a_missing_engine_is_told_once_and_before_any_job() {
    let stand = Stand::new().set("docker.host", "\"unix:///nowhere/docker.sock\"");
    let project = Project::on(stand, "a: {script: x}\nb: {script: x}\n");
    let ended = project.local(&[]);
    assert_eq!(ended.out(), "", "{ended}");
    assert_snapshot!(project.said(&ended), @r"
    error: cannot reach the Docker engine at `unix:///nowhere/docker.sock`
      caused by: No such file or directory (os error 2)

    hint: the operator of this host checks that the engine runs (`systemctl status docker`) and that this user may use its socket
    ");
    ended.exited_with(1);
}

#[test]
fn two_runs_of_one_project_do_not_meet() {
    let project = Project::new(
        "job: {script: ['echo on $CI_CONCURRENT_PROJECT_ID', 'touch mine', sleep 2, ls mine]}\n",
    );
    let (first, second) = (project.start(&[]), project.start(&[]));
    let logs = [first.end().exited_with(0), second.end().exited_with(0)].map(|ended| ended.out());
    let both = logs.concat();
    assert!(
        both.contains("\non 0\n") && both.contains("\non 1\n"),
        "{both}"
    );
    project.nothing_left();
}
