//! What events make of a pipeline.

use super::super::*;

/// The jobs of each event, and why the others are not there.
fn planned(text: &str, event: EventKind, set: &[(&str, &str)]) -> String {
    let pipeline = Pipeline::parse(text, "ci.yml").unwrap();
    let lookup = |name: &str| {
        let known = [
            ("CI_PIPELINE_SOURCE", event.source()),
            ("CI_DEFAULT_BRANCH", "main"),
            ("CI_COMMIT_BRANCH", "main"),
            ("CI_COMMIT_TAG", "v1"),
        ];
        let fits = |key: &str| match key {
            "CI_COMMIT_BRANCH" => event.is_branch(),
            "CI_COMMIT_TAG" => event == EventKind::Tag,
            _ => true,
        };
        let all = set.iter().chain(&known);
        all.into_iter()
            .find(|(key, _)| *key == name && fits(key))
            .map(|(_, value)| (*value).to_owned())
    };
    let files = ["Dockerfile".to_owned(), "src/a.rs".to_owned()];
    let known = Conditions {
        event,
        ref_name: "main",
        variables: &lookup,
        files: Some(&files),
        changed: Some(&files[1..]),
    };
    let plan = pipeline.plan(&known, &[]);
    let mut lines: Vec<String> = plan.none.iter().map(|why| format!("none: {why}")).collect();
    lines.extend(
        plan.pipeline
            .jobs
            .iter()
            .map(|job| format!("{} {}", job.name, job.when.word())),
    );
    lines.extend(
        plan.absent
            .iter()
            .map(|one| format!("not {}: {}", one.job, one.why)),
    );
    lines.extend(
        plan.broken
            .iter()
            .map(|one| format!("{} needs {}", one.job, one.need)),
    );
    lines.join("\n")
}

const RULES: &str = "
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == 'merge_request_event'
    - if: $CI_COMMIT_TAG
      variables: {KIND: release}
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
build: {stage: build, script: x, rules: [{exists: [Dockerfile]}]}
docs: {script: x, rules: [{changes: ['docs/**/*']}]}
test: {script: x, rules: [{if: $CI_MERGE_REQUEST_IID == null, when: never}, {when: on_success}]}
release: {script: x, rules: [{if: $KIND == 'release', when: manual, allow_failure: true}]}
older: {script: x, only: [tags]}
plain: {script: x}
later: {stage: deploy, script: x, needs: [release], rules: [{when: delayed, start_in: 5 minutes}]}
";

#[test]
fn rules_decide_what_an_event_gets() {
    insta::assert_snapshot!(planned(RULES, EventKind::Push, &[]), @r"
    build on_success
    plain on_success
    later delayed
    not docs: `changes: docs/**/*` does not hold
    not test: `if: $CI_MERGE_REQUEST_IID == null` holds, and says never
    not release: `if: $KIND == 'release'` does not hold: $KIND is not set
    not older: `only:refs` does not hold
    later needs release
    ");
    insta::assert_snapshot!(planned(RULES, EventKind::Tag, &[]), @r"
    build on_success
    release manual
    older on_success
    plain on_success
    later delayed
    not docs: `changes: docs/**/*` does not hold
    not test: `if: $CI_MERGE_REQUEST_IID == null` holds, and says never
    ");
    insta::assert_snapshot!(planned(RULES, EventKind::MergeRequest, &[("CI_MERGE_REQUEST_IID", "1")]), @r"
    build on_success
    test on_success
    plain on_success
    later delayed
    not docs: `changes: docs/**/*` does not hold
    not release: `if: $KIND == 'release'` does not hold: $KIND is not set
    not older: `only:refs` does not hold
    later needs release
    ");
}

#[test]
fn a_matrix_is_several_jobs_and_needs_name_all_or_one() {
    let text = "
build:
  stage: build
  script: x
  parallel: {matrix: [{OS: [a, b], ARCH: [x]}, {OS: c}]}
all: {script: x, needs: [build]}
one: {script: x, needs: [{job: build, parallel: {matrix: [{OS: b}]}}]}
three: {script: x, needs: [], parallel: 3}
";
    let pipeline = Pipeline::parse(text, "ci.yml").unwrap();
    let names: Vec<&str> = pipeline.jobs.iter().map(|job| job.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "build: [a, x]",
            "build: [b, x]",
            "build: [c]",
            "all",
            "one",
            "three 1/3",
            "three 2/3",
            "three 3/3"
        ]
    );
    let of = |name: &str| -> Vec<&str> {
        let needed = pipeline.needed_by(pipeline.job(name).unwrap());
        needed.into_iter().map(|job| job.name.as_str()).collect()
    };
    assert_eq!(of("all"), ["build: [a, x]", "build: [b, x]", "build: [c]"]);
    assert_eq!(of("one"), ["build: [b, x]"]);
}

#[test]
fn only_and_except_are_asked_as_before() {
    let text = "
a: {script: x, only: [main, /^release/]}
b: {script: x, except: [branches]}
c: {script: x, only: {variables: [$CI_COMMIT_BRANCH == 'other']}}
d: {script: x, only: [merge_requests]}
e: {script: x, only: {changes: [src/*]}, except: {variables: [$X]}}
";
    insta::assert_snapshot!(planned(text, EventKind::Push, &[]), @r"
    a on_success
    e on_success
    not b: `except:refs` holds
    not c: `only:variables` does not hold
    not d: `only:refs` does not hold
    ");
}
