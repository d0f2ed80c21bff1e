//! What a pipeline is read as, and every way in which it is refused.

use super::*;
use crate::error::Class;

impl Pipeline {
    /// A pipeline of one file.
    pub(crate) fn parse(text: &str, file: &str) -> crate::error::Result<Self> {
        let first = Found {
            name: file.to_owned(),
            identity: file.to_owned(),
            text: text.to_owned(),
            origin: Origin::Own,
        };
        let nowhere = |_: &Location, _: &Origin| {
            Err(Missing::Away {
                hint: "there is no other file".to_owned(),
            })
        };
        let request = Request {
            first,
            inputs: Given::new(),
            library: &nowhere,
            conditions: None,
        };
        read(request).pipeline(file)
    }
}

fn pipeline(text: &str) -> Pipeline {
    Pipeline::parse(text, "ci.yml").unwrap()
}

/// The error as people see it.
fn refusal(text: &str) -> String {
    let error = Pipeline::parse(text, "ci.yml").unwrap_err();
    assert_eq!(error.class(), Class::Usage);
    let mut lines = vec![error.message().to_owned()];
    lines.extend(error.causes().iter().map(|cause| format!("- {cause}")));
    lines.extend(error.hints().iter().map(|hint| format!("? {hint}")));
    lines.join("\n")
}

fn names(jobs: Vec<&Job>) -> Vec<&str> {
    jobs.into_iter().map(|job| job.name.as_str()).collect()
}

#[test]
fn a_job_has_the_defaults_it_does_not_replace() {
    let text = "
default: {image: base, before_script: [setup], timeout: 1h}
variables: {LEVEL: 1, RAW: {value: $A, expand: false}}
.hidden: &hidden {after_script: [sweep]}
a: {<<: *hidden, script: [[one, [two]], three]}
b: {script: x, image: {name: other, entrypoint: [''], docker: {user: 1000}}, before_script: [], timeout: 90 minutes}
";
    let p = pipeline(text);
    let (a, b) = (&p.jobs[0], &p.jobs[1]);
    assert_eq!(
        (a.script.join(" "), a.after_script.join(" ")),
        ("setup one two three".to_owned(), "sweep".to_owned())
    );
    assert_eq!(
        (
            a.image.as_ref().unwrap().name.as_str(),
            a.timeout_secs,
            b.timeout_secs
        ),
        ("base", Some(3600), Some(5400))
    );
    let image = b.image.as_ref().unwrap();
    assert_eq!(
        (
            b.script.len(),
            image.entrypoint.len(),
            image.executor_opts.docker.user.as_str()
        ),
        (1, 1, "1000")
    );
    let variables: Vec<_> = p
        .variables
        .iter()
        .map(|v| (v.key.as_str(), v.value.as_str(), v.raw))
        .collect();
    assert_eq!(variables, [("LEVEL", "1", false), ("RAW", "$A", true)]);
}

#[test]
fn jobs_run_by_stage_and_what_is_needed_comes_first() {
    let text = "
stages: [one, two]
d: {stage: two, script: x, needs: [c]}
c: {stage: two, script: x}
b: {stage: one, script: x}
m: {stage: one, script: x, when: manual}
z: {stage: .pre, script: x}
";
    let p = pipeline(text);
    assert_eq!(names(p.select(&[]).unwrap()), ["z", "b", "c", "d"]);
    assert_eq!(
        names(p.select(&["d".to_owned()]).unwrap()),
        ["z", "b", "c", "d"]
    );
    assert_eq!(names(p.select(&["m".to_owned()]).unwrap()), ["z", "m"]);
    assert_eq!(
        p.select(&["dd".to_owned()]).unwrap_err().to_string(),
        "the pipeline has no job `dd`"
    );
}

#[test]
fn artifacts_come_from_needs_and_dependencies_only() {
    let text = "
stages: [one, two]
a: {stage: one, script: x}
b: {stage: one, script: x}
all: {stage: two, script: x}
none: {stage: two, script: x, dependencies: []}
some: {stage: two, script: x, needs: [a, {job: b, artifacts: false}, {job: gone, optional: true}]}
";
    let p = pipeline(text);
    let of = |name: &str| names(p.artifacts_for(p.job(name).unwrap()));
    assert_eq!(
        (of("all"), of("none"), of("some")),
        (vec!["a", "b"], vec![], vec!["a"])
    );
    assert_eq!(names(p.needed_by(p.job("some").unwrap())), ["a", "b"]);
}

#[test]
fn what_a_missing_file_may_hold_is_not_held_against_the_others() {
    let text = "
include: other.yml
a: {script: x, extends: .elsewhere, needs: [b], stage: theirs}
c: {script: [!reference [.elsewhere, script]]}
d: {variables: {A: 1}}
";
    assert!(pipeline(text).job("a").is_some());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = "
stagse: [x]
a: {scirpt: x}
b: {script: {a: b}, stage: late, when: delayed}
c: {script: x, stage: late, timeout: soon, needs: [d]}
d: {script: x, needs: [e], variables: {A-B: x, FLAG: true}}
e: {script: x, needs: [d, nobody]}
";
    insta::assert_snapshot!(refusal(text), @r#"
    the pipeline `ci.yml` is not valid
    - ci.yml:2:1: `stagse` is neither a keyword nor a job with a `script`
    - ci.yml:3:1: the job `a` has no `script`
    - ci.yml:3:5: unknown keyword `scirpt` in `a`
    - ci.yml:4:13: `script` of `b` must be a string or a list of strings, and is a mapping
    - ci.yml:5:23: `c` is in the stage `late`, which is not declared
    - ci.yml:5:38: `timeout` of `c` is no duration: `soon`
    - ci.yml:6:1: `needs` run in a circle: `d` → `e` → `d`
    - ci.yml:6:40: `A-B` in `variables` of `d` is no name for a variable
    - ci.yml:7:27: `needs` of `e` names `nobody`, which is no job
    ? did you mean `stages`?
    ? a template that runs nothing begins its name with a dot
    ? did you mean `script`?
    ? put quotes around a line that holds a colon and a blank, such as `- 'echo a: b'`
    ? the stages are .pre, build, test, deploy, .post; add it to `stages`
    ? write a duration such as `1h 30m`, `90 minutes` or `3600`
    ? names are letters, digits and underscores, and do not begin with a digit
    "#);
}

#[test]
fn text_that_is_not_yaml_is_refused_with_its_line() {
    insta::assert_snapshot!(refusal("a:\n  script: [x\nb: y\n"), @r"
    the pipeline `ci.yml` is not valid
    - ci.yml:3:2: this is not valid YAML: invalid indentation
    ? a bracket `[` or `{` is not closed, or a line is not indented as the ones around it
    ");
    insta::assert_snapshot!(refusal("# nothing\n"), @r"
    the pipeline `ci.yml` is not valid
    - ci.yml:1:1: the file is empty
    ");
    insta::assert_snapshot!(refusal(".a: {script: x}\n"), @r"
    the pipeline `ci.yml` is not valid
    - ci.yml:1:1: it holds no job that runs
    ? a job is a name with a `script`; a name that begins with a dot is hidden
    ");
}

mod assembled;
mod planned;
