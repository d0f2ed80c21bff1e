//! Many small layouts: each edit beside the whole text that comes of it.

use super::Step::{At, Key};
use super::*;

mod lists_and_removals;
mod refusals_and_documents;

fn text(text: &str) -> Value {
    Value::text(text)
}

/// `a.b.0` as a path; numbers are items.
fn path(dotted: &str) -> Vec<Step<'_>> {
    dotted
        .split('.')
        .map(|word| word.parse().map_or(Key(word), At))
        .collect()
}

fn sets(before: &str, at: &str, value: Value, after: &str) {
    let found = set(before, &path(at), &value).map_err(|refusal| refusal.to_string());
    assert_eq!(found.as_deref(), Ok(after), "set {at} in {before:?}");
}

fn pushes(before: &str, at: &str, value: Value, after: &str) {
    let found = push(before, &path(at), &value).map_err(|refusal| refusal.to_string());
    assert_eq!(found.as_deref(), Ok(after), "push {at} in {before:?}");
}

fn removes(before: &str, at: &str, after: &str) {
    let found = remove(before, &path(at)).map_err(|refusal| refusal.to_string());
    assert_eq!(found.as_deref(), Ok(after), "remove {at} in {before:?}");
}

fn refuses(before: &str, at: &str, why: &str) {
    let found = set(before, &path(at), &text("new")).map_err(|refusal| refusal.to_string());
    assert_eq!(found, Err(why.to_owned()), "set {at} in {before:?}");
}

#[test]
fn a_scalar_is_replaced_where_it_stands() {
    sets("a: b # c\nd: e\n", "a", text("x"), "a: x # c\nd: e\n");
    sets("a:   b\t# c\n", "a", text("x"), "a:   x\t# c\n");
    sets("a: b\r\nd: e\r\n", "d", text("x"), "a: b\r\nd: x\r\n");
    sets("\u{feff}a: b\n", "a", text("x"), "\u{feff}a: x\n");
    sets("a: b", "a", text("x"), "a: x");
    sets("é: ü # ö\nb: c\n", "b", text("ß"), "é: ü # ö\nb: ß\n");
    sets("a: one\n  two\nb: c\n", "a", text("x"), "a: x\nb: c\n");
    sets("a:\n  b\nc: d\n", "a", text("x"), "a:\n  x\nc: d\n");
    sets(
        "- a: 1\n  b: 2\n- c: 3\n",
        "0.b",
        text("x"),
        "- a: 1\n  b: x\n- c: 3\n",
    );
    sets("[a, [b, c]]\n", "1.0", text("x"), "[a, [x, c]]\n");
    sets(
        "a: {b: c, d: e}\n",
        "a.b",
        text("x, y"),
        "a: {b: \"x, y\", d: e}\n",
    );
    sets("a:\n", "a", text("x"), "a: x\n");
    sets("a:  # c\nb: d\n", "a", text("x"), "a: x  # c\nb: d\n");
    sets("a: ~\n", "a", Value::Bool(true), "a: true\n");
    sets("a: {b, c: d}\n", "a.b", text("x"), "a: {b: x, c: d}\n");
    sets("a:\n- b\n-\n- c\n", "a.1", text("x"), "a:\n- b\n- x\n- c\n");
    sets("? a\n: b\n", "a", text("x"), "? a\n: x\n");
}

#[test]
fn quotes_stay_as_they_are_where_the_value_is_safe_in_them() {
    sets("a: 'b' # c\n", "a", text("it's"), "a: 'it''s' # c\n");
    sets("a: 'b'\n", "a", text("x\ny"), "a: \"x\\ny\"\n");
    sets("a: \"b\"\n", "a", text("x\"\\"), "a: \"x\\\"\\\\\"\n");
    sets("a: \"b\"\n", "a", Value::Number(5), "a: 5\n");
    sets(
        "'a': b\n\"c\": 'd'\n",
        "c",
        text("x"),
        "'a': b\n\"c\": 'x'\n",
    );
    sets("a: 80\n", "a", text("80"), "a: \"80\"\n");
    sets("a: '80'\n", "a", text("80"), "a: '80'\n");
}

