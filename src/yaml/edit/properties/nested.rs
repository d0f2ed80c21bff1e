//! Trees in the layouts people write: any value that is set or made anew leaves all the other lines.

use proptest::prelude::*;

use super::super::Step::{At, Key};
use super::super::*;
use super::{is_part_of, lines};

#[derive(Clone, Debug)]
enum Tree {
    Word(&'static str),
    List(Vec<Tree>),
    Map(Vec<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let words = [
        "a",
        "'q # r'",
        "\"d\\\"e\"",
        "80",
        "a b # note",
        "\"x\" # note",
        "'y'\t# tab",
        "http://h/?a=b#c",
        "[f, {g: h}]",
        "{i: 'j'}",
    ];
    let word = prop::sample::select(words.to_vec()).prop_map(Tree::Word);
    word.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::List),
            prop::collection::vec(inner, 1..4).prop_map(Tree::Map),
        ]
    })
}

#[derive(Clone, Copy, Debug)]
struct Look {
    step: usize,
    dashes: usize,
    comments: bool,
}

/// Lines of a value that stands at a column; the first is still without its indentation.
fn written(tree: &Tree, column: usize, look: Look, text: &mut String) {
    let indent = |text: &mut String, first: bool, column: usize| {
        if !first {
            let comment = if look.comments { "# between\n" } else { "" };
            text.push_str(comment);
            text.push_str(&" ".repeat(column));
        }
    };
    match tree {
        Tree::Word(word) => text.push_str(&format!("{word}\n")),
        Tree::List(items) => {
            for (n, item) in items.iter().enumerate() {
                indent(text, n == 0, column);
                text.push_str("- ");
                written(item, column + 2, look, text);
            }
        }
        Tree::Map(values) => {
            for (n, value) in values.iter().enumerate() {
                indent(text, n == 0, column);
                text.push_str(&format!("k{n}:"));
                let deeper = match value {
                    Tree::Word(_) => None,
                    Tree::List(_) => Some(column + look.dashes),
                    Tree::Map(_) => Some(column + look.step),
                };
                match deeper {
                    None => text.push(' '),
                    Some(deeper) => text.push_str(&format!("\n{}", " ".repeat(deeper))),
                }
                written(value, deeper.unwrap_or_default(), look, text);
            }
        }
    }
}

/// Down some way, and whether a word, a map or a list is at its end.
fn way(tree: &Tree, choices: &[usize]) -> (Vec<(bool, usize)>, Tree) {
    let (mut steps, mut here) = (Vec::new(), tree);
    for choice in choices {
        let (is_map, inner) = match here {
            Tree::Word(_) => break,
            Tree::List(inner) => (false, inner),
            Tree::Map(inner) => (true, inner),
        };
        steps.push((is_map, choice % inner.len()));
        here = &inner[choice % inner.len()];
    }
    (steps, here.clone())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn an_edit_deep_inside_leaves_the_other_lines(
        tree in tree(), choices in prop::collection::vec(0usize..4, 0..5), value in "\\PC{0,8}",
        step in 1usize..5, dashes in 0usize..4, flags in any::<(bool, bool, bool)>(),
    ) {
        let (comments, crlf, cut) = flags;
        let mut text = String::new();
        written(&tree, 0, Look { step, dashes, comments }, &mut text);
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        if cut {
            text = text.trim_end().to_owned();
        }
        let (steps, end) = way(&tree, &choices);
        let keys = ["k0", "k1", "k2", "k3"];
        let step = |(is_map, n): &(bool, usize)| if *is_map { Key(keys[*n]) } else { At(*n) };
        let mut path: Vec<Step<'_>> = steps.iter().map(step).collect();
        let value = Value::text(value);
        let (edited, more) = match end {
            Tree::Word(word) if word.starts_with(['[', '{']) => return Ok(()),
            Tree::Word(_) => (set(&text, &path, &value), 0),
            Tree::Map(_) => {
                path.push(Key("fresh"));
                (set(&text, &path, &value), 1)
            }
            Tree::List(_) => (push(&text, &path, &value), 1),
        };
        let edited = edited.map_err(|refusal| TestCaseError::fail(format!("{refusal} {text:?}")))?;
        let (old, new) = (lines(&text), lines(&edited));
        if more == 0 {
            let differ = old.iter().zip(&new).filter(|(old, new)| old != new).count();
            prop_assert!(old.len() == new.len() && differ <= 1, "{:?}\n{:?}", text, edited);
            prop_assert_eq!(Ok(Some(value)), scalar(&edited, &path).map(|found| found.map(Value::text)));
        } else {
            prop_assert!(edited == text || new.len() == old.len() + 1);
            prop_assert!(is_part_of(&old, &new), "{:?}\n{:?}", text, edited);
        }
        if path.last() == Some(&Key("fresh")) {
            prop_assert_eq!(remove(&edited, &path), Ok(text));
        }
    }

    #[test]
    fn a_key_removed_deep_inside_leaves_the_other_lines(
        tree in tree(), choices in prop::collection::vec(0usize..4, 1..5), step in 1usize..5, dashes in 0usize..4, comments in any::<bool>(),
    ) {
        let mut text = String::new();
        written(&tree, 0, Look { step, dashes, comments }, &mut text);
        let (mut steps, _) = way(&tree, &choices);
        while steps.pop_if(|(is_map, _)| !*is_map).is_some() {}
        let keys = ["k0", "k1", "k2", "k3"];
        let path: Vec<Step<'_>> = steps.iter().map(|(is_map, n)| if *is_map { Key(keys[*n]) } else { At(*n) }).collect();
        if path.is_empty() {
            return Ok(());
        }
        let edited = remove(&text, &path).map_err(|refusal| TestCaseError::fail(format!("{refusal} {text:?}")))?;
        prop_assert!(edited != text);
        // What stays of a line is its dash, or the braces of a mapping that is empty now.
        let (old, new) = (lines(&text), lines(&edited));
        let changed = new.iter().filter(|line| !old.contains(line)).count();
        prop_assert!(changed <= 1, "{:?}\n{:?}", text, edited);
    }
}
