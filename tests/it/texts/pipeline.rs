//! Pipelines that are wrong: everything that is wrong, at once.

use insta::assert_snapshot;

use super::{directory, refused_in};

/// What `local --list` says about a pipeline.
#[track_caller]
fn pipeline(text: &str) -> String {
    let directory = directory();
    std::fs::write(directory.path().join(".gitlab-ci.yml"), text).expect("it is ours");
    refused_in(directory.path(), &["local", "--list"])
}

#[test]
fn a_pipeline_that_holds_no_jobs_is_refused() {
    assert_snapshot!(pipeline(""), @r"
    error: the pipeline `.gitlab-ci.yml` holds no jobs
      caused by: its top level must be keywords and jobs, each with a colon
    ");
    assert_snapshot!(pipeline("- a\n"), @r"
    error: the pipeline `.gitlab-ci.yml` holds no jobs
      caused by: its top level must be keywords and jobs, each with a colon
    ");
    assert_snapshot!(pipeline(".hidden: {script: x}\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: it holds no job that runs

    hint: a job is a name with a `script`; a name that begins with a dot is hidden
    ");
    assert_snapshot!(pipeline("a: {script: x}\na: {script: y}\n"), @r#"
    error: the pipeline `.gitlab-ci.yml` is not valid YAML
      caused by: duplicate entry with key "a"
    "#);
}

#[test]
fn faults_at_the_top_level() {
    assert_snapshot!(
        pipeline("stages: one\nstagse: [x]\ndefault: x\nvariables: [A]\n1: {script: x}\nsomething: 7\njob: {script: x}\n"),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: `stagse` is neither a keyword nor a job with a `script`
          caused by: `default` must hold keywords
          caused by: every name at the top level must be a string
          caused by: `something` is neither a keyword nor a job with a `script`
          caused by: `stages` must be a list of names
          caused by: `variables` of the pipeline must be names with values
          caused by: `job` is in the stage `test`, which is not declared

        hint: did you mean `stages`?
        hint: put the name in quotes
        hint: the stages are .pre, .post; add it to `stages`
        "
    );
    assert_snapshot!(pipeline("image: a\ndefault: {image: b, scirpt: x}\njob: {script: x, 7: x}\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: unknown keyword `scirpt` in `default`
      caused by: a keyword in `job` is not a string
      caused by: `image` stands in `default` and at the top level

    hint: keep the one in `default`
    ");
}

#[test]
fn faults_of_jobs() {
    let deep = format!("{}x{}", "[".repeat(12), "]".repeat(12));
    assert_snapshot!(
        pipeline(&format!(
            "
a: {{scirpt: x}}
b: {{script: {{a: b}}}}
c: {{script: {deep}, stage: late}}
d: {{script: x, after_script: 7, dependencies: 7, needs: 7}}
e: {{script: x, stage: 7, when: delayed, allow_failure: maybe, timeout: soon}}
"
        )),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: unknown keyword `scirpt` in `a`
          caused by: the job `a` has no `script`
          caused by: `script` of `b` must be a string or a list of strings
          caused by: `script` of `c` has lists more than 10 levels deep
          caused by: `after_script` of `d` must be a string or a list of strings
          caused by: `needs` of `d` must be a list of jobs
          caused by: `dependencies` of `d` must be a list of jobs
          caused by: `when` of `e` cannot be `delayed`
          caused by: `stage` of `e` must be the name of a stage
          caused by: `timeout` of `e` is no duration: `soon`
          caused by: `allow_failure` of `e` must be true, false or hold `exit_codes`

        hint: did you mean `script`?
        hint: a template that runs nothing begins its name with a dot
        hint: put quotes around a line that holds a colon and a blank, such as `- 'echo a: b'`
        hint: these work today: on_success, on_failure, always, manual
        hint: write a duration such as `1h 30m`, `90 minutes` or `3600`
        "
    );
}

#[test]
fn faults_between_jobs() {
    assert_snapshot!(
        pipeline(
            "
stages: [one, two]
a: {stage: one, script: x, needs: [b, 7, {artifacts: true}, {job: c, artifacts: maybe, optional: true}]}
b: {stage: one, script: x, needs: [a]}
c: {stage: one, script: x, needs: [dd, nobody-at-all, later]}
d: {stage: one, script: x, dependencies: [a, later]}
later: {stage: two, script: x, needs: [a], dependencies: [b]}
"
        ),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: each of `needs` of `a` must be a job, or hold a `job`
          caused by: each of `needs` of `a` must be a job, or hold a `job`
          caused by: `needs:artifacts` of `a` must be true or false
          caused by: `needs` of `c` names `dd`, which is no job
          caused by: `needs` of `c` names `nobody-at-all`, which is no job
          caused by: `needs` of `c` names `later`, which is in a later stage
          caused by: `dependencies` of `d` names `a`, which is in the same stage
          caused by: `dependencies` of `d` names `later`, which is in a later stage
          caused by: `dependencies` of `later` names `b`, which is not in its `needs`
          caused by: `needs` run in a circle: `a` → `b` → `a`

        hint: did you mean `d`?
        hint: jobs of one stage start together; use `needs` to wait for one of them
        "
    );
}

#[test]
fn faults_of_images_and_services() {
    assert_snapshot!(
        pipeline(
            "
a: {script: x, image: 7, services: x}
b: {script: x, image: {entrypoint: {}, pull_policy: sometimes, docker: x}}
c: {script: x, services: [{name: x, alias: 7, command: {}, variables: {A: []}}, '']}
"
        ),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: `image` of `a` must be a name, or hold a `name`
          caused by: `services` of `a` must be a list
          caused by: `image` of `b` has no `name`
          caused by: `image:entrypoint` of `b` must be a list of strings
          caused by: `image:pull_policy` of `b` must be always, if-not-present or never, or a list of them
          caused by: `image:docker` of `b` must be a mapping
          caused by: `services:command` of `c` must be a list of strings
          caused by: `services:alias` of `c` must be a string
          caused by: the variable `A` of a service of `c` must be a string or a number
          caused by: `services` of `c` must be a name, or hold a `name`
        "
    );
}

#[test]
fn faults_of_artifacts() {
    assert_snapshot!(
        pipeline(
            "
a: {script: x, artifacts: [x]}
b: {script: x, artifacts: {paths: 7, exclude: {}, untracked: maybe, when: later, expire_in: soon, reports: [x]}}
c: {script: x, artifacts: {reports: {junit: 7, coverage_report: {}}}}
"
        ),
        @r"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: `artifacts` of `a` must hold `paths`, `untracked` or `reports`
          caused by: `artifacts:paths` of `b` must be a list of paths
          caused by: `artifacts:exclude` of `b` must be a list of paths
          caused by: `artifacts:untracked` of `b` must be true or false
          caused by: `artifacts:when` of `b` must be on_success, on_failure or always
          caused by: `artifacts:expire_in` of `b` is no duration: `soon`
          caused by: `artifacts:reports` of `b` must be kinds of reports with files
          caused by: `artifacts:reports:junit` of `c` must be a path or a list of paths
          caused by: `artifacts:reports:coverage_report` of `c` must be a path or a list of paths

        hint: write a duration such as `1h 30m`, `90 minutes` or `3600`
        "
    );
    assert_snapshot!(pipeline("a: {script: x, artifacts: {name: x}}\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: `artifacts` of `a` names nothing to keep

    hint: add `paths`, `untracked: true` or `reports`
    ");
}

#[test]
fn faults_of_variables() {
    assert_snapshot!(
        pipeline(
            "
variables: {A-B: x, FLAG: true, LIST: [1], E: {value: x, expand: maybe}, U: {valeu: x}}
a: {script: x, variables: x}
"
        ),
        @r#"
        error: the pipeline `.gitlab-ci.yml` is not valid
          caused by: unknown keyword `variables:U:valeu` at the top level
          caused by: `A-B` in `variables` of the pipeline is no name for a variable
          caused by: the variable `FLAG` of the pipeline must be a string or a number
          caused by: the variable `LIST` of the pipeline must be a string or a number
          caused by: `expand` of the variable `E` of the pipeline must be true or false
          caused by: `variables` of `a` must be names with values

        hint: did you mean `value`?
        hint: names are letters, digits and underscores, and do not begin with a digit
        hint: write `FLAG: "true"`
        "#
    );
}
