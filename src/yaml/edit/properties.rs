//! Whatever the document: an edit changes the wanted value and no other line.

use proptest::prelude::*;

use super::Step::Key;
use super::*;

mod nested;

/// Lines of one top-level key each, and how many lines.
fn block() -> impl Strategy<Value = String> {
    let word =
        "[a-z]{1,6}|é[a-z]{1,3}|'[a-z ]{1,5}'|\"[a-z#:]{1,5}\"|[0-9]{1,4}|~||\\[a, b\\]|\\{\\}";
    let tail = prop_oneof![Just(""), Just(" # note"), Just("\t# tab"), Just("  ")];
    let flat = (word, tail).prop_map(|(word, tail)| format!(" {word}{tail}\n"));
    let more = prop_oneof![
        Just(" |\n  text: no key\n  # no comment\n\n".to_owned()),
        Just(" >-\n  folded\n  text\n".to_owned()),
        Just("\n  - one\n  - k: v\n    l: [w]\n".to_owned()),
        Just("\n- one\n# between\n- two\n".to_owned()),
        Just("\n    deep:\n        deeper: x # y\n".to_owned()),
        Just(" plain\n  over lines\n".to_owned()),
        Just(" {a: 1, 'b': [2, 3]}\n".to_owned()),
        Just(" \"over\n\n  lines\" # c\n".to_owned()),
    ];
    let between = prop_oneof![
        Just(""),
        Just("# comment\n"),
        Just("\n"),
        Just("  # deep\n\n")
    ];
    (prop_oneof![flat, more], between).prop_map(|(value, between)| format!("{value}{between}"))
}

fn document() -> impl Strategy<Value = (String, usize)> {
    let options = (any::<bool>(), any::<bool>(), any::<bool>());
    (prop::collection::vec(block(), 1..6), options).prop_map(|(blocks, (crlf, bom, cut))| {
        let count = blocks.len();
        let mut text: String = blocks
            .iter()
            .enumerate()
            .map(|(n, block)| format!("key{n}:{block}"))
            .collect();
        if cut && text.ends_with('\n') {
            text.pop();
        }
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let bom = if bom { "\u{feff}" } else { "" };
        (format!("{bom}{text}"), count)
    })
}

fn lines(text: &str) -> Vec<&str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.split('\n')
        .map(|line| line.trim_end_matches('\r'))
        .collect()
}

fn is_part_of(few: &[&str], many: &[&str]) -> bool {
    let mut many = many.iter();
    few.iter().all(|line| many.any(|other| other == line))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn a_new_key_is_one_more_line((text, _) in document(), value in "\\PC{0,12}") {
        match set(&text, &[Key("fresh")], &Value::text(value.as_str())) {
            Ok(edited) => {
                prop_assert_eq!(scalar(&edited, &[Key("fresh")]), Ok(Some(value)));
                let (old, new) = (lines(&text), lines(&edited));
                prop_assert_eq!(new.len(), old.len() + 1);
                prop_assert!(is_part_of(&old, &new), "{:?}\n{:?}", text, edited);
                prop_assert_eq!(remove(&edited, &[Key("fresh")]), Ok(text));
            }
            // Blank lines that belong to a value, at the very end of a file.
            Err(refusal) => prop_assert_eq!(refusal.why, Why::Unsafe),
        }
    }

    #[test]
    fn a_set_scalar_leaves_the_others((text, count) in document(), number in 0usize..6, value in "\\PC{0,12}") {
        let key = format!("key{}", number % count);
        if let Ok(edited) = set(&text, &[Key(&key)], &Value::text(value.as_str())) {
            prop_assert_eq!(scalar(&edited, &[Key(&key)]), Ok(Some(value)));
            let start = text.find(&key).expect("it is there");
            prop_assert_eq!(&edited[..start], &text[..start]);
            let next = format!("key{}:", number % count + 1);
            if let Some(rest) = text.find(&next) {
                prop_assert!(edited.ends_with(&text[rest..]));
            }
        }
    }

    #[test]
    fn a_removed_key_leaves_the_other_lines((text, count) in document(), number in 0usize..6) {
        let key = format!("key{}", number % count);
        let edited = match remove(&text, &[Key(&key)]) {
            Ok(edited) => edited,
            // It would become text of a `|` above.
            Err(_) if text.contains("# deep") => return Ok(()),
            Err(refusal) => return Err(TestCaseError::fail(refusal.to_string())),
        };
        let gone = if count == 1 { edited.replacen("{}", "", 1) } else { edited.clone() };
        prop_assert!(!edited.contains(&key));
        let (old, new) = (lines(&text), lines(&gone));
        prop_assert!(count == 1 || is_part_of(&new, &old), "{:?}\n{:?}", text, edited);
    }

    #[test]
    fn a_pushed_word_is_one_more_line((text, _) in document(), value in "\\PC{0,12}") {
        let text = format!("{}\nlist:\n- a # b\n\n# end", text.trim_end_matches(['\r', '\n', ' ']));
        if let Ok(edited) = push(&text, &[Key("list")], &Value::text(value.as_str())) {
            let (old, new) = (lines(&text), lines(&edited));
            prop_assert_eq!(new.len(), old.len() + usize::from(value != "a"));
            prop_assert!(is_part_of(&old, &new));
            prop_assert_eq!(push(&edited, &[Key("list")], &Value::text(value.as_str())), Ok(edited.clone()));
        }
    }

    #[test]
    fn no_text_breaks_it(text in "[a-c:#\\-\\[\\]{},&*!|>'\" \\t\\r\\n?~é]{0,40}", key in "[a-c]") {
        let _ = set(&text, &[Key(&key), Key("x")], &Value::text("y"));
        let _ = push(&text, &[Key(&key)], &Value::text("y"));
        let _ = remove(&text, &[Key(&key)]);
        let _ = scalar(&text, &[Key(&key)]);
    }
}
