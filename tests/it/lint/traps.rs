//! What is not wrong in itself, and not what is meant: YAML 1.1, inputs passed on, events.

use insta::assert_snapshot;

use super::{holding, lint, said};

#[test]
fn traps_of_yaml_1_1_are_told_and_what_gitlab_takes_is_taken() {
    let place = holding(&[
        (
            "traps.yml",
            "variables: {ACCOUNT: 012345678901, OCTAL: 0123456, TIME: 22:22, VERSION: 1.10}\na: {script: x, interruptible: no}\non: {script: x}\n",
        ),
        (
            "twice.yml",
            "a: {script: one}\na: {script: two}\nb:\n  script: x\n  script: y\n",
        ),
        ("tab.yml", "a:\n\tscript: x\n"),
        ("windows.yml", "\u{feff}a:\r\n  script:\r\n    - one\r\n"),
        ("variables.yml", "variables: {DEBUG: no}\na: {script: x}\n"),
    ]);
    assert_snapshot!(said(&place, &["traps.yml"]), @r#"
    2
    traps.yml:1:43: warning[number]: `0123456` is the number 42798 for GitLab
      1 | variables: {ACCOUNT: 012345678901, OCTAL: 0123456, TIME: 22:22, VERSION: 1.10}
        |                                           ^
      hint: write `OCTAL: "0123456"`
    traps.yml:1:58: warning[number]: `22:22` is the number 1342 for GitLab
      1 | variables: {ACCOUNT: 012345678901, OCTAL: 0123456, TIME: 22:22, VERSION: 1.10}
        |                                                          ^
      hint: write `TIME: "22:22"`
    traps.yml:1:74: warning[number]: `1.10` is the number 1.1 for GitLab
      1 | CCOUNT: 012345678901, OCTAL: 0123456, TIME: 22:22, VERSION: 1.10}
        |                                                             ^
      hint: write `VERSION: "1.10"`
    traps.yml:3:1: error[keyword]: `on` at the top level is a boolean or nothing, not a name
      3 | on: {script: x}
        | ^
      hint: put the name in quotes: `"on":`
    `traps.yml` is not valid: 1 error, 3 warnings
    "#);
    assert_snapshot!(said(&place, &["twice.yml"]), @r"
    0
    twice.yml:2:1: warning[duplicate-key]: `a` stands twice; what line 1 says is not read
      2 | a: {script: two}
        | ^
    twice.yml:5:3: warning[duplicate-key]: `script` stands twice; what line 4 says is not read
      5 |   script: y
        |   ^
    `twice.yml` is valid, with 2 warnings: 2 jobs in 1 file
    ");
    assert_snapshot!(said(&place, &["tab.yml"]), @r"
    2
    tab.yml:2:2: error[yaml]: this is not valid YAML: tabs disallowed within this context (block indentation)
      2 |  script: x
        |  ^
      hint: YAML knows no tabs for indentation: use blanks
    `tab.yml` is not valid: 1 error
    ");
    assert_snapshot!(said(&place, &["windows.yml"]), @r"
    0
    `windows.yml` is valid: 1 job in 1 file
    ");
    assert_snapshot!(said(&place, &["variables.yml"]), @r#"
    0
    variables.yml:1:20: warning[number]: `no` is the boolean false for GitLab
      1 | variables: {DEBUG: no}
        |                    ^
      hint: write `DEBUG: "no"`
    `variables.yml` is valid, with 1 warning: 1 job in 1 file
    "#);
}

#[test]
fn an_input_that_is_refused_is_told_once_where_it_was_given() {
    let place = holding(&[
        (
            "ci.yml",
            "include: [{local: outer.yml, inputs: {word: [1]}}]\n",
        ),
        (
            "outer.yml",
            "spec: {inputs: {word: {}}}\n---\ninclude: [{local: inner.yml, inputs: {word: '$[[ inputs.word ]]'}}]\n",
        ),
        (
            "inner.yml",
            "spec: {inputs: {word: {options: [a, b]}}}\n---\na: {script: 'echo $[[ inputs.word ]]'}\n",
        ),
    ]);
    assert_snapshot!(said(&place, &["ci.yml"]), @r"
    2
    ci.yml:1:45: error[input]: the input `word` must be a string, and is a list
      1 | include: [{local: outer.yml, inputs: {word: [1]}}]
        |                                             ^
    `ci.yml` is not valid: 1 error
    ");
}

#[test]
fn a_job_that_an_event_would_strand_is_a_warning() {
    let place = holding(&[(
        "ci.yml",
        "build: {script: x, rules: [{if: $CI_COMMIT_BRANCH}]}\ntest: {script: x, needs: [build], rules: [{when: always}]}\n",
    )]);
    assert_snapshot!(said(&place, &["ci.yml"]), @r"
    0
    ci.yml:2:27: warning[needs]: `test` needs `build`, which the pipeline of a merge request does not have: GitLab makes none then
      2 | test: {script: x, needs: [build], rules: [{when: always}]}
        |                           ^
      hint: let the rules of both say the same, or write `needs: [{job: …, optional: true}]`
    `ci.yml` is valid, with 1 warning: 2 jobs in 1 file
    ");
    assert_eq!(lint(&place, &["--strict", "ci.yml"]).status.code(), Some(2));
}

/// What GitLab's reference knows, in one file; also what its schema for editors is wrong about.
#[test]
fn every_keyword_of_the_reference_is_taken() {
    let place = holding(&[("ci.yml", include_str!("every_keyword.yml"))]);
    assert_snapshot!(said(&place, &["ci.yml"]), @r"
    0
    `ci.yml` is valid: 17 jobs in 1 file
    ");
}
