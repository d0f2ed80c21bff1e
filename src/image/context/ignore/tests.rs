//! A table of ignore files and what they leave behind; every line was also put to moby's own matcher (v0.6.1).

use std::time::{Duration, Instant};

use super::{Ignore, Matches, Verdict};

/// The verdict after a walk from the root; the directories on the way must not have been pruned over a kept path.
fn verdict(ignore: &Ignore, path: &[u8]) -> Verdict {
    let (mut parent, mut pruned) = (Matches::default(), false);
    for (slash, _) in path.iter().enumerate().filter(|(_, b)| **b == b'/') {
        let (verdict, matches) = ignore.matches(&path[..slash], &parent);
        pruned |= verdict == Verdict::Excluded && ignore.may_prune(&path[..slash], &matches);
        parent = matches;
    }
    let verdict = ignore.verdict(path, &parent);
    assert!(
        !pruned || verdict == Verdict::Excluded,
        "pruned over {path:?}"
    );
    verdict
}

/// Lines of: ignore file | excluded paths | kept paths.
fn holds(table: &[(&str, &[&str], &[&str])]) {
    for (text, excluded, kept) in table {
        let ignore = Ignore::parse("x", text.as_bytes()).unwrap();
        for path in *excluded {
            assert_eq!(
                verdict(&ignore, path.as_bytes()),
                Verdict::Excluded,
                "{text:?} on {path:?}"
            );
        }
        for path in *kept {
            assert_eq!(
                verdict(&ignore, path.as_bytes()),
                Verdict::Kept,
                "{text:?} on {path:?}"
            );
        }
    }
}

#[test]
fn patterns_are_anchored_and_hold_for_all_below() {
    holds(&[
        ("foo", &["foo", "foo/a/b"], &["a/foo", "foobar", "Foo"]),
        ("/foo/", &["foo", "foo/a"], &["a/foo"]),
        ("a/./b//c", &["a/b/c"], &["a/b"]),
        ("a/../b", &["b"], &["a"]),
        ("# foo\n #foo", &["#foo"], &["foo", "# foo"]),
        ("a\r\n\u{feff}b\n", &["a"], &["b"]),
        ("\u{feff}a", &["a"], &["b"]),
        (".", &[], &["a"]),
        ("", &[], &["a"]),
    ]);
}

#[test]
fn stars_stop_at_slashes_and_double_stars_do_not() {
    holds(&[
        ("*", &["a", "a/b"], &[]),
        ("*/b", &["a/b", "a/b/c"], &["b", "a/a/b"]),
        ("*.pyc", &["a.pyc", ".pyc"], &["a/a.pyc", "apyc"]),
        ("a?c", &["abc", "a\u{e9}c", "a\nc"], &["ac", "a/c", "abbc"]),
        ("**", &["a", "a/b"], &[]),
        ("**/foo", &["foo", "a/foo", "a/b/foo", "a/foo/b"], &["afoo"]),
        ("**foo", &["foo", "afoo", "a/bfoo"], &["foob"]),
        ("**/*.o", &["a.o", "a/b/c.o"], &["a.oo"]),
        ("foo/**", &["foo/a", "foo/a/b"], &["foo", "food"]),
        ("foo**", &["foo", "food", "foo/a"], &["a/foo"]),
        ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "a/xb"]),
        ("a**b", &["ab", "ax/b"], &["axb"]),
        ("**/", &["a"], &[]),
    ]);
}

#[test]
fn the_last_match_wins_and_a_skipped_pattern_is_not_inherited() {
    holds(&[
        ("*\n!a", &["b"], &["a", "a/b"]),
        ("a\n!a/b", &["a", "a/c"], &["a/b", "a/b/c"]),
        ("a\n!a/b\na/b/c", &["a/b/c", "a"], &["a/b", "a/b/d"]),
        ("!a\na", &["a"], &["b"]),
        ("*\n!**/keep", &["a", "a/x"], &["keep", "a/b/keep"]),
        ("*\n!a*/b", &["a", "a/c", "b/b"], &["a/b", "ax/b"]),
        // moby's shortcut: `!a` is not tried on `a`, so nothing below it inherits the match.
        ("a/b\n!a", &["a/b", "a/b/c"], &["a", "a/c"]),
        ("!!a\n*", &["!a"], &[]),
        ("*\n/!a", &["b"], &["a"]),
    ]);
}

