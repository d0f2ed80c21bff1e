//! What is refused and what is read; files of several documents, and new ones.

use super::*;

#[test]
fn what_cannot_be_edited_is_refused_with_its_place() {
    refuses(
        "a: 1\nb: 2\na: 3\n",
        "a",
        "line 3, column 1: the key `a` is there twice, the first time in line 1",
    );
    refuses(
        "a: &x b\nc: *x\n",
        "a",
        "line 1, column 4: an anchor `&` is here, and other places may refer to it",
    );
    refuses(
        "a: &x\n  b: c\n",
        "a.b",
        "line 1, column 4: an anchor `&` is here, and other places may refer to it",
    );
    refuses(
        "a: &x b\nc: *x\n",
        "c",
        "line 2, column 4: an alias `*` is here, and what it refers to has its own place",
    );
    refuses(
        "x: &x {b: c}\na:\n  <<: *x\n",
        "a.b",
        "line 3, column 3: a merge key `<<` is here, and what it brings in has its own place",
    );
    refuses(
        "a: !reference [b, c]\n",
        "a",
        "line 1, column 4: the tag `!reference` is here, and it may give the value another meaning",
    );
    refuses(
        "a: 1\n---\nb: 2\n",
        "a",
        "line 2, column 1: the file has 2 documents, of which the second begins here; only a file with one is edited",
    );
    refuses(
        "a: b\n",
        "a.c",
        "line 1, column 4: a single value is here, where a mapping is needed",
    );
    refuses(
        "- a\n",
        "a",
        "line 1, column 1: a list is here, where a mapping is needed",
    );
    refuses(
        "a: [b]\n",
        "a",
        "line 1, column 4: a list is here, where a single value is needed",
    );
    refuses(
        "a: [b]\n",
        "a.3",
        "line 1, column 4: the list has no item 4",
    );
    refuses(
        "a:\n\tb: c\n",
        "a",
        "line 2, column 1: a tab is used as indentation, which YAML does not know",
    );
    refuses(
        "a: b\n\tc: d\n",
        "a",
        "line 2, column 1: a tab is used as indentation, which YAML does not know",
    );
    refuses(
        "a: b\rc: d\n",
        "a",
        "line 1, column 1: a carriage return stands without a newline",
    );
    refuses(
        "a: [b: c]\n",
        "a.0.d",
        "line 1, column 5: this cannot be edited safely",
    );
    refuses(
        "a:\n  # c\n  ~\n",
        "a.b",
        "line 3, column 3: this cannot be edited safely",
    );
    let invalid = set("a: \"b\n", &[Key("a")], &text("x")).expect_err("no YAML");
    assert!(matches!(invalid.why, Why::Invalid(_)));
    let anchored = remove("a:\n  b: &x c\nd: 1\n", &[Key("a")]).expect_err("an anchor goes");
    assert_eq!(anchored.why, Why::Anchor);
    let item = remove("- a\n", &[At(0)]).expect_err("no key");
    assert_eq!(item.why, Why::NoKey);
}

#[test]
fn what_is_marked_elsewhere_does_not_matter() {
    sets(
        "x: &x b\ny: *x\na: !t c\nd: e\n",
        "d",
        text("x"),
        "x: &x b\ny: *x\na: !t c\nd: x\n",
    );
    sets(
        "j:\n  s:\n    - !reference [a, b]\n  t: u\n",
        "j.t",
        text("x"),
        "j:\n  s:\n    - !reference [a, b]\n  t: x\n",
    );
    removes("a: !reference [b, c]\n", "z", "a: !reference [b, c]\n");
}

#[test]
fn one_document_of_several_is_edited_alone() {
    let before = "a: 1\n---\na: 2\nb:\n  - c\n---\na: 3\n";
    let edited = set_in(before, Which::Nth(1), &path("a"), &text("x"));
    assert_eq!(
        edited.as_deref(),
        Ok("a: 1\n---\na: x\nb:\n  - c\n---\na: 3\n")
    );
    let edited = push_in(before, Which::Nth(1), &path("b"), &text("x"));
    assert_eq!(
        edited.as_deref(),
        Ok("a: 1\n---\na: 2\nb:\n  - c\n  - x\n---\na: 3\n")
    );
    let edited = remove_in(before, Which::Nth(2), &path("a"));
    assert_eq!(
        edited.as_deref(),
        Ok("a: 1\n---\na: 2\nb:\n  - c\n---\n{}\n")
    );
    assert_eq!(
        scalar_in(before, Which::Nth(2), &path("a")),
        Ok(Some("3".to_owned()))
    );
    assert_eq!(documents(before), Ok(3));
    let none = set_in(before, Which::Nth(3), &path("a"), &text("x")).expect_err("three");
    assert_eq!(none.why, Why::NoDocument(3));
}

#[test]
fn a_scalar_is_read() {
    let at = |at: &str| scalar("a: 'b'\nc: [d, 80]\ne: |\n  f\ng:\nh: {}\n", &path(at));
    assert_eq!(at("a"), Ok(Some("b".to_owned())));
    assert_eq!(at("c.1"), Ok(Some("80".to_owned())));
    assert_eq!(at("e"), Ok(Some("f\n".to_owned())));
    assert_eq!(at("g"), Ok(None));
    assert_eq!(at("h.i.j"), Ok(None));
    assert!(at("h").is_err());
    assert_eq!(scalar("", &path("a")), Ok(None));
}

#[test]
fn a_new_file_is_rendered_in_block_style() {
    let file = render(&[
        ("a", text("012345678901")),
        (
            "b",
            Value::Map(vec![("c".into(), Value::texts(["d", "on"]))]),
        ),
        ("e", Value::Map(vec![])),
    ]);
    assert_eq!(
        file,
        "a: \"012345678901\"\nb:\n  c:\n    - d\n    - \"on\"\ne: {}\n"
    );
}
