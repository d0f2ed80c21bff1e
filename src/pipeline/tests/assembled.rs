//! Files, inputs, references and templates into one pipeline.

use super::super::*;

/// Reads `text`, with other files by path.
fn reading(text: &str, others: &[(&str, &str)], inputs: &[(&str, &str)]) -> Read {
    let found = |name: &str, text: &str| Found {
        name: name.to_owned(),
        identity: name.to_owned(),
        text: text.to_owned(),
        origin: Origin::Own,
    };
    let library = |location: &Location, _: &Origin| match location {
        Location::Local(path) => match others.iter().find(|(name, _)| name == path) {
            Some((name, text)) => Ok(vec![found(name, text)]),
            None => Err(Missing::Wrong {
                why: format!("`{path}` is not there"),
                hint: None,
            }),
        },
        _ => Err(Missing::Away {
            hint: "show it".to_owned(),
        }),
    };
    let given = inputs.iter().map(|(name, value)| {
        let node = crate::yaml::Node::text(*value, crate::yaml::Place::default());
        ((*name).to_owned(), node)
    });
    read(Request {
        first: found("ci.yml", text),
        inputs: given.collect(),
        library: &library,
        conditions: None,
    })
}

fn merged(text: &str, others: &[(&str, &str)], inputs: &[(&str, &str)]) -> String {
    let read = reading(text, others, inputs);
    assert!(!read.faults.has_errors(), "{:#?}", read.faults);
    read.merged_yaml().unwrap()
}

