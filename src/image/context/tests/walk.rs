//! Directories as contexts: what is listed, in which order, and what is not.

use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode};

use super::super::entry::order;
use super::super::{Ignore, Listing, list};
use super::{Context, Record, pour};

fn listed(context: &Context, ignore: &str) -> Listing {
    list(
        context.root(),
        &Ignore::parse("x", ignore.as_bytes()).unwrap(),
    )
    .unwrap()
}

fn lines(context: &Context, ignore: &str) -> Vec<String> {
    let mut record = Record::default();
    pour(&listed(context, ignore), &mut record).unwrap();
    record.lines()
}

fn paths(context: &Context, ignore: &str) -> Vec<String> {
    let listing = listed(context, ignore);
    let shown = listing
        .entries()
        .map(|entry| entry.path.escape_ascii().to_string());
    shown.collect()
}

#[test]
fn directories_come_before_what_is_in_them_and_siblings_by_their_bytes() {
    let context = Context::new();
    context
        .file("a/b", "1")
        .file("a.txt", "2")
        .file("a-", "")
        .file("A", "3");
    context
        .file(b"\xFF", "4")
        .file("a/x\ny", "5")
        .file("a/\u{e9}", "6");
    context
        .mode("a", 0o750)
        .mode("A", 0o4755)
        .mode("a.txt", 0o600);
    for path in ["a/b", "a-", "a/x\ny", "a/\u{e9}"] {
        context.mode(path, 0o644);
    }
    context.mode(b"\xFF", 0o644);
    assert_eq!(
        lines(&context, ""),
        [
            "f 4755 A = 3",
            "d 750 a",
            "f 644 a/b = 1",
            "f 644 a/x\\ny = 5",
            "f 644 a/\\xc3\\xa9 = 6",
            "f 644 a- = ",
            "f 600 a.txt = 2",
            "f 644 \\xff = 4",
        ]
    );
    let listing = listed(&context, "");
    let paths: Vec<_> = listing.entries().map(|entry| &entry.path).collect();
    assert!(paths.is_sorted_by(|a, b| order(a, b).is_lt()));
}

#[test]
fn links_are_listed_and_never_followed() {
    let context = Context::new();
    context.file("d/f", "x").mode("d", 0o755).mode("d/f", 0o644);
    context
        .link("loop", "loop")
        .link("d/up", "..")
        .link("out", "/etc")
        .link("z", "d");
    std::fs::hard_link(context.at("d/f"), context.at("b")).unwrap();
    std::fs::hard_link(context.at("d/f"), context.at("e")).unwrap();
    let expected = [
        "f 644 b = x",
        "d 755 d",
        "h d/f => b",
        "l d/up -> ..",
        "h e => b",
        "l loop -> loop",
        "l out -> /etc",
        "l z -> d",
    ];
    assert_eq!(lines(&context, ""), expected);
    // The first name that is kept holds the content.
    assert_eq!(
        lines(&context, "b\nd/up\n*o*\nz"),
        ["d 755 d", "f 644 d/f = x", "h e => d/f"]
    );
}

#[test]
fn sockets_and_fifos_are_left_out_and_not_opened() {
    let context = Context::new();
    context.file("a", "x");
    let _socket = UnixListener::bind(context.at("socket")).unwrap();
    rustix::fs::mkfifoat(CWD, context.at("fifo"), Mode::RUSR).unwrap();
    rustix::fs::mkfifoat(CWD, context.at("hidden"), Mode::RUSR).unwrap();
    let listing = listed(&context, "hidden");
    let left_out: Vec<_> = listing
        .left_out
        .iter()
        .map(|out| (&out.path[..], out.what))
        .collect();
    assert_eq!(
        left_out,
        [(&b"fifo"[..], "a FIFO"), (b"socket", "a socket")]
    );
    assert_eq!(paths(&context, ""), ["a"]);
}

#[test]
fn what_comes_back_brings_its_directories_and_nothing_else() {
    let context = Context::new();
    context
        .file("a/b/keep", "")
        .file("a/b/other", "")
        .file("a/c/other", "")
        .file("z", "");
    assert_eq!(paths(&context, "*\n!a/b/keep"), ["a", "a/b", "a/b/keep"]);
    assert_eq!(paths(&context, "a\nz"), [""; 0]);
    assert_eq!(
        paths(&context, "**/other\n!a/c"),
        ["a", "a/b", "a/b/keep", "a/c", "z"]
    );
}

