//! Fixed expectations were compared with `git diff --no-index` and applied with `patch -p1`, once and by hand.

use proptest::prelude::*;

use super::*;

fn of(old: &str, new: &str) -> String {
    unified(Some("f"), Some("f"), old, new, 3, Colour::Never)
}

/// What follows the two header lines.
fn hunks(old: &str, new: &str) -> String {
    of(old, new)
        .lines()
        .skip(2)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn two_far_changes_are_two_hunks() {
    let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
    let new = old.replace("\n4\n", "\nfour\n").replace("\n15\n", "\n");
    insta::assert_snapshot!(of(&old, &new), @r"
    --- a/f
    +++ b/f
    @@ -1,7 +1,7 @@
     1
     2
     3
    -4
    +four
     5
     6
     7
    @@ -12,7 +12,6 @@
     12
     13
     14
    -15
     16
     17
     18
    ");
    let near = old.replace("\n4\n", "\nfour\n").replace("\n11\n", "\n");
    assert_eq!(of(&old, &near).matches("@@ -").count(), 1);
    let bare = unified(
        Some("f"),
        Some("f"),
        "a\nb\nc\n",
        "a\nc\n",
        0,
        Colour::Never,
    );
    assert_eq!(bare, "--- a/f\n+++ b/f\n@@ -2 +1,0 @@\n-b\n");
}

#[test]
fn equal_texts_are_no_change() {
    assert_eq!(of("a\n", "a\n"), "");
}

#[test]
fn a_file_comes_and_goes() {
    assert_eq!(
        unified(None, Some("x/y.yml"), "", "a\nb\n", 3, Colour::Never),
        "--- /dev/null\n+++ b/x/y.yml\n@@ -0,0 +1,2 @@\n+a\n+b\n"
    );
    assert_eq!(
        unified(Some("x/y.yml"), None, "a\n", "", 3, Colour::Never),
        "--- a/x/y.yml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    );
    assert_eq!(
        unified(None, Some("f"), "", "", 3, Colour::Never),
        "--- /dev/null\n+++ b/f\n"
    );
}

#[test]
fn a_missing_last_line_ending_is_told() {
    assert_eq!(
        hunks("a\nb", "a\nb\n"),
        "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"
    );
    assert_eq!(
        hunks("a\nb", "c\nb"),
        "@@ -1,2 +1,2 @@\n-a\n+c\n b\n\\ No newline at end of file\n"
    );
}

#[test]
fn carriage_returns_are_shown_where_they_differ() {
    assert_eq!(
        hunks("a\r\nb\r\n", "a\r\nc\r\n"),
        "@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
    );
    assert_eq!(
        hunks("a\nb\n", "a\nb\r\n"),
        "@@ -1,2 +1,2 @@\n a\n-b\n+b^M\n"
    );
    assert_eq!(hunks("a\n", "a\nb\r\n"), "@@ -1 +1,2 @@\n a\n+b^M\n");
    assert_eq!(hunks("a\r\n", "a\r\nb\r\n"), "@@ -1 +1,2 @@\n a\n+b\n");
    assert_eq!(
        hunks("a\n", "a\r"),
        "@@ -1 +1 @@\n-a\n+a^M\n\\ No newline at end of file\n"
    );
}

#[test]
fn nothing_of_a_file_reaches_the_terminal_as_a_command() {
    let evil = "\u{1b}[2J\u{9b}1m\tx\u{8}\ry\u{202e}z\n";
    assert_eq!(
        hunks("", evil),
        "@@ -0,0 +1 @@\n+\\u{1b}[2J\\u{9b}1m\tx\\u{8}\\u{d}y\\u{202e}z\n"
    );
    let names = unified(
        Some("a b"),
        Some("\u{1b}\"é"),
        "a\n",
        "b\n",
        3,
        Colour::Never,
    );
    assert!(
        names.starts_with("--- a/a b\t\n+++ \"b/\\033\\\"\\303\\251\"\n@@"),
        "{names}"
    );
}

#[test]
fn colour_ends_with_its_line() {
    let text = unified(Some("f"), Some("f"), "a\nb\n", "a\nc\n", 3, Colour::Ansi);
    assert_eq!(
        text.lines().skip(2).collect::<Vec<_>>(),
        [
            "\u{1b}[36m@@ -1,2 +1,2 @@\u{1b}[0;m",
            " a",
            "\u{1b}[31m-b\u{1b}[0;m",
            "\u{1b}[32m+c\u{1b}[0;m"
        ]
    );
}

/// Applies a diff as `patch` would, without looking for moved lines.
fn applied(old: &str, diff: &str) -> String {
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let (mut at, mut new) = (0, String::new());
    for line in diff.lines().skip(2) {
        if let Some(head) = line.strip_prefix("@@ -") {
            let mut range = head
                .split(' ')
                .next()
                .unwrap()
                .split(',')
                .map(|n| n.parse::<usize>().unwrap());
            let (start, count) = (range.next().unwrap(), range.next().unwrap_or(1));
            let start = if count == 0 { start } else { start - 1 };
            new.extend(old[at..start].iter().copied());
            at = start;
        } else if let Some(text) = line.strip_prefix('+') {
            new.push_str(text);
            new.push('\n');
        } else if line.starts_with('\\') {
            new.truncate(new.trim_end_matches('\n').len());
        } else {
            assert_eq!(old[at].trim_end_matches('\n'), &line[1..]);
            if line.starts_with(' ') {
                new.push_str(old[at]);
            }
            at += 1;
        }
    }
    new.extend(old[at..].iter().copied());
    new
}

proptest! {
    #[test]
    fn a_diff_leads_from_the_old_text_to_the_new(
        old in prop::collection::vec("[a-d]", 0..30),
        new in prop::collection::vec("[a-d]", 0..30),
        context in 0..5_usize,
    ) {
        let text = |lines: &[String]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let (old, new) = (text(&old), text(&new));
        let diff = unified(Some("f"), Some("f"), &old, &new, context, Colour::Never);
        prop_assert_eq!(applied(&old, &diff), new);
    }
}
