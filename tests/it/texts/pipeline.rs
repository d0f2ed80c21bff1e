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
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: .gitlab-ci.yml:1:1: the file is empty
    ");
    assert_snapshot!(pipeline("- a\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: .gitlab-ci.yml:1:1: the top level must be a mapping: keywords and jobs, each with a colon
    ");
    assert_snapshot!(pipeline(".hidden: {script: x}\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: .gitlab-ci.yml:1:1: it holds no job that runs

    hint: a job is a name with a `script`; a name that begins with a dot is hidden
    ");
}

#[test]
fn faults_at_the_top_level() {
    assert_snapshot!(
        pipeline("stages: one\nstagse: [x]\ndefault: x\nvariables: [A]\n1: {script: x}\nsomething: 7\njob: {script: x}\n"),
        @r#"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: .gitlab-ci.yml:1:9: `stages` of the pipeline must be a list of names, and is a string
      caused by: .gitlab-ci.yml:2:1: `stagse` is neither a keyword nor a job with a `script`
      caused by: .gitlab-ci.yml:3:10: `default` must hold keywords
      caused by: .gitlab-ci.yml:4:12: `variables` of the pipeline must be names with values, and is a list
      caused by: .gitlab-ci.yml:5:1: `1` at the top level is a number, not a name
      caused by: .gitlab-ci.yml:6:1: `something` is neither a keyword nor a job with a `script`
      caused by: .gitlab-ci.yml:7:1: `job` is in the stage `test`, which is not declared

    hint: did you mean `stages`?
    hint: put the name in quotes: `"1":`
    hint: the stages are .pre, .post; add it to `stages`
    "#
    );
    assert_snapshot!(pipeline("image: a\ndefault: {image: b, scirpt: x}\njob: {script: x, 7: x}\n"), @r"
    error: the pipeline `.gitlab-ci.yml` is not valid
      caused by: .gitlab-ci.yml:1:1: `image` stands in `default` and at the top level
      caused by: .gitlab-ci.yml:2:21: unknown keyword `scirpt` in `default`
      caused by: .gitlab-ci.yml:3:18: unknown keyword `7` in `job`

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
      caused by: .gitlab-ci.yml:2:1: the job `a` has no `script`
      caused by: .gitlab-ci.yml:2:5: unknown keyword `scirpt` in `a`
      caused by: .gitlab-ci.yml:3:13: `script` of `b` must be a string or a list of strings, and is a mapping
      caused by: .gitlab-ci.yml:4:23: `script` of `c` has lists more than 10 levels deep
      caused by: .gitlab-ci.yml:5:30: `after_script` of `d` must be a string or a list of strings, and is a number
      caused by: .gitlab-ci.yml:5:47: `dependencies` of `d` must be a list of strings, and is a number
      caused by: .gitlab-ci.yml:5:57: `needs` of `d` must be a list of jobs, and is a number
      caused by: .gitlab-ci.yml:6:23: `e` is in the stage `7`, which is not declared
      caused by: .gitlab-ci.yml:6:32: `e` has `when: delayed` and no `start_in`
      caused by: .gitlab-ci.yml:6:56: `allow_failure` of `e` must be true, false or hold `exit_codes`, and is a string
      caused by: .gitlab-ci.yml:6:72: `timeout` of `e` is no duration: `soon`

    hint: a template that runs nothing begins its name with a dot
    hint: did you mean `script`?
    hint: put quotes around a line that holds a colon and a blank, such as `- 'echo a: b'`
    hint: the stages are .pre, build, test, deploy, .post; add it to `stages`
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
      caused by: .gitlab-ci.yml:3:1: `needs` run in a circle: `a` → `b` → `a`
      caused by: .gitlab-ci.yml:3:39: `needs` of `a` must be a list of jobs, and is a number
      caused by: .gitlab-ci.yml:3:42: each of `needs` of `a` must be a job, or hold a `job`
      caused by: .gitlab-ci.yml:3:81: `needs:artifacts` of `a` must be true or false, and is a string
      caused by: .gitlab-ci.yml:5:36: `needs` of `c` names `dd`, which is no job
      caused by: .gitlab-ci.yml:5:40: `needs` of `c` names `nobody-at-all`, which is no job
      caused by: .gitlab-ci.yml:5:55: `needs` of `c` names `later`, which is in a later stage
      caused by: .gitlab-ci.yml:6:42: `dependencies` of `d` names `a`, which is in the same stage
      caused by: .gitlab-ci.yml:6:42: `dependencies` of `d` names `later`, which is in a later stage
      caused by: .gitlab-ci.yml:7:58: `dependencies` of `later` names `b`, which is not in its `needs`

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
      caused by: .gitlab-ci.yml:2:23: `image` of `a` must be a name, or hold a `name`, and is a number
      caused by: .gitlab-ci.yml:2:36: `services` of `a` must be a list, and is a string
      caused by: .gitlab-ci.yml:3:23: `image` of `b` has no `name`
      caused by: .gitlab-ci.yml:3:36: `image:entrypoint` of `b` must be a list of strings, and is a mapping
      caused by: .gitlab-ci.yml:3:53: `image:pull_policy` of `b` must be always, if-not-present or never, or a list of them, and is a string
      caused by: .gitlab-ci.yml:3:72: `image:docker` of `b` must be a mapping, and is a string
      caused by: .gitlab-ci.yml:4:56: `services:command` of `c` must be a list of strings, and is a mapping
      caused by: .gitlab-ci.yml:4:75: the variable `A` of a service of `c` must be a string, a number or a boolean, and is a list
      caused by: .gitlab-ci.yml:4:81: `services` of `c` must be a name, or hold a `name`, and is a string
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
      caused by: .gitlab-ci.yml:2:27: `artifacts` of `a` must be a mapping with `paths`, `untracked` or `reports`, and is a list
      caused by: .gitlab-ci.yml:3:35: `artifacts:paths` of `b` must be a list of strings, and is a number
      caused by: .gitlab-ci.yml:3:47: `artifacts:exclude` of `b` must be a list of strings, and is a mapping
      caused by: .gitlab-ci.yml:3:62: `artifacts:untracked` of `b` must be true or false, and is a string
      caused by: .gitlab-ci.yml:3:75: `artifacts:when` of `b` cannot be `later`
      caused by: .gitlab-ci.yml:3:93: `artifacts:expire_in` of `b` is no duration: `soon`
      caused by: .gitlab-ci.yml:3:108: `artifacts:reports` of `b` must be kinds of reports with files, and is a list
      caused by: .gitlab-ci.yml:4:45: `artifacts:reports:junit` of `c` must be a path or a list of paths, and is a number
      caused by: .gitlab-ci.yml:4:65: `artifacts:reports:coverage_report` of `c` must be a path or a list of paths, and is a mapping

    hint: it is one of on_success, on_failure, always
    hint: write a duration such as `1h 30m`, `90 minutes` or `3600`
    "
    );
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
      caused by: .gitlab-ci.yml:2:13: `A-B` in `variables` of the pipeline is no name for a variable
      caused by: .gitlab-ci.yml:2:39: the variable `LIST` of the pipeline must be a string, a number or a boolean, and is a list
      caused by: .gitlab-ci.yml:2:66: `variables:E:expand` of the pipeline must be true or false, and is a string
      caused by: .gitlab-ci.yml:2:78: unknown keyword `variables:U:valeu` at the top level
      caused by: .gitlab-ci.yml:3:27: `variables` of `a` must be names with values, and is a string

    hint: names are letters, digits and underscores, and do not begin with a digit
    hint: did you mean `value`?
    "#
    );
}