#[test]
fn brackets_and_escapes_are_gos_own() {
    holds(&[
        ("[a-c]", &["a", "c"], &["d", "ab"]),
        ("[^a]", &["b", "\u{e9}", "\n"], &["a"]),
        ("[!a]", &["!", "a"], &["b"]),
        ("[\u{e0}-\u{e9}]x", &["\u{e5}x"], &["ax"]),
        ("a\\*b", &["a*b"], &["axb"]),
        ("\\!a", &["!a"], &["a"]),
        ("[\\]]", &["]"], &["a"]),
        ("*\\d", &["a1"], &["ad"]),
        ("[[:alpha:]]", &["a"], &["1", "a]"]),
        ("\\x41", &["A"], &["x41"]),
        ("[*]", &["[]", "^^]"], &["*"]),
        ("*.(a+b)", &["x.(a+b)"], &["x.aab"]),
        ("^a*", &["ab"], &["^a"]),
        // As plain text; with a star beside it moby forgets to escape `|`, `{` and `}`.
        ("a|b", &["a|b"], &["a", "b"]),
        ("a*|b", &["a", "ac/x", "xb"], &["x"]),
        ("*.{js,ts}", &["a.{js,ts}"], &["a.js"]),
        ("a{2}?", &["aab"], &["ab", "a{2}b"]),
    ]);
}

#[test]
fn bytes_that_are_no_text_are_one_character_each() {
    let excluded = |text: &[u8], path: &[u8]| {
        let ignore = Ignore::parse("x", text).unwrap();
        verdict(&ignore, path) == Verdict::Excluded
    };
    assert!(excluded(b"a\xFFb", b"a\xFFb"));
    assert!(!excluded(b"a\xFFb", b"a\xFEb"));
    assert!(excluded(b"a?b", b"a\xFFb"));
    assert!(!excluded(b"a?b", b"a\xE3\x80b"));
    assert!(excluded(b"a??b", b"a\xE3\x80b"));
    // An expression reads any broken byte as U+FFFD.
    assert!(excluded(b"*\xFF", b"a\xFE"));
    // `**` is no newline, `*` may be one.
    assert!(!excluded(b"a**b?", b"a\n/bc"));
    assert!(excluded(b"a*b", b"a\nb"));
}

#[test]
fn an_excluded_directory_is_left_out_unless_something_below_may_come_back() {
    for (text, directory, may_prune) in [
        ("node_modules", "node_modules", true),
        ("*\n!src", "node_modules", true),
        ("*\n!src/a", "src", false),
        ("*\n!src/a", "srcs", true),
        ("!**/a\n*", "src", true),
        ("*\n!**/a", "src", false),
        ("*\n!s*/a", "src", false),
        ("*\n!s*/a", "lib", true),
        ("*\n!a/**", "a", false),
        ("*\n!a/**", "b", true),
        ("**/x\n!a/x/y", "a/x", false),
        ("**/x\n!a/x/y", "b/x", true),
    ] {
        let ignore = Ignore::parse("x", text.as_bytes()).unwrap();
        let mut parent = Matches::default();
        for (slash, _) in directory.bytes().enumerate().filter(|(_, b)| *b == b'/') {
            parent = ignore.matches(&directory.as_bytes()[..slash], &parent).1;
        }
        let (verdict, matches) = ignore.matches(directory.as_bytes(), &parent);
        assert_eq!(verdict, Verdict::Excluded, "{text:?}");
        let found = ignore.may_prune(directory.as_bytes(), &matches);
        assert_eq!(found, may_prune, "{text:?} on {directory:?}");
    }
}

#[test]
fn what_the_engine_refuses_is_refused_with_its_line() {
    for (line, reason) in [
        ("!", "`!` alone brings nothing back"),
        ("[a", "`[` is not closed"),
        ("[]a]", "`-` or `]` stands in brackets"),
        ("a\\", "`\\` stands at the end"),
        ("*[z-a]", "the range `z-a` runs backwards"),
        ("*\\e", "`\\e` has no meaning in a pattern"),
        ("[[:vowel:]]", "`[:vowel:]` is no set of characters"),
        ("*{2}", "repeats nothing"),
        ("\\pL", "`\\p` is not supported here"),
    ] {
        let error = Ignore::parse("ctx/.dockerignore", format!("ok\n{line}").as_bytes());
        let error = error.unwrap_err();
        assert_eq!(error.message(), "cannot read `ctx/.dockerignore`");
        let cause = &error.causes()[0];
        assert!(
            cause.starts_with("line 2, `") && cause.contains(reason),
            "{line}: {cause}"
        );
    }
}

#[test]
fn a_pattern_is_no_weapon() {
    let long = "a".repeat(4000);
    let begun = Instant::now();
    for pattern in [
        "*a".repeat(40) + "*b",
        "**/".repeat(300) + "*b",
        "*|".repeat(200) + "*b",
    ] {
        let ignore = Ignore::parse("x", pattern.as_bytes()).unwrap();
        verdict(&ignore, long.as_bytes());
        verdict(&ignore, "a/".repeat(200).trim_end_matches('/').as_bytes());
    }
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}
