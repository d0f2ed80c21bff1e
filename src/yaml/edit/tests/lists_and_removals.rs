//! Lists that grow, and keys that go.

use super::*;

#[test]
fn lists_grow_at_their_end_unless_it_is_there() {
    pushes(
        "a:\n  - b\n  - c # d\ne: f\n",
        "a",
        text("x"),
        "a:\n  - b\n  - c # d\n  - x\ne: f\n",
    );
    pushes(
        "a:\n- b\n\n# c\nd: e\n",
        "a",
        text("x"),
        "a:\n- b\n- x\n\n# c\nd: e\n",
    );
    pushes(
        "a:\n# c\n- - b\n  - c\n",
        "a.0",
        text("x"),
        "a:\n# c\n- - b\n  - c\n  - x\n",
    );
    pushes("a:\n- -1\n", "a", text("x"), "a:\n- -1\n- x\n");
    pushes(
        "a:\n- [b]\n- k: v\n",
        "a",
        text("x"),
        "a:\n- [b]\n- k: v\n- x\n",
    );
    pushes("a: [b,   c] # d\n", "a", text("x"), "a: [b,   c, x] # d\n");
    pushes("a: []\n", "a", text("x"), "a: [x]\n");
    pushes(
        "a: [\n  b,\n  c\n]\n",
        "a",
        text("x"),
        "a: [\n  b,\n  c,\n  x\n]\n",
    );
    pushes("a:\n  - b\n", "a", text("b"), "a:\n  - b\n");
    pushes("a: [\"80\"]\n", "a", text("80"), "a: [\"80\"]\n");
    pushes("a: [80]\n", "a", text("80"), "a: [80, \"80\"]\n");
    pushes("a: b\n", "c", text("x"), "a: b\nc:\n  - x\n");
    pushes("a:\nb: c\n", "a", text("x"), "a:\n  - x\nb: c\n");
    pushes("a:\n  -\n", "a", text("x"), "a:\n  -\n  - x\n");
    let map = Value::Map(vec![
        ("b".into(), Value::Number(1)),
        ("c".into(), Value::Bool(false)),
    ]);
    pushes(
        "a:\n  - x: y\n",
        "a",
        map,
        "a:\n  - x: y\n  - b: 1\n    c: false\n",
    );
}

#[test]
fn a_removed_key_leaves_its_neighbours() {
    removes("a: b\n# c\nd: e # f\ng: h\n", "d", "a: b\n# c\ng: h\n");
    removes("a: b\nc: d", "c", "a: b");
    removes("a: b\r\nc: d", "c", "a: b");
    removes(
        "a:\n  b: 1\n  c:\n    d: e\nf: g\n",
        "a.c",
        "a:\n  b: 1\nf: g\n",
    );
    removes("a: |\n  b\n\nc: d\n", "a", "\nc: d\n");
    removes("a:\n  b: c\nd: e\n", "a.b", "a:\n  {}\nd: e\n");
    removes("- a: b\n  c: d\n", "0.a", "- c: d\n");
    removes("- a: b # e\n  # f\n  c: d\n", "0.a", "- # f\n  c: d\n");
    removes("a: {b: c, d: e}\n", "a.b", "a: {d: e}\n");
    removes("a: {b: c, d: e}\n", "a.d", "a: {b: c}\n");
    removes("a: {b: c}\n", "a.b", "a: {}\n");
    removes("a: {b: c,}\n", "a.b", "a: {}\n");
    removes("a: {\n  b: c,\n  d: e # f\n}\n", "a.d", "a: {\n  b: c\n}\n");
    removes("a: {\n  b: c,\n  d: e\n}\n", "a.b", "a: {\n  d: e\n}\n");
    removes("a:\nb: c\n", "a", "b: c\n");
    removes("a: b\n", "c", "a: b\n");
}
