//! Which jobs run, in which order, and what becomes of the pipeline.

use insta::assert_snapshot;

use super::{ONE_BY_ONE, Project};

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
    let ended = project.local(&ONE_BY_ONE).exited_with(5);
    assert_snapshot!(project.summary(&ended), @r"
    JOB     RESULT                     TIME
    first   passed                     N s
    broken  failed (exit 3)            N s
    second  skipped (`broken` failed)
    third   skipped (`broken` failed)
    total                              N s
    ");
    assert_snapshot!(project.said(&ended), @"error: the job `broken` failed");
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
    assert_snapshot!(project.said(&ended), @"error: 2 jobs failed: `a`, `b`");
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
    assert_snapshot!(project.summary(&ended), @r"
    JOB     RESULT                     TIME
    any     allowed to fail (exit 1)   N s
    listed  allowed to fail (exit 42)  N s
    after   passed                     N s
    total                              N s
    ");
}

#[test]
fn an_exit_code_that_is_not_allowed_fails() {
    let project = Project::new("job: {script: exit 43, allow_failure: {exit_codes: 42}}\n");
    let ended = project.local(&[]).exited_with(5);
    assert_snapshot!(project.summary(&ended), @r"
    JOB    RESULT            TIME
    job    failed (exit 43)  N s
    total                    N s
    ");
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
    assert_snapshot!(project.summary(&ended), @r"
    JOB     RESULT                    TIME
    work    passed                    N s
    next    passed                    N s
    rescue  skipped (nothing failed)
    ever    passed                    N s
    total                             N s
    ");
}

#[test]
fn after_a_failure_what_waits_for_one_runs() {
    let project = Project::new(WHENS);
    let ended = project.local(&["--var", "STATUS=1"]).exited_with(5);
    assert_snapshot!(project.summary(&ended), @r"
    JOB     RESULT                   TIME
    work    failed (exit 1)          N s
    next    skipped (`work` failed)
    rescue  passed                   N s
    ever    passed                   N s
    total                            N s
    ");
}

#[test]
fn a_manual_job_runs_when_it_is_named() {
    let project = Project::new(WHENS);
    let ended = project
        .local(&["asked", "--var", "STATUS=0"])
        .exited_with(0);
    assert_snapshot!(project.summary(&ended), @r"
    JOB    RESULT  TIME
    work   passed  N s
    asked  passed  N s
    total          N s
    ");
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
    assert_snapshot!(project.summary(&ended), @r"
    JOB    RESULT  TIME
    slow   passed  N s
    quick  passed  N s
    early  passed  N s
    late   passed  N s
    free   passed  N s
    total          N s
    ");
}

#[test]
fn a_named_job_runs_with_what_it_needs_and_nothing_else() {
    let project = Project::new(NEEDS);
    let ended = project.local(&["late"]).exited_with(0);
    assert_snapshot!(project.summary(&ended), @r"
    JOB    RESULT  TIME
    quick  passed  N s
    early  passed  N s
    late   passed  N s
    total          N s
    ");
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
    assert_snapshot!(project.summary(&ended), @r"
    JOB         RESULT                             TIME
    broken      failed (exit 1)                    N s
    fine        passed                             N s
    of_fine     passed                             N s
    of_broken   skipped (`broken` failed)
    of_skipped  skipped (`of_broken` was skipped)
    total                                          N s
    ");
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
    assert_snapshot!(lines, @r"
    CI=true
    CI_API_V4_URL=https://git.example.test/api/v4
    CI_BUILDS_DIR=/builds
    CI_COMMIT_AUTHOR=Ada <ada@example.test>
    CI_COMMIT_BEFORE_SHA=0000000000000000000000000000000000000000
    CI_COMMIT_BRANCH=main
    CI_COMMIT_DESCRIPTION=
    CI_COMMIT_MESSAGE=Open the shop
    CI_COMMIT_REF_NAME=main
    CI_COMMIT_REF_PROTECTED=false
    CI_COMMIT_REF_SLUG=main
    CI_COMMIT_SHA=SHA
    CI_COMMIT_SHORT_SHA=SHA8
    CI_COMMIT_TITLE=Open the shop
    CI_CONCURRENT_ID=0
    CI_CONCURRENT_PROJECT_ID=0
    CI_DEFAULT_BRANCH=main
    CI_JOB_ID=ID
    CI_JOB_NAME=job
    CI_JOB_NAME_SLUG=job
    CI_JOB_STAGE=test
    CI_JOB_STATUS=running
    CI_JOB_TIMEOUT=3600
    CI_NODE_TOTAL=1
    CI_PIPELINE_ID=ID
    CI_PIPELINE_IID=ID
    CI_PIPELINE_SOURCE=push
    CI_PROJECT_DIR=/builds/team/shop
    CI_PROJECT_ID=NUMBER
    CI_PROJECT_NAME=shop
    CI_PROJECT_NAMESPACE=team
    CI_PROJECT_PATH=team/shop
    CI_PROJECT_PATH_SLUG=team-shop
    CI_PROJECT_ROOT_NAMESPACE=team
    CI_PROJECT_TITLE=shop
    CI_PROJECT_URL=https://git.example.test/team/shop
    CI_RUNNER_EXECUTABLE_ARCH=linux/amd64
    CI_RUNNER_SHORT_TOKEN=local
    CI_RUNNER_VERSION=19.3.0
    CI_SERVER=yes
    CI_SERVER_HOST=git.example.test
    CI_SERVER_URL=https://git.example.test
    CI_SHARED_ENVIRONMENT=true
    GITLAB_CI=true
    GITLAB_ENV=/builds/team/shop.tmp/gitlab_runner_env
    ");
}
