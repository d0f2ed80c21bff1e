//! What is not the job's fault.

use insta::assert_snapshot;

use super::Project;
use crate::support::Stand;
use crate::support::registry::Registry;

#[test]
fn an_image_that_cannot_be_pulled_is_a_system_failure() {
    let address = Registry::empty().address();
    let project = Project::new(&format!(
        "build: {{image: '{address}/none:1', script: x}}\n"
    ));
    let ended = project.local(&[]).exited_with(1);
    let masked = |text: String| text.replace(&address, "REGISTRY");
    assert_snapshot!(masked(project.log(&ended)), @"");
    assert_snapshot!(project.said(&ended), @"");
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
