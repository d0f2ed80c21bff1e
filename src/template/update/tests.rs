//! Every combination of the three states, and pipelines as people rewrite them.

use super::*;

fn file(base: Option<&str>, ours: Option<&str>, theirs: Option<&str>) -> Threefold {
    let bytes = |text: Option<&str>| text.map(|text| text.as_bytes().to_vec());
    Threefold {
        base: bytes(base),
        ours: bytes(ours),
        theirs: bytes(theirs),
    }
}

fn one(path: &str, known: bool, of: Threefold) -> (Option<Option<String>>, Vec<String>, bool) {
    let edition = Edition::shipped().unwrap();
    let mut lock = Lock::new("nodejs", "shop", "0.9.0".parse().unwrap(), "p/t");
    if known {
        lock.files.insert(path.to_owned(), "then".to_owned());
    }
    let update = update(&lock, &edition, BTreeMap::from([(path.to_owned(), of)]));
    let after = update.changes.first().map(|change| {
        let bytes = change.after.clone();
        bytes.map(|bytes| String::from_utf8(bytes).unwrap())
    });
    let kept = update.lock.files.get(path).map(String::as_str) == Some("then");
    (after, update.notes.iter().map(Note::text).collect(), kept)
}

#[test]
fn what_nobody_touched_follows_the_templates() {
    let (after, notes, kept) = one("a", true, file(Some("1"), Some("1"), Some("2")));
    assert_eq!(
        (after, notes.len(), kept),
        (Some(Some("2".to_owned())), 0, false)
    );
    let (after, ..) = one("a", true, file(Some("1"), Some("1"), None));
    assert_eq!(after, Some(None));
    let (after, ..) = one("a", false, file(None, None, Some("2")));
    assert_eq!(after, Some(Some("2".to_owned())));
}

#[test]
fn what_people_did_stays() {
    for (known, of, told) in [
        (true, file(Some("1"), None, Some("2")), "removed here"),
        (
            true,
            file(Some("1"), Some("x"), None),
            "no part of the templates",
        ),
        (
            false,
            file(None, Some("x"), Some("2")),
            "part of the templates now",
        ),
        (true, file(None, Some("x"), Some("2")), "not to be found"),
        (
            true,
            file(Some("a\n"), Some("b\n"), Some("c\n")),
            "same lines (1)",
        ),
    ] {
        let (after, notes, _) = one("a", known, of);
        assert_eq!(after, None);
        assert!(notes[0].contains(told), "{notes:?}");
    }
    for of in [
        file(Some("1"), Some("x"), Some("1")),
        file(Some("1"), Some("2"), Some("2")),
        file(None, Some("2"), Some("2")),
    ] {
        let (after, notes, kept) = one("a", true, of);
        assert_eq!((after, notes.len(), kept), (None, 0, false));
    }
}

#[test]
fn a_conflict_keeps_its_base_for_the_next_time() {
    let (_, _, kept) = one("a", true, file(Some("a\n"), Some("b\n"), Some("c\n")));
    assert!(kept);
    let (_, _, kept) = one(
        "a",
        true,
        file(
            Some("a\nb\n\nc\n"),
            Some("x\nb\n\nc\n"),
            Some("a\nb\n\ny\n"),
        ),
    );
    assert!(!kept);
}

const THEN: &str = "# ours\ninclude:\n  - project: p/t\n    ref: 1.0.0\n    file: /templates/nodejs.yml\n    inputs:\n      production: true\n";
const NOW: &str = "# ours\ninclude:\n  - project: p/t\n    ref: 1.1.0\n    file: /templates/nodejs.yml\n    inputs:\n      production: true\n";

#[test]
fn a_pipeline_that_was_laid_out_anew_gets_the_new_version_and_nothing_else() {
    for ours in [
        "include:\n- {project: 'p/t', ref: '1.0.0', file: templates/nodejs.yml, inputs: {production: true}} # mine\njob:\n  script: [x]\n",
        "# my own\r\ninclude:\r\n    -   file: \"/templates/nodejs.yml\"\r\n        ref:   1.0.0   # pinned\r\n        project: p/t\r\n\r\njob: {script: [a]}",
        "include:\n  - local: a.yml\n  - project: p/t\n    # why\n    ref: \"1.0.0\"\n    file: /templates/nodejs.yml\n    inputs:\n      production: true\n      lower_environment: dev\n",
    ] {
        let (after, notes, _) = one(PIPELINE, true, file(Some(THEN), Some(ours), Some(NOW)));
        let after = after.unwrap_or_else(|| panic!("{notes:?}")).unwrap();
        assert_eq!(after, ours.replace("1.0.0", "1.1.0"));
    }
}

#[test]
fn a_pipeline_that_may_not_be_edited_is_left_alone() {
    for ours in [
        // Somebody pinned another version.
        "include:\n  - project: p/t\n    ref: 0.9.0\n    file: /templates/nodejs.yml\n",
        // Twice.
        "include:\n  - {project: p/t, ref: 1.0.0, file: /templates/nodejs.yml}\n  - {project: p/t, ref: 1.0.0, file: /templates/nodejs.yml}\n",
        // A key twice, an anchor, no pipeline of ours, no YAML.
        "include:\n  - project: p/t\n    ref: 1.0.0\n    ref: 1.0.0\n    file: /templates/nodejs.yml\n",
        "x: &a {project: p/t, ref: 1.0.0, file: /templates/nodejs.yml}\ninclude:\n  - *a\n",
        "job:\n  script: [x]\n",
        "include: [\n",
    ] {
        let (after, notes, kept) = one(PIPELINE, true, file(Some(THEN), Some(ours), Some(NOW)));
        assert_eq!(after, None, "{ours}");
        assert!(kept && notes[0].contains("same lines"), "{ours}: {notes:?}");
    }
}