#[test]
fn a_directory_that_cannot_be_kept_is_not_read() {
    if rustix::process::geteuid().is_root() {
        // Root reads everything; a name too long to be opened stands for what cannot be read.
        let context = Context::new();
        let mut deep =
            rustix::fs::openat(CWD, context.root(), rustix::fs::OFlags::PATH, Mode::empty())
                .unwrap();
        for _ in 0..20 {
            let name = "d".repeat(250);
            rustix::fs::mkdirat(&deep, &name, Mode::RWXU).unwrap();
            deep =
                rustix::fs::openat(&deep, &name, rustix::fs::OFlags::PATH, Mode::empty()).unwrap();
        }
        let error = list(context.root(), &Ignore::nothing()).unwrap_err();
        assert_eq!(error.causes(), ["File name too long (os error 36)"]);
        assert_eq!(
            error.hints(),
            ["shorten its path, or exclude it in `.dockerignore`"]
        );
        assert_eq!(paths(&context, "d*"), [""; 0]);
        return;
    }
    let context = Context::new();
    context.file("secret/x", "").mode("secret", 0);
    let error = list(context.root(), &Ignore::nothing()).unwrap_err();
    assert_eq!(error.message(), "cannot read `secret` of the build context");
    assert_eq!(
        error.hints(),
        ["let this user read it, or exclude it in `.dockerignore`"]
    );
    assert_eq!(paths(&context, "secret"), [""; 0]);
    context.mode("secret", 0o755);
}

#[test]
fn the_root_has_to_be_a_directory() {
    let context = Context::new();
    context.file("f", "").link("l", ".");
    let error = list(&context.at("f"), &Ignore::nothing()).unwrap_err();
    assert_eq!(error.causes(), ["it is a regular file, not a directory"]);
    let error = list(&context.at("none"), &Ignore::nothing()).unwrap_err();
    assert_eq!(error.causes(), ["No such file or directory (os error 2)"]);
    assert_eq!(
        list(&context.at("l"), &Ignore::nothing())
            .unwrap()
            .entries()
            .len(),
        2
    );
}

#[test]
fn what_is_large_is_named_where_it_is_large() {
    let context = Context::new();
    let kilobytes = |count: usize| vec![0; count * 1000];
    context
        .file(".git/objects/aa/1", kilobytes(30))
        .file(".git/objects/bb/2", kilobytes(30));
    context
        .file(".git/index", kilobytes(1))
        .file("app/node_modules/x/1", kilobytes(9));
    context
        .file("app/node_modules/y/1", kilobytes(9))
        .file("app/src", kilobytes(2));
    context.file("empty/a", "").file("top", kilobytes(100));
    let listing = listed(&context, "");
    let largest = listing
        .largest
        .iter()
        .map(|one| (&one.path[..], one.bytes / 1000));
    let expected = [(&b".git/objects"[..], 60), (b"app/node_modules", 18)];
    assert_eq!(largest.collect::<Vec<_>>(), expected);
    assert_eq!(listing.total_bytes, 181_000);
}

#[test]
fn a_hundred_thousand_files_are_quick() {
    let context = Context::in_memory();
    for directory in 0..200 {
        let path = context.at(format!("d{directory}"));
        std::fs::create_dir(&path).unwrap();
        for file in 0..500 {
            std::fs::File::create(path.join(format!("file-{file}.txt"))).unwrap();
        }
    }
    let ignore = "**/*.o\n**/node_modules\n*.log\n!d1/**/x*.log\nd7\n**/?oo[0-9]*/x";
    let begun = Instant::now();
    let listing = listed(&context, ignore);
    let listing_took = begun.elapsed();
    assert_eq!(listing.entries().len(), 199 * 501);
    let mut record = Record::default();
    pour(&listing, &mut record).unwrap();
    assert_eq!(record.entries.len(), 199 * 501);
    // Far above what it takes, so that a busy machine fails nobody.
    assert!(listing_took < Duration::from_secs(20), "{listing_took:?}");
}