/// What is wrong, one line each.
fn said(text: &str, others: &[(&str, &str)], inputs: &[(&str, &str)]) -> String {
    let read = reading(text, others, inputs);
    let lines = read.faults.iter().map(|fault| {
        let hint = fault
            .hint
            .as_ref()
            .map_or(String::new(), |hint| format!(" ({hint})"));
        format!(
            "{} [{}] {}{hint}",
            read.files.shown(fault.at),
            fault.rule.name(),
            fault.text
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn references_templates_and_merge_keys_become_one_job() {
    let text = "
.base: &base {image: a, variables: {A: '1', B: '1'}}
.lines: {script: [one, two]}
.more:
  extends: .base
  variables: {B: '2'}
a:
  extends: [.more]
  variables: {C: '3'}
  script: [!reference [.lines, script], three]
b:
  <<: *base
  image: b
  script: !reference [.lines, script]
";
    insta::assert_snapshot!(merged(text, &[], &[]), @r"
    .base:
      image: a
      variables:
        A: '1'
        B: '1'
    .lines:
      script:
      - one
      - two
    .more:
      image: a
      variables:
        A: '1'
        B: '2'
    a:
      image: a
      variables:
        A: '1'
        B: '2'
        C: '3'
      script:
      - - one
        - two
      - three
    b:
      image: b
      variables:
        A: '1'
        B: '1'
      script:
      - one
      - two
    ");
}

#[test]
fn what_includes_wins_over_what_is_included() {
    let text = "include: [{local: one.yml}, {local: two.yml}]\na: {variables: {A: own}}\n";
    let one = "a: {script: one, variables: {A: one, B: one}}\n";
    let two = "a: {script: two}\n";
    insta::assert_snapshot!(merged(text, &[("one.yml", one), ("two.yml", two)], &[]), @r"
    a:
      script: two
      variables:
        A: own
        B: one
    ");
}

const TEMPLATE: &str = "
spec:
  inputs:
    name: {default: app}
    tags: {type: array, default: [x]}
    count: {type: number, default: 2}
    flag: {type: boolean, default: true}
    where: {options: [here, there], default: here}
    code: {regex: '^[a-z]+$', default: abc}
---
\"build-$[[ inputs.name ]]\":
  tags: $[[ inputs.tags ]]
  parallel: $[[ inputs.count ]]
  interruptible: $[[ inputs.flag ]]
  script: echo $[[ inputs.name | truncate(0,2) ]] in $[[ inputs.where ]] $[[ inputs.tags ]]
";

#[test]
fn inputs_keep_their_types_and_stand_in_names_and_texts() {
    let text = "include: [{local: t.yml, inputs: {name: shop, tags: [a, b], flag: false}}]\n";
    insta::assert_snapshot!(merged(text, &[("t.yml", TEMPLATE)], &[]), @r#"
    build-shop:
      tags:
      - a
      - b
      parallel: 2
      interruptible: false
      script: echo sh in here ["a","b"]
    "#);
    insta::assert_snapshot!(merged(TEMPLATE, &[], &[("count", "3"), ("flag", "false"), ("tags", "[q]")]), @r#"
    build-app:
      tags:
      - q
      parallel: 3
      interruptible: false
      script: echo ap in here ["q"]
    "#);
}

#[test]
fn an_input_that_does_not_fit_is_named_where_it_was_given() {
    let text = "include:\n  - local: t.yml\n    inputs: {where: nowhere, code: A1, count: many, nmae: x}\n";
    insta::assert_snapshot!(said(text, &[("t.yml", TEMPLATE)], &[]), @r"
    ci.yml:3:21 [input] the input `where` cannot be `nowhere`: it is one of here, there
    ci.yml:3:36 [input] the input `code` cannot be `A1`: it has to fit `^[a-z]+$`
    ci.yml:3:47 [input] the input `count` must be a number, and is a string
    ci.yml:3:59 [input] there is no input `nmae` (did you mean `name`?)
    ");
    let needed =
        "spec: {inputs: {must: {}}}\n---\na: {script: '$[[ inputs.must ]] $[[ inputs.msut ]]'}\n";
    insta::assert_snapshot!(said(needed, &[], &[]), @"ci.yml:1:1 [input] the input `must` has no value, and no default (give it one: below `include`, `inputs: {must: …}`; on the command line, `--input must=…`)");
}

#[test]
fn circles_of_every_kind_are_named() {
    let includes = [("a.yml", "include: b.yml\n"), ("b.yml", "include: a.yml\n")];
    insta::assert_snapshot!(said("include: a.yml\nx: {script: x}\n", &includes, &[]), @"b.yml:1:10 [include] `a.yml` includes itself");
    let text = "
a: {extends: b, script: x}
b: {extends: a, script: x}
c: {script: !reference [d, script]}
d: {script: !reference [c, script]}
";
    insta::assert_snapshot!(said(text, &[], &[]), @r"
    ci.yml:3:14 [extends] `extends` runs in a circle: `a` → `b` → `a`
    ci.yml:4:13 [reference] `!reference [d, script]` leads back to itself
    ");
}

#[test]
fn yaml_that_is_a_trap_is_told() {
    let text = "
.t: &t {script: template}
a:
  script: own
  <<: *t
b: {script: x, script: y, variables: {ACCOUNT: 012345670123, VERSION: 3.10}}
1: {script: x}
c: {script: x, when: no}
d: {script: x, variables: {DAY: 2024-01-31}}
";
    insta::assert_snapshot!(said(&text.replace("d: {script: x, variables: {DAY: 2024-01-31}}\n", ""), &[], &[]), @r#"
    ci.yml:5:7 [merge-order] `<<` stands below `script` (line 4) and replaces it: GitLab merges where it stands (put `<<` first)
    ci.yml:6:16 [duplicate-key] `script` stands twice; what line 6 says is not read
    ci.yml:6:48 [number] `012345670123` is the number 1402433619 for GitLab (write `ACCOUNT: "012345670123"`)
    ci.yml:6:71 [number] `3.10` is the number 3.1 for GitLab (write `VERSION: "3.10"`)
    ci.yml:7:1 [keyword] `1` at the top level is a number, not a name (put the name in quotes: `"1":`)
    ci.yml:8:22 [value] `when` of `c` cannot be `false` (it is one of on_success, on_failure, always, manual, delayed)
    "#);
    insta::assert_snapshot!(said(text, &[], &[]), @"ci.yml:9:33 [yaml] `2024-01-31` is a date for YAML, which GitLab refuses (put it in quotes)");
    insta::assert_snapshot!(said("a:\n\tscript: x\n", &[], &[]), @"ci.yml:2:2 [yaml] this is not valid YAML: tabs disallowed within this context (block indentation) (YAML knows no tabs for indentation: use blanks)");
}

#[test]
fn a_bomb_of_aliases_and_a_deep_one_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        let before = n - 1;
        bomb.push_str(&format!(
            "a{n}: &a{n} [{}]\n",
            vec![format!("*a{before}"); 10].join(", ")
        ));
    }
    assert!(
        said(&bomb, &[], &[]).contains("more than 500000 values"),
        "{}",
        said(&bomb, &[], &[])
    );
    let deep = format!("a: {}{}\n", "[".repeat(5000), "]".repeat(5000));
    assert!(
        said(&deep, &[], &[]).contains("more than 100 levels"),
        "{}",
        said(&deep, &[], &[])
    );
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_are_nothing_special() {
    let text = "\u{feff}a:\r\n  script:\r\n    - one\r\n    - two\r\n";
    insta::assert_snapshot!(merged(text, &[], &[]), @r"
    a:
      script:
      - one
      - two
    ");
}

proptest::proptest! {
    #[test]
    fn fuzz_pipelines(parts in proptest::collection::vec(
        "(include: |spec: \\{inputs: \\{a: \\}\\}|\n---\n|\\$\\[\\[ inputs.a \\]\\]|a:|b:|\n|  |script: |rules: |- |if: |needs: |extends: |!reference |\\[a\\]|\\{|\\}|parallel: |matrix: |[&*]x |<<: |[0-9]{1,3}|\"|when: |never|x|\\PC){0,3}", 0..12)) {
        let read = reading(&parts.concat(), &[("x", "a: {script: x}")], &[]);
        if let Some(pipeline) = &read.pipeline {
            let known = Conditions { event: EventKind::Push, ref_name: "main", variables: &|_| None, files: None, changed: None };
            pipeline.plan(&known, &[]);
        }
    }
}