#[test]
fn what_would_be_read_as_something_else_is_quoted() {
    let words = [
        "no",
        "Yes",
        "y",
        "N",
        "off",
        "null",
        "~",
        "",
        "22:22",
        "0123",
        "012345678901",
        "123456789012",
        "1e3",
        "0o17",
        ".5",
        "2024-01-31",
        " a",
        "a ",
        "a: b",
        "a #b",
        "a:",
        "- a",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`a",
        "{a",
        "[a",
        "'a",
        "\"a",
        "#a",
        "|",
        ">",
        "?",
        "=",
        "<<",
        "-",
        "---",
        "...",
        "a\nb",
        "a\tb",
        "\u{7f}",
        "\u{feff}a",
        "a\u{202e}b",
        "\u{85}",
        "a\r",
    ];
    for word in words {
        let edited = set("a: b\nc: d\n", &[Key("a")], &text(word)).expect("an edit");
        let start = edited.starts_with("a: \"") && edited.ends_with("\"\nc: d\n");
        assert!(start, "{word:?} became {edited:?}");
        assert_eq!(scalar(&edited, &[Key("a")]), Ok(Some(word.to_owned())));
    }
    for word in [
        "node",
        "arn:aws:ecs:eu-west-1:123456789012:service/a/b",
        "http://a/?b=c#d",
        "a, b",
    ] {
        sets("a: b\n", "a", text(word), &format!("a: {word}\n"));
    }
}

#[test]
fn a_block_scalar_becomes_one_line_and_its_neighbours_stay() {
    sets(
        "a: | # c\n  b\n  c\n\nd: e\n",
        "a",
        text("x"),
        "a: x # c\n\nd: e\n",
    );
    sets("a: >-\n  b\nd: e\n", "a", text("x"), "a: x\nd: e\n");
    sets("- |\n  b\n- c\n", "0", text("x"), "- x\n- c\n");
    sets(
        "a:\n  b: |\n    c\n\n  d: e\n",
        "a.f",
        text("x"),
        "a:\n  b: |\n    c\n\n  d: e\n  f: x\n",
    );
    sets(
        "a: b\nc: |\n  d\n\n# end\n",
        "e",
        text("x"),
        "a: b\nc: |\n  d\ne: x\n\n# end\n",
    );
    sets(
        "a:\n  c: |+\n    d\n\n\nb: c\n",
        "a.e",
        text("x"),
        "a:\n  c: |+\n    d\n\n\n  e: x\nb: c\n",
    );
    sets("a: |\n  b", "c", text("x"), "a: |\n  b\nc: x");
    sets("a: |\nb: c\n", "a", text("x"), "a: x\nb: c\n");
}

#[test]
fn missing_keys_are_made_as_their_siblings_are() {
    sets(
        "a:\n    b: c\nd: e\n",
        "a.f",
        text("x"),
        "a:\n    b: c\n    f: x\nd: e\n",
    );
    sets(
        "a:\n    b: c\n",
        "x.z",
        text("z"),
        "a:\n    b: c\nx:\n    z: z\n",
    );
    sets("a: b", "c", text("x"), "a: b\nc: x");
    sets("a: b\r\n", "c.d", text("x"), "a: b\r\nc:\r\n  d: x\r\n");
    sets(
        "a:\n  b: c # d\n  # e\n\nf: g\n",
        "a.h",
        text("x"),
        "a:\n  b: c # d\n  h: x\n  # e\n\nf: g\n",
    );
    sets("a: {b: c}\n", "a.d", text("x"), "a: {b: c, d: x}\n");
    sets("a: {b: c,}\n", "a.d", text("x"), "a: {b: c, d: x,}\n");
    sets("a: {}\n", "a.d.e", text("x"), "a: {d: {e: x}}\n");
    sets(
        "a: {\n  b: c # d\n}\n",
        "a.e",
        text("x"),
        "a: {\n  b: c, # d\n  e: x\n}\n",
    );
    sets(
        "a: {\n  b: c, # d\n}\n",
        "a.e",
        text("x"),
        "a: {\n  b: c, # d\n  e: x,\n}\n",
    );
    sets(
        "a:\n# c\nb: d\n",
        "a.e.f",
        text("x"),
        "a:\n  e:\n    f: x\n# c\nb: d\n",
    );
    sets(
        "a: ~ # c\nb: d\n",
        "a.e",
        text("x"),
        "a: # c\n  e: x\nb: d\n",
    );
    sets(
        "- a: b\n- c: d\n",
        "0.e",
        text("x"),
        "- a: b\n  e: x\n- c: d\n",
    );
    sets("-   a: b\n", "0.e", text("x"), "-   a: b\n    e: x\n");
    sets("- - a: b\n", "0.0.e", text("x"), "- - a: b\n    e: x\n");
    sets("a: 'b\n\n  c'\n", "d", text("x"), "a: 'b\n\n  c'\nd: x\n");
    sets("a:\n", "a.b", text("x"), "a:\n  b: x\n");
    sets("a: b\n", "no", text("x"), "a: b\n\"no\": x\n");
    sets("---\na: b\n...\n", "c", text("x"), "---\na: b\nc: x\n...\n");
    let deep = Value::Map(vec![
        ("d".into(), Value::texts(["e", "123"])),
        (
            "f".into(),
            Value::List(vec![Value::Map(vec![
                ("g".into(), Value::Number(1)),
                ("h".into(), Value::List(vec![])),
            ])]),
        ),
    ]);
    sets(
        "a: b\n",
        "c",
        deep,
        "a: b\nc:\n  d:\n    - e\n    - \"123\"\n  f:\n    - g: 1\n      h: []\n",
    );
    sets("a:\n- b\n", "c", Value::texts(["d"]), "a:\n- b\nc:\n- d\n");
}

#[test]
fn an_empty_document_gets_a_mapping() {
    sets("", "a.b", text("x"), "a:\n  b: x\n");
    sets("# c\n", "a", text("x"), "# c\na: x\n");
    sets("# c", "a", text("x"), "# c\na: x");
    sets("\u{feff}# c\r\n", "a", text("x"), "\u{feff}# c\r\na: x\r\n");
    sets("---\n", "a", text("x"), "---\na: x\n");
    sets("--- # c\n# d\n", "a", text("x"), "--- # c\na: x\n# d\n");
    pushes("", "a", text("x"), "a:\n  - x\n");
    assert_eq!(documents("# c\n"), Ok(0));
}
