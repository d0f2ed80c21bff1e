//! `template lint` as people and programs see it.

mod traps;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::support::job::PROGRAM;

/// A directory with files.
fn holding(files: &[(&str, &str)]) -> TempDir {
    let place = TempDir::with_prefix("baws-it-").expect("there is room");
    for (name, text) in files {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().expect("it is below")).expect("there is room");
        fs::write(path, text).expect("there is room");
    }
    place
}

fn lint(place: &TempDir, words: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command
        .current_dir(place.path())
        .args(["template", "lint"])
        .args(words);
    command.output().expect("the program runs")
}

/// What it printed, behind its exit code.
fn said(place: &TempDir, words: &[&str]) -> String {
    let done = lint(place, words);
    let code = done.status.code().expect("it ended by itself");
    format!(
        "{code}\n{}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    )
}

const BROKEN: &str = "
stages: [build]
build:
  stage: biuld
  script: make
  retry: {max: 2, wehn: always}
test:
  stage: build
  needs: [buidl]
  script: make test
  rules:
    - if: $CI_COMMIT_BRANCH = 'main'
";

#[test]
fn each_fault_is_shown_in_its_line_with_what_to_do() {
    let place = holding(&[("ci.yml", BROKEN)]);
    assert_snapshot!(said(&place, &["ci.yml"]), @r"
    2
    ci.yml:4:10: error[name]: `build` is in the stage `biuld`, which is not declared
      4 |   stage: biuld
        |          ^
      hint: the stages are .pre, build, .post; add it to `stages`
    ci.yml:6:19: error[keyword]: unknown keyword `retry:wehn` in `build`
      6 |   retry: {max: 2, wehn: always}
        |                   ^
      hint: did you mean `when`?
    ci.yml:9:11: error[name]: `needs` of `test` names `buidl`, which is no job
      9 |   needs: [buidl]
        |           ^
      hint: did you mean `build`?
    ci.yml:12:11: error[expression]: `$CI_COMMIT_BRANCH = 'main'` of `test` is no condition: `= ` is no part of an expression
      12 |     - if: $CI_COMMIT_BRANCH = 'main'
         |           ^
      hint: equality is `==`
    `ci.yml` is not valid: 4 errors
    ");
}

#[test]
fn a_valid_file_is_said_to_be_and_warnings_are_errors_only_if_asked() {
    let place = holding(&[("ci.yml", "a: {script: x, variables: {V: 3.10}}\n")]);
    assert_snapshot!(said(&place, &["ci.yml"]), @r#"
    0
    ci.yml:1:31: warning[number]: `3.10` is the number 3.1 for GitLab
      1 | a: {script: x, variables: {V: 3.10}}
        |                               ^
      hint: write `V: "3.10"`
    `ci.yml` is valid, with 1 warning: 1 job in 1 file
    "#);
    assert_eq!(lint(&place, &["--strict", "ci.yml"]).status.code(), Some(2));
}

#[test]
fn programs_read_json_and_gitlab_reads_a_code_quality_report() {
    let place = holding(&[("ci.yml", "a: {scirpt: x}\n")]);
    assert_snapshot!(said(&place, &["--json", "--code-quality", "report.json", "ci.yml"]), @r#"
    2
    {"files":[{"away":[],"faults":[{"column":1,"file":"ci.yml","hint":"a template that runs nothing begins its name with a dot","line":1,"rule":"empty","severity":"error","text":"the job `a` has no `script`"},{"column":5,"file":"ci.yml","hint":"did you mean `script`?","line":1,"rule":"keyword","severity":"error","text":"unknown keyword `scirpt` in `a`"}],"file":"ci.yml","inputs":[],"jobs":[],"valid":false}],"schema":"baws-ci/lint/1"}
    "#);
    let report = fs::read_to_string(place.path().join("report.json")).expect("it was written");
    assert_snapshot!(report, @r#"
    [{"check_name":"baws-ci/empty","description":"the job `a` has no `script`","fingerprint":"ad6e3c93c465dc5212009a1c7d198c79644d3d1206936c81734954ff27071bf7","location":{"lines":{"begin":1},"path":"ci.yml"},"severity":"major"},{"check_name":"baws-ci/keyword","description":"unknown keyword `scirpt` in `a`","fingerprint":"59e4d48aa60ff3bc845148562bc1d2e97f6e17a2d024394f47000535616019eb","location":{"lines":{"begin":1},"path":"ci.yml"},"severity":"major"}]
    "#);
}

#[test]
fn what_is_merged_is_shown() {
    let place = holding(&[
        ("ci.yml", "include: parts/a.yml\nb: {extends: .a}\n"),
        (
            "parts/a.yml",
            ".a: {script: [one, !reference [.c, script]]}\n.c: {script: two}\n",
        ),
    ]);
    assert_snapshot!(said(&place, &["--merged", "ci.yml"]), @r"
    0
    .a:
      script:
      - one
      - two
    .c:
      script: two
    b:
      script:
      - one
      - two
    ");
}

#[test]
fn an_include_does_not_leave_its_project() {
    let place = holding(&[
        ("secret.yml", "a: {script: x}\n"),
        (
            "app/ci.yml",
            "include: [../secret.yml, /link.yml, gone.yml, notes.txt, /dev/zero.yml]\nb: {script: x}\n",
        ),
        ("app/notes.txt", ""),
        ("app/.git/HEAD", ""),
    ]);
    symlink(
        place.path().join("secret.yml"),
        place.path().join("app/link.yml"),
    )
    .expect("there is room");
    symlink("/dev/zero", place.path().join("app/zero.yml")).expect("there is room");
    let root = place.path().display().to_string();
    assert_snapshot!(said(&place, &["app/ci.yml"]).replace(&root, "ROOT"), @r"
    2
    app/ci.yml:1:11: error[include]: `../secret.yml` leads out of the project
      1 | include: [../secret.yml, /link.yml, gone.yml, notes.txt, /dev/zero.yml]
        |           ^
    app/ci.yml:1:26: error[include]: `link.yml` leads out of the project
      1 | include: [../secret.yml, /link.yml, gone.yml, notes.txt, /dev/zero.yml]
        |                          ^
    app/ci.yml:1:37: error[include]: `gone.yml` is not there
      1 | include: [../secret.yml, /link.yml, gone.yml, notes.txt, /dev/zero.yml]
        |                                     ^
      hint: it is looked for in `ROOT/app`
    app/ci.yml:1:47: error[include]: `notes.txt` does not end with .yml or .yaml: GitLab includes no other
      1 | include: [../secret.yml, /link.yml, gone.yml, notes.txt, /dev/zero.yml]
        |                                               ^
    app/ci.yml:1:58: error[include]: `dev/zero.yml` is not there
      1 | include: [../secret.yml, /link.yml, gone.yml, notes.txt, /dev/zero.yml]
        |                                                          ^
      hint: it is looked for in `ROOT/app`
    `app/ci.yml` is not valid: 5 errors
    ");
    fs::write(
        place.path().join("app/ci.yml"),
        "include: zero.yml\nb: {script: x}\n",
    )
    .expect("there is room");
    assert_snapshot!(said(&place, &["app/ci.yml"]).replace(&root, "ROOT"), @r"
    2
    app/ci.yml:1:10: error[include]: `zero.yml` leads out of the project
      1 | include: zero.yml
        |          ^
    `app/ci.yml` is not valid: 1 error
    ");
}

#[test]
fn a_file_that_is_far_too_large_is_not_read() {
    let place = holding(&[]);
    let file = fs::File::create(place.path().join("ci.yml")).expect("there is room");
    file.set_len(100_000_000).expect("there is room");
    assert_snapshot!(said(&place, &["ci.yml"]), @r"
    2
    error: cannot read the pipeline `ci.yml`
      caused by: it has 100000000 bytes; GitLab reads at most 2097152
    ");
}

#[test]
fn hostile_names_and_letters_do_no_harm() {
    let place = holding(&[(
        "ci.yml",
        "\"\\e[31mred\\a\": {script: x, needs: [\"../../etc\"]}\n",
    )]);
    let text = said(&place, &["ci.yml"]);
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{7}'),
        "{text:?}"
    );
}

#[test]
fn a_bomb_of_aliases_a_deep_file_and_circles_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let before = vec![format!("*a{}", n - 1); 8].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{before}]\n"));
    }
    let deep = format!("a: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    let place = holding(&[
        ("bomb.yml", &bomb),
        ("deep.yml", &deep),
        (
            "circle.yml",
            "include: circle.yml\na: {script: x, needs: [b]}\nb: {script: x, needs: [a], extends: c}\nc: {extends: b}\n",
        ),
    ]);
    let short = |file: &str| {
        let text = said(&place, &[file]);
        let lines = text.lines().filter(|line| line.contains("error["));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_snapshot!(short("bomb.yml"), @"bomb.yml:7:10: error[yaml]: the file holds more than 500000 values, aliases counted as what they stand for");
    assert_snapshot!(short("deep.yml"), @"deep.yml:1:259: error[yaml]: values nest more than 100 levels deep");
    assert_snapshot!(short("circle.yml"), @r"
    circle.yml:1:10: error[include]: `circle.yml` includes itself
    circle.yml:2:1: error[needs]: `needs` run in a circle: `a` → `b` → `a`
    circle.yml:4:14: error[extends]: `extends` runs in a circle: `b` → `c` → `b`
    ");
}
