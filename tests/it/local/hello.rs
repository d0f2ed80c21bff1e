//! The sample project, and what a run looks like as a whole.

use insta::assert_snapshot;

use super::Project;
use super::project::number;
use crate::support::Stand;

#[test]
fn the_sample_project_passes() {
    let project = Project::new(include_str!("../../../examples/hello/.gitlab-ci.yml"));
    let ended = project.local(&[]).exited_with(0);
    assert_snapshot!(project.story(&ended), @"");
    assert_eq!(ended.err(), "");
}

#[test]
fn the_whole_log_of_a_job() {
    let project = Project::new("job: {script: [echo hello, \"echo $CI_PROJECT_ID\"]}\n");
    let ended = project.local(&[]).exited_with(0);
    let number = number(&project.root).to_string();
    let log = project.log(&ended).replace(&number, "NUMBER");
    assert_snapshot!(log, @"");
    assert_eq!(ended.err(), "");
}

#[test]
fn the_jobs_are_listed_without_an_engine() {
    let project = Project::on(
        Stand::new().set("docker.host", "\"unix:///nowhere\""),
        include_str!("../../../examples/hello/.gitlab-ci.yml"),
    );
    let ended = project.local(&["--list"]).exited_with(0);
    assert_snapshot!(ended.out(), @r"
    STAGE   JOB    IMAGE            NEEDS           WHEN
    test    greet  bench/busybox:1  earlier stages
    report  count  bench/busybox:1  greet
    ");
}
