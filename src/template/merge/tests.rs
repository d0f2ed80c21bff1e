//! What a merge promises.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn clean(base: &str, ours: &str, theirs: &str) -> String {
    match merge(base, ours, theirs) {
        Merged::Clean(text) => text,
        Merged::Conflict(conflicts) => panic!("{conflicts:?}"),
    }
}

fn conflicts(base: &str, ours: &str, theirs: &str) -> Vec<Conflict> {
    match merge(base, ours, theirs) {
        Merged::Clean(text) => panic!("{text:?}"),
        Merged::Conflict(conflicts) => conflicts,
    }
}

#[test]
fn changes_in_different_places_both_survive() {
    assert_eq!(
        clean("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nC\nd\ne\n"),
        "A\nb\nC\nd\ne\n"
    );
    assert_eq!(clean("a\nb\nc\n", "b\nc\n", "a\nb\n"), "b\n");
}

#[test]
fn changes_that_touch_are_a_conflict_unless_they_are_equal() {
    assert_eq!(
        conflicts("a\nb\nc\n", "a\nB\nc\n", "A\nb\nc\n"),
        [Conflict {
            line: 1,
            base: "a\nb\n".to_owned(),
            ours: "a\nB\n".to_owned(),
            theirs: "A\nb\n".to_owned(),
        }]
    );
    assert_eq!(
        clean("a\nb\nc\n", "a\nx\nb\nc\n", "a\nx\nb\nC\n"),
        "a\nx\nb\nC\n"
    );
    assert_eq!(conflicts("a\nb\n", "a\nx\nb\n", "a\ny\nb\n")[0].line, 2);
    // Deleted here, changed there.
    assert_eq!(conflicts("a\nb\nc\n", "a\nc\n", "a\nB\nc\n")[0].ours, "");
    assert_eq!(conflicts("a\nb\n", "", "a\nb\nc\n")[0].line, 1);
}

#[test]
fn every_conflict_is_told() {
    let found = conflicts("a\nb\nc\nd\ne\n", "1\nb\n2\nd\n3\n", "4\nb\nc\nd\n5\n");
    let lines: Vec<usize> = found.iter().map(|one| one.line).collect();
    assert_eq!(lines, [1, 5]);
    assert_eq!(found[1].theirs, "5\n");
}

#[test]
fn line_endings_are_as_in_the_repository() {
    assert_eq!(
        clean("a\nb\nc\n", "a\r\nb\r\nc\n", "x\na\nb\nC\n"),
        "x\r\na\r\nb\r\nC\r\n"
    );
    assert_eq!(clean("a\nb\n", "a\r\nb\r\n", "a\nb\n"), "a\r\nb\r\n");
    assert_eq!(clean("a\r\nb\r\n", "a\nb\n", "a\r\nc\r\n"), "a\nc\n");
    // White space at the end of a line is content.
    assert_eq!(conflicts("a\nb\n", "a\nb \n", "a\nb\t\n").len(), 1);
    assert_eq!(clean("a\nx\nb\n", "a\nx\nb \n", "A\nx\nb\n"), "A\nx\nb \n");
}

#[test]
fn the_end_of_the_file_is_as_in_the_repository() {
    assert_eq!(clean("a\nx\nb\n", "a\nx\nb", "A\nx\nb\n"), "A\nx\nb");
    assert_eq!(clean("a\nx\nb", "a\nx\nb\n", "A\nx\nb"), "A\nx\nb\n");
    // Unless the template changed it.
    assert_eq!(clean("a\nx\nb\n", "a\nx\nb", "a\nx\nB\n"), "a\nx\nB\n");
    assert_eq!(clean("a\nx\nb\n", "A\nx\nb\n", "a\nx\nb"), "A\nx\nb");
    assert_eq!(clean("a\nb", "a\r\nb", "a\nb\nc"), "a\r\nb\r\nc");
    assert_eq!(clean("a\nb\n", "a\nb\n", ""), "");
    assert_eq!(clean("", "", "a\n"), "a\n");
    // An empty last line cannot do without.
    assert_eq!(clean("a\n\nb\n", "a\n\n", "a\n\nb"), "a\n\n");
}

#[test]
fn a_byte_order_mark_is_as_in_the_repository() {
    assert_eq!(
        clean("a\nb\n", "\u{feff}a\nb\n", "a\nc\n"),
        "\u{feff}a\nc\n"
    );
    assert_eq!(clean("\u{feff}a\n", "a\n", "\u{feff}b\n"), "b\n");
}

#[test]
fn what_is_no_small_text_is_taken_whole_or_not_at_all() {
    assert_eq!(clean("a\0", "a\0", "b\0"), "b\0");
    assert_eq!(clean("a\0", "b\0", "a\0"), "b\0");
    assert_eq!(
        conflicts("a\0", "b\0", "c\0"),
        [Conflict {
            line: 1,
            base: "a\0".to_owned(),
            ours: "b\0".to_owned(),
            theirs: "c\0".to_owned(),
        }]
    );
    let large = "a\n".repeat(LARGEST / 2 + 1);
    assert_eq!(conflicts(&large, "a\n", "b\n").len(), 1);
    assert_eq!(clean(&large, &large, "b\n"), "b\n");
}

#[test]
fn ten_thousand_lines_are_merged() {
    let text = |first: &str, last: &str| {
        let middle: String = (0..10_000).map(|n| format!("line {}\n", n % 700)).collect();
        format!("{first}\n{middle}{last}\n")
    };
    assert_eq!(
        clean(&text("a", "z"), &text("A", "z"), &text("a", "Z")),
        text("A", "Z")
    );
}

