//! `trigger: include`: a job's child pipeline runs as a part of its own.

use insta::assert_snapshot;

use super::{ONE_BY_ONE, Project};

const PARENT: &str = "
stages: [make, start, after]
variables: {FROM_FILE: top}
make:
  stage: make
  script: [\"printf 'made: {script: echo made $WHO $FROM_FILE $GIVEN $CI_PIPELINE_SOURCE}' > made.yml\"]
  artifacts: {paths: [made.yml]}
start:
  stage: start
  variables: {WHO: $CI_COMMIT_BRANCH}
  trigger: {include: [{local: child.yml, inputs: {word: hello}}, {artifact: made.yml, job: make}], strategy: depend}
after: {stage: after, script: echo after}
";

const CHILD: &str = "
spec: {inputs: {word: {}}}
---
first: {script: 'echo $[[ inputs.word ]] $WHO', artifacts: {paths: [x]}}
second: {stage: deploy, script: echo second, when: manual}
third: {stage: .post, script: \"exit ${STATUS:-0}\"}
";

fn project() -> Project {
    let project = Project::new(PARENT);
    project.write("child.yml", CHILD);
    project.commit();
    project
}

#[test]
fn a_child_pipeline_has_the_variables_inputs_and_files_it_is_given() {
    let project = project();
    let ended = project
        .local(&["-j", "1", "--var", "GIVEN=hand"])
        .exited_with(0);
    let ended = ended
        .printed("\nhello main\n")
        .printed("\nmade main top hand parent_pipeline\n");
    assert_snapshot!(project.summary(&ended), @r"
    JOB            RESULT  TIME
    make           passed  N s
    start          passed  N s
    start / first  passed  N s
    start / made   passed  N s
    start / third  passed  N s
    after          passed  N s
    total                  N s
    ");
}

#[test]
fn a_failed_child_pipeline_fails_the_job_that_depends_on_it() {
    let project = project();
    let ended = project.local(&["--var", "STATUS=3"]).exited_with(5);
    assert_snapshot!(project.summary(&ended), @r"
    JOB            RESULT                        TIME
    make           passed                        N s
    start          failed (its pipeline failed)  N s
    start / first  passed                        N s
    start / made   passed                        N s
    start / third  failed (exit 3)               N s
    after          skipped (`start` failed)
    total                                        N s
    ");
    assert_snapshot!(project.said(&ended), @"error: the job `start / third` failed");
}

#[test]
fn without_a_strategy_the_pipeline_goes_on_and_what_failed_is_told() {
    let project = Project::new(&PARENT.replace(", strategy: depend", ""));
    project.write("child.yml", CHILD);
    project.commit();
    let ended = project.local(&["--var", "STATUS=3"]).exited_with(5);
    let ended = ended.printed("after");
    assert_snapshot!(project.summary(&ended), @r"
    JOB            RESULT           TIME
    make           passed           N s
    start          passed           N s
    start / first  passed           N s
    start / made   passed           N s
    start / third  failed (exit 3)  N s
    after          passed           N s
    total                           N s
    ");
}

#[test]
fn a_pipeline_that_starts_itself_ends() {
    let project = Project::new("again: {trigger: {include: .gitlab-ci.yml, strategy: depend}}\n");
    let ended = project.local(&ONE_BY_ONE).exited_with(5);
    assert_snapshot!(project.summary(&ended), @r"
    JOB                    RESULT                        TIME
    again                  failed (its pipeline failed)  N s
    again / again          failed (its pipeline failed)  N s
    again / again / again  failed (no child pipeline)    N s
    total                                                N s
    ");
    assert_snapshot!(project.said(&ended), @r"
    error: `again` starts a pipeline more than 2 levels below the first
    error: the job `again / again / again` failed
    ");
}

#[test]
fn a_child_pipeline_that_cannot_be_is_told_with_the_reason() {
    let project = Project::new(
        "
stages: [make, start]
make: {stage: make, script: 'true'}
no-artifact: {stage: start, trigger: {include: [{artifact: made.yml, job: make}], strategy: depend}}
no-file: {stage: start, trigger: {include: none.yml, strategy: depend}}
wrong: {stage: start, trigger: {include: wrong.yml, strategy: depend}}
empty: {stage: start, trigger: {include: empty.yml, strategy: depend}, allow_failure: true}
elsewhere: {stage: start, trigger: group/other}
",
    );
    project.write("wrong.yml", "a: {scirpt: x}\n");
    project.write("empty.yml", "a: {script: x, rules: [{when: never}]}\n");
    project.commit();
    let ended = project.local(&ONE_BY_ONE).exited_with(5);
    assert_snapshot!(project.summary(&ended), @r"
    JOB          RESULT                                                                  TIME
    make         passed                                                                  N s
    no-artifact  failed (no child pipeline)                                              N s
    no-file      failed (no child pipeline)                                              N s
    wrong        failed (no child pipeline)                                              N s
    empty        allowed to fail (no child pipeline)                                     N s
    elsewhere    skipped (it starts a pipeline of `group/other`, which only GitLab can)
    total                                                                                N s
    ");
    assert_snapshot!(project.said(&ended), @r"
    error: the job `make` left no artifact `made.yml`

    hint: `artifacts:paths` of that job has to name it
    error: the pipeline `child of no-file` is not valid
      caused by: child of no-file:1:13: `none.yml` is not there

    hint: it is looked for in `PROJECT`
    error: the pipeline `child of wrong` is not valid
      caused by: wrong.yml:1:1: the job `a` has no `script`
      caused by: wrong.yml:1:5: unknown keyword `scirpt` in `a`

    hint: a template that runs nothing begins its name with a dot
    hint: did you mean `script`?
    error: `empty` would start an empty pipeline
      caused by: no job is left
    error: 3 jobs failed: `no-artifact`, `no-file`, `wrong`
    ");
}

#[test]
fn ctrl_c_ends_a_child_pipeline_too() {
    let project = Project::new(
        "start: {trigger: {include: child.yml}}\nafter: {stage: deploy, script: 'true'}\n",
    );
    project.write(
        "child.yml",
        "a: {script: [echo begun, sleep 60]}\nb: {stage: deploy, script: 'true'}\n",
    );
    project.commit();
    let run = project.start(&[]);
    run.until_printed("\nbegun\n")
        .signal(rustix::process::Signal::INT);
    let ended = run.end().exited_with(130).within_secs(40);
    project.nothing_left();
    assert_snapshot!(project.summary(&ended), @r"
    JOB        RESULT                                TIME
    start      cancelled                             N s
    start / a  cancelled                             N s
    start / b  skipped (the pipeline was cancelled)
    after      skipped (the pipeline was cancelled)
    total                                            N s
    ");
}
