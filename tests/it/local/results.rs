//! Which jobs run, in which order, and what becomes of the pipeline.

use insta::assert_snapshot;

use super::Project;

#[test]
fn a_failed_job_ends_the_pipeline_with_exit_code_5() {
    let project = Project::new(
        "
stages: [one, two, three]
first: {stage: one, script: 'true'}
broken: {stage: one, script: [echo before, exit 3, echo after]}
second: {stage: two, script: 'true'}
third: {stage: three, script: 'true'}
",
    );
    let ended = project.local(&[]).exited_with(5);
    assert_snapshot!(project.summary(&ended), @"");
    assert_snapshot!(project.said(&ended), @"");
    assert!(
        ended.out().contains("\nbefore\n") && !ended.out().contains("\nafter\n"),
        "{ended}"
    );
    ended.printed("\nERROR: Job failed: exit code 3\n");
}

#[test]
fn several_failed_jobs_are_named() {
    let project = Project::new("a: {script: 'false'}\nb: {script: exit 4}\n");
    let ended = project.local(&[]).exited_with(5);
    assert_snapshot!(project.said(&ended), @"");
}

#[test]
fn an_allowed_failure_lets_the_pipeline_pass() {
    let project = Project::new(
        "
stages: [one, two]
any: {stage: one, script: exit 1, allow_failure: true}
listed: {stage: one, script: exit 42, allow_failure: {exit_codes: [41, 42]}}
after: {stage: two, script: 'true'}
",
    );
    let ended = project.local(&[]).exited_with(0);
    assert_snapshot!(project.summary(&ended), @"");
}

#[test]
fn an_exit_code_that_is_not_allowed_fails() {
    let project = Project::new("job: {script: exit 43, allow_failure: {exit_codes: 42}}\n");
    let ended = project.local(&[]).exited_with(5);
    assert_snapshot!(project.summary(&ended), @"");
}

const WHENS: &str = "
stages: [one, two]
work: {stage: one, script: 'exit $STATUS'}
next: {stage: two, script: 'true'}
rescue: {stage: two, script: 'true', when: on_failure}
ever: {stage: two, script: 'true', when: always}
asked: {stage: two, script: 'true', when: manual}
";

#[test]
fn without_a_failure_what_waits_for_one_is_skipped() {
    let project = Project::new(WHENS);
    let ended = project.local(&["--var", "STATUS=0"]).exited_with(0);
    assert_snapshot!(project.summary(&ended), @"");
}

#[test]
fn after_a_failure_what_waits_for_one_runs() {
    let project = Project::new(WHENS);
    let ended = project.local(&["--var", "STATUS=1"]).exited_with(5);
    assert_snapshot!(project.summary(&ended), @"");
}

#[test]
fn a_manual_job_runs_when_it_is_named() {
    let project = Project::new(WHENS);
    let ended = project
        .local(&["asked", "--var", "STATUS=0"])
        .exited_with(0);
    assert_snapshot!(project.summary(&ended), @"");
}

const NEEDS: &str = "
stages: [one, two]
slow: {stage: one, script: 'true'}
late: {stage: two, script: 'true', needs: [early]}
early: {stage: two, script: 'true', needs: [quick]}
quick: {stage: one, script: 'true'}
free: {stage: two, script: 'true', needs: []}
";

#[test]
fn a_needed_job_runs_before_the_one_that_needs_it() {
    let project = Project::new(NEEDS);
    let ended = project.local(&[]).exited_with(0);
    assert_snapshot!(project.summary(&ended), @"");
}

#[test]
fn a_named_job_runs_with_what_it_needs_and_nothing_else() {
    let project = Project::new(NEEDS);
    let ended = project.local(&["late"]).exited_with(0);
    assert_snapshot!(project.summary(&ended), @"");
}

#[test]
fn a_job_with_needs_does_not_care_about_other_failures() {
    let project = Project::new(
        "
stages: [one, two, three]
broken: {stage: one, script: exit 1}
fine: {stage: one, script: 'true'}
of_fine: {stage: two, script: 'true', needs: [fine]}
of_broken: {stage: two, script: 'true', needs: [broken]}
of_skipped: {stage: three, script: 'true', needs: [of_broken]}
",
    );
    let ended = project.local(&[]).exited_with(5);
    assert_snapshot!(project.summary(&ended), @"");
}

#[test]
fn a_variable_of_the_command_line_beats_all_others() {
    let project = Project::new(
        "
variables: {WHO: pipeline, BOTH: $WHO-$CI_JOB_NAME}
job: {variables: {WHO: job}, script: 'echo \"<$WHO> <$BOTH> <$MORE>\"'}
",
    );
    project
        .local(&[])
        .exited_with(0)
        .printed("\n<job> <job-job> <>\n");
    let ended = project
        .local(&["--var", "WHO=me", "--var", "MORE=a b=c"])
        .exited_with(0);
    ended.printed("\n<me> <me-job> <a b=c>\n");
}

#[test]
fn the_variables_that_gitlab_sets_are_set() {
    let project = Project::new(
        "job: {script: 'env | grep -E \"^(CI|GITLAB)\" | grep -vE \"_AT=|TIMESTAMP\" | sort'}\n",
    );
    project.git(&[
        "remote",
        "add",
        "origin",
        "https://me:secret@git.example.test/team/shop.git",
    ]);
    let ended = project.local(&[]).exited_with(0);
    assert!(!ended.out().contains("secret"), "{ended}");
    let log = project
        .log(&ended)
        .replace(&project.id().to_string(), "NUMBER");
    let lines: String = log
        .lines()
        .filter(|line| line.starts_with("CI") || line.starts_with("GITLAB"))
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_snapshot!(lines, @"");
}