/// A text of few different lines, so that they meet.
fn a_text() -> impl Strategy<Value = String> {
    let content = prop::sample::select(vec!["a", "b", "c", "d ", "", "e\t", "a\rb"]);
    let ending = prop::sample::select(vec!["\n", "\n", "\r\n", "\r\r\n"]);
    let last = prop::sample::select(vec!["", "", "f", "a", "a\r", "\r"]);
    let bom = prop::sample::select(vec!["", "", "", BOM]);
    let lines = prop::collection::vec((content, ending), 0..14);
    (bom, lines, last).prop_map(|(bom, lines, last)| {
        let lines: String = lines.iter().flat_map(|(text, end)| [*text, *end]).collect();
        format!("{bom}{lines}{last}")
    })
}

/// `text` with some lines gone, changed or new.
fn edited(text: &str, edits: &[(usize, u8)]) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    for (place, sort) in edits {
        let at = place % (lines.len() + 1);
        match sort % 3 {
            0 => lines.insert(at, format!("new {sort}\n")),
            1 if at < lines.len() => drop(lines.remove(at)),
            _ if at < lines.len() => lines[at] = format!("changed {sort}\n"),
            _ => {}
        }
    }
    lines.concat()
}

fn three_texts() -> impl Strategy<Value = (String, String, String)> {
    let edits = || prop::collection::vec((0..14_usize, 0..9_u8), 0..4);
    (a_text(), edits(), edits()).prop_map(|(base, here, there)| {
        let (ours, theirs) = (edited(&base, &here), edited(&base, &there));
        (base, ours, theirs)
    })
}

/// The contents of the lines, and whether the last one is closed; an empty one counts as closed.
fn contents(text: &str) -> (Vec<&str>, bool) {
    let text = text.strip_prefix(BOM).unwrap_or(text);
    let lines = text.split_inclusive('\n');
    let lines: Vec<&str> = lines
        .map(|line| line.trim_end_matches(['\r', '\n']))
        .collect();
    let is_closed = text.ends_with('\n') || lines.last() == Some(&"");
    (lines, is_closed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn an_unchanged_repository_gets_the_template(base in a_text(), theirs in a_text()) {
        let merged = clean(&base, &base, &theirs);
        prop_assert_eq!(contents(&merged), contents(&theirs));
    }

    #[test]
    fn an_unchanged_template_changes_no_byte(base in a_text(), ours in a_text()) {
        // The template only wrote its line endings differently.
        let same = base.replace('\n', "\r\n");
        prop_assert_eq!(clean(&base, &ours, &base), ours.clone());
        prop_assert_eq!(clean(&base, &ours, &same), ours);
    }

    #[test]
    fn equal_changes_are_no_conflict(base in a_text(), both in a_text()) {
        prop_assert_eq!(clean(&base, &both, &both), both.clone());
        let dos = both.replace('\n', "\r\n");
        let merged = clean(&base, &both, &dos);
        prop_assert_eq!(contents(&merged), contents(&both));
    }

    #[test]
    fn a_merge_invents_nothing((base, ours, theirs) in three_texts()) {
        match merge(&base, &ours, &theirs) {
            Merged::Clean(text) => {
                let known: BTreeSet<&str> = [&ours, &theirs].into_iter().flat_map(|text| contents(text).0).collect();
                prop_assert!(contents(&text).0.into_iter().all(|line| known.contains(line)));
                prop_assert_eq!(text.starts_with(BOM), ours.starts_with(BOM));
            }
            Merged::Conflict(conflicts) => {
                prop_assert!(!conflicts.is_empty());
                let count = contents(&ours).0.len();
                for one in conflicts {
                    prop_assert!(one.line >= 1 && one.line <= count + 1);
                    prop_assert!(ours.contains(&one.ours) && base.contains(&one.base) && theirs.contains(&one.theirs));
                }
            }
        }
    }

    #[test]
    fn sides_can_be_swapped((base, ours, theirs) in three_texts()) {
        match (merge(&base, &ours, &theirs), merge(&base, &theirs, &ours)) {
            (Merged::Clean(one), Merged::Clean(other)) => prop_assert_eq!(contents(&one).0, contents(&other).0),
            (Merged::Conflict(one), Merged::Conflict(other)) => prop_assert_eq!(one.len(), other.len()),
            (one, other) => prop_assert!(false, "{:?} {:?}", one, other),
        }
    }

    #[test]
    fn changes_apart_survive_with_the_endings_of_the_repository(
        dos in prop::collection::vec(any::<bool>(), 20),
        first in 0..9_usize,
        second in 11..20_usize,
        here_is_first in any::<bool>(),
    ) {
        let line = |n: usize| format!("{n}{}", if dos[n] { "\r\n" } else { "\n" });
        let base: String = (0..20).map(|n| format!("{n}\n")).collect();
        let (here, there) = if here_is_first { (first, second) } else { (second, first) };
        let ours: String = (0..20).map(|n| if n == here { "ours\r\n".to_owned() } else { line(n) }).collect();
        let theirs: String = (0..20).map(|n| if n == there { "theirs\n".to_owned() } else { format!("{n}\n") }).collect();
        let ending = if ours.matches("\r\n").count() > 10 { "\r\n" } else { "\n" };
        let wanted: String = (0..20).map(|n| match n {
            n if n == here => "ours\r\n".to_owned(),
            n if n == there => format!("theirs{ending}"),
            n => line(n),
        }).collect();
        prop_assert_eq!(clean(&base, &ours, &theirs), wanted);
    }
}
