//! What `local` refuses before anything runs, in words for the person who called it.

use insta::assert_snapshot;

use super::Project;
use crate::support::Ended;

fn refused(project: &Project, words: &[&str]) -> String {
    let ended = project.local(words).exited_with(2);
    assert_eq!(ended.out(), "", "{ended}");
    project.said(&ended)
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    let project = Project::new(
        "
include: other.yml
a: {script: x, cahce: {}}
b: {script: [!reference [.c, script]], image: {name: x, prots: [1]}, needs: [z]}
",
    );
    assert_snapshot!(refused(&project, &[]), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: .gitlab-ci.yml:2:10: `other.yml` is not there
      caused by: .gitlab-ci.yml:3:16: unknown keyword `cahce` in `a`
      caused by: .gitlab-ci.yml:4:57: unknown keyword `image:prots` in `b`

    hint: it is looked for in `PROJECT`
    hint: did you mean `cache`?
    hint: did you mean `ports`?
    ");
}

#[test]
fn text_that_is_not_yaml_is_refused_with_its_line() {
    let project = Project::new("a:\n  script: [x\nb: y\n");
    assert_snapshot!(refused(&project, &[]), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: .gitlab-ci.yml:3:2: this is not valid YAML: invalid indentation

    hint: a bracket `[` or `{` is not closed, or a line is not indented as the ones around it
    ");
}

#[test]
fn an_include_of_another_project_is_asked_for() {
    let project = Project::new("include: {project: g/p, ref: v1, file: /a.yml}\nb: {script: x}\n");
    let ended = precondition(&project);
    assert_snapshot!(project.said(&ended), @r"
    error: the pipeline `.gitlab-ci.yml` includes files that are not on this machine
      caused by: .gitlab-ci.yml:1:10: `project: g/p, ref: v1, file: /a.yml`

    hint: show where they are with `--map GROUP/PROJECT=DIRECTORY`, or `--map URL=FILE`
    ");
}

#[test]
fn an_event_without_a_pipeline_or_a_job_says_why() {
    let project = Project::new(
        "
workflow: {rules: [{if: $CI_PIPELINE_SOURCE == 'schedule', when: never}, {when: always}]}
a: {script: x, rules: [{if: $CI_COMMIT_TAG}]}
b: {script: x, needs: [a]}
",
    );
    let ended = project.local(&["--event", "schedule"]).exited_with(0);
    assert_snapshot!(project.said(&ended), @"No pipeline for the event schedule: `if: $CI_PIPELINE_SOURCE == 'schedule'` of `workflow:rules` says never");
    assert_snapshot!(refused(&project, &["--event", "push"]), @r"
    error: GitLab would make no pipeline of `.gitlab-ci.yml` for the event push
      caused by: .gitlab-ci.yml:4:24: `b` needs `a`, which this event does not have

    hint: write `needs: [{job: …, optional: true}]` for a job that may be left out
    ");
    assert_snapshot!(refused(&project, &["--event", "puhs"]), @r"
    error: `--event puhs` is no event

    hint: it is one of push, merge_request, tag, schedule, web, api, trigger
    ");
}

#[test]
fn a_missing_pipeline_is_named() {
    let project = Project::new("a: {script: x}\n");
    std::fs::remove_file(project.root.join(".gitlab-ci.yml")).expect("it is ours");
    assert_snapshot!(refused(&project, &[]), @r"
    error: cannot read the pipeline `.gitlab-ci.yml`
      caused by: No such file or directory (os error 2)

    hint: run it in the directory of `.gitlab-ci.yml`, or name another file with `--file`
    ");
    assert_snapshot!(refused(&project, &["--file", "ci/none.yml"]), @r"
    error: cannot read the pipeline `ci/none.yml`
      caused by: No such file or directory (os error 2)

    hint: run it in the directory of `.gitlab-ci.yml`, or name another file with `--file`
    ");
}

#[test]
fn a_job_that_is_not_there_is_named_with_the_nearest() {
    let project = Project::new("build: {script: x}\n");
    assert_snapshot!(refused(&project, &["biuld"]), @r"
    error: the pipeline has no job `biuld`

    hint: did you mean `build`?
    ");
    assert_snapshot!(refused(&project, &["deploy-to-production"]), @r#"
    error: the pipeline has no job `deploy-to-production`

    hint: `baws-ci local --list` shows the jobs
    "#);
}

#[test]
fn a_variable_that_is_none_is_refused() {
    let project = Project::new("build: {script: x}\n");
    assert_snapshot!(refused(&project, &["--var", "A"]), @r"
    error: `--var A` does not set a variable

    hint: write `--var NAME=value`; names are letters, digits and underscores, and do not begin with a digit
    ");
    assert_snapshot!(refused(&project, &["--var", "1A=x"]), @r"
    error: `--var 1A=x` does not set a variable

    hint: write `--var NAME=value`; names are letters, digits and underscores, and do not begin with a digit
    ");
}

#[test]
fn a_shell_without_a_terminal_is_refused_up_front() {
    let project = Project::new("build: {script: exit 1}\n");
    assert_snapshot!(refused(&project, &["--shell"]), @r"
    error: `--shell` needs a terminal

    hint: leave `--shell` out where nobody can type
    ");
}

fn precondition(project: &Project) -> Ended {
    project.local(&[]).exited_with(4)
}

#[test]
fn a_repository_that_git_does_not_trust_is_told_in_gits_words() {
    let project = Project::new("build: {script: x}\n");
    std::os::unix::fs::chown(&project.root, Some(1000), None).expect("the tests run as root");
    std::os::unix::fs::chown(project.root.join(".git"), Some(1000), None).expect("as above");
    let ended = precondition(&project);
    assert_eq!(ended.out(), "", "{ended}");
    std::os::unix::fs::chown(&project.root, Some(0), None).expect("as above");
    std::os::unix::fs::chown(project.root.join(".git"), Some(0), None).expect("as above");
    assert_snapshot!(project.said(&ended), @r"
    error: `git rev-parse --show-toplevel` failed in `PROJECT`
      caused by: fatal: detected dubious ownership in repository at 'PROJECT'
                 To add an exception for this directory, call:

                 	git config --global --add safe.directory PROJECT
    ");
}

#[test]
fn a_payload_that_cannot_be_run_is_refused() {
    let project = Project::new("build: {script: x}\n");
    project.write("bad.json", "{\"id\": ");
    project.write("number.json", "{\"id\": \"seven\"}");
    project.write("steps.json", "{\"id\": 7, \"run\": [{\"name\": \"x\"}]}");
    project.write(
        "needs.json",
        "{\"id\": 7, \"dependencies\": [{\"id\": 6, \"name\": \"build\", \"artifacts_file\": {\"filename\": \"a.zip\"}}]}",
    );
    assert_snapshot!(refused(&project, &["--payload", "none.json"]), @r#"
    error: cannot read the payload `none.json`
      caused by: No such file or directory (os error 2)
    "#);
    assert_snapshot!(refused(&project, &["--payload", "bad.json"]), @r#"
    error: `bad.json` is no job payload of GitLab
      caused by: EOF while parsing a value at line 1 column 7
    "#);
    assert_snapshot!(refused(&project, &["--payload", "number.json"]), @r#"
    error: `number.json` is no job payload of GitLab
      caused by: invalid type: string "seven", expected u64
    "#);
    assert_snapshot!(refused(&project, &["--payload", "steps.json"]), @r#"
    error: `run:` steps are not supported yet
      caused by: the payload `steps.json` has some
    "#);
    assert_snapshot!(refused(&project, &["--payload", "needs.json"]), @r#"
    error: the job needs the artifacts of `build`

    hint: name their directory with `--artifacts-in`
    "#);
}
