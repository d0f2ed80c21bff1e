//! Lies in what a client of the job socket sends as its context: places outside it, other files than were announced.

use std::time::Instant;

use crate::support::visitor::{
    DATA, DATA_END, ENTRIES, From, PROCEED, REQUEST, WANT, build_request, entry, frame,
};
use crate::support::{Job, Site};

const INSIDE: From<'static> = From::Container("build");

#[track_caller]
fn goes_on(job: &Job<'_>) {
    job.baws("build -q").succeeded().printed("sha256:");
    job.cleaned_up();
}

/// Entries that mean another place than one below the context's root, or that lie about what comes.
#[test]
fn a_list_that_lies_is_refused() {
    let site = Site::new();
    let job = site.job().plain();
    let waiting = job.waiting();
    let file = |path: &[u8]| entry(1, 0o644, 3, path, b"");
    let link = |path: &[u8], target: &[u8]| entry(2, 0o777, 0, path, target);
    for (entries, why) in [
        (file(b"../x"), "an impossible entry"),
        (file(b"/etc/passwd"), "an impossible entry"),
        (file(b"a/../../x"), "an impossible entry"),
        (file(b"."), "an impossible entry"),
        (file(b""), "an impossible entry"),
        (file(b"a\0b"), "an impossible entry"),
        (file(b"a/b"), "out of order"),
        ([file(b"b"), file(b"a")].concat(), "out of order"),
        ([file(b"a"), file(b"a")].concat(), "out of order"),
        (
            [link(b"a", b"/etc"), file(b"a/passwd")].concat(),
            "out of order",
        ),
        ([file(b"a"), file(b"a/b")].concat(), "out of order"),
        (
            entry(3, 0o644, 0, b"a", b"/etc/passwd"),
            "names no earlier file",
        ),
        (entry(3, 0o644, 0, b"a", b"a"), "names no earlier file"),
        (link(b"a", b""), "leads nowhere"),
        (entry(1, 0o170_644, 3, b"a", b""), "an impossible entry"),
        (entry(1, 0o644, u64::MAX, b"a", b""), "larger than"),
        (entry(9, 0o644, 3, b"a", b""), "cut off"),
        (file(b"abc")[..9].to_vec(), "cut off"),
    ] {
        let mut visitor = waiting.visit(INSIDE);
        visitor.say(&build_request());
        assert!(visitor.until(PROCEED).is_some());
        visitor.say(&frame(ENTRIES, &entries));
        visitor.say(&frame(ENTRIES, b""));
        let answer = visitor.answer().expect("it is told").to_string();
        assert!(
            answer.contains("\"refused\"") && answer.contains(why),
            "{why}: {answer}"
        );
    }
    waiting.go().succeeded();
    goes_on(&job);
}

#[test]
fn files_that_are_not_as_they_were_announced_end_the_request() {
    let site = Site::new();
    let job = site.job().plain();
    let waiting = job.waiting();
    for files in [
        // Longer, shorter, something else, unasked.
        frame(DATA, b"longer than it was"),
        [frame(DATA, b"s"), frame(DATA_END, b"")].concat(),
        frame(REQUEST, b"x"),
        frame(ENTRIES, &entry(1, 0o644, 3, b"b", b"")),
        [
            frame(DATA, b"abc"),
            frame(DATA_END, b""),
            frame(DATA, b"abc"),
        ]
        .concat(),
    ] {
        let mut visitor = waiting.visit(INSIDE);
        visitor.say(&build_request());
        assert!(visitor.until(PROCEED).is_some());
        let unique = format!("a-{}", Instant::now().elapsed().as_nanos());
        visitor.say(&frame(ENTRIES, &entry(1, 0o644, 3, unique.as_bytes(), b"")));
        visitor.say(&frame(ENTRIES, b""));
        assert!(visitor.until(WANT).is_some());
        visitor.say(&files);
        let answer = visitor.answer().map(|answer| answer["done"].clone());
        assert!(answer.is_none_or(|done| done.is_null()), "it was built");
    }
    waiting.go().succeeded();
    goes_on(&job);
}
