//! What the host takes of a context's entries, and every hostile form that it does not.

use super::*;

fn entry(path: &str, kind: ListedKind) -> Listed {
    Listed {
        path: path.as_bytes().to_vec(),
        kind,
        mode: 0o644,
        mtime_ns: -5,
    }
}

fn dir(path: &str) -> Listed {
    entry(path, ListedKind::Directory)
}

fn file(path: &str, size: u64) -> Listed {
    entry(path, ListedKind::File { size })
}

fn link(path: &str, target: &str) -> Listed {
    let target = target.as_bytes().to_vec();
    entry(path, ListedKind::Symlink { target })
}

fn hard(path: &str, target: &str) -> Listed {
    let target = target.as_bytes().to_vec();
    entry(path, ListedKind::HardLink { target })
}

fn receive(entries: &[Listed]) -> Result<Vec<Listed>> {
    let mut frame = Vec::new();
    for entry in entries {
        encode(entry, &mut frame)?;
    }
    let mut received = Received::within(6, 1000);
    received.take(&frame)?;
    Ok(received.entries())
}

#[test]
fn sound_entries_arrive_as_they_were_sent() {
    let all = [
        dir("a"),
        file("a/x", 3),
        dir("a/y"),
        file("a/y/z", 0),
        link("a-b", "../../etc"),
        hard("b", "a/x"),
    ];
    let received = receive(&all).unwrap();
    assert_eq!(received.len(), all.len());
    assert_eq!(received[1].path, b"a/x");
    assert_eq!((received[4].mtime_ns, received[4].mode), (-5, 0o644));
}

#[test]
fn hostile_entries_are_refused() {
    for entries in [
        vec![file("../x", 1)],
        vec![file("/x", 1)],
        vec![file("a//b", 1)],
        vec![file("a/./b", 1)],
        vec![file("", 1)],
        vec![file("a\0b", 1)],
        vec![file("a/b", 1)],
        vec![file("b", 1), file("a", 1)],
        vec![file("a", 1), file("a", 1)],
        vec![file("a", 1), file("a/b", 1)],
        vec![link("a", "/etc"), file("a/passwd", 1)],
        vec![dir("a"), dir("b"), file("a/x", 1)],
        vec![hard("a", "b"), file("b", 1)],
        vec![dir("d"), hard("e", "d")],
        vec![file("a/", 1)],
        vec![file(".", 1)],
        vec![file("..", 1)],
        vec![link("l", "")],
        vec![link("l", "a\0b")],
        vec![link("l", &"x".repeat(4097))],
        vec![file(&vec!["x".repeat(200); 21].join("/"), 1)],
        vec![dir("ab"), file("abc/d", 1)],
        vec![file("a.b", 1), dir("a"), file("a/b", 1)],
        vec![file("a", 1), file("b", u64::MAX)],
        vec![link("l", "/etc/passwd"), hard("m", "l")],
        vec![file("a", 900), file("b", 101)],
        vec![file(&"x".repeat(256), 1)],
        (0..7).map(|n| file(&n.to_string(), 0)).collect(),
        vec![Listed {
            mode: 0o170_644,
            ..file("a", 1)
        }],
    ] {
        let paths: Vec<_> = entries
            .iter()
            .map(|one| String::from_utf8_lossy(&one.path).into_owned())
            .collect();
        assert!(receive(&entries).is_err(), "{paths:?}");
    }
    assert!(Received::within(1, 1).take(&[1, 2, 3]).is_err());
}

proptest::proptest! {
    /// Whatever comes as a list: what is taken of it are paths below the context, in order, each once.
    #[test]
    fn fuzz_listings(
        entries in proptest::collection::vec(("(a|b|/|\\.|\\.\\.|a/b|b/c){0,4}", "(a|/|\\.\\.|b){0,3}", 0..4_u8, 0..2000_u64), 0..7),
        at in proptest::num::usize::ANY,
        byte in proptest::num::u8::ANY,
        is_hit in proptest::bool::ANY,
    ) {
        let mut frame = Vec::new();
        for (path, target, kind, size) in &entries {
            let one = match kind {
                0 => dir(path),
                1 => link(path, target),
                2 => hard(path, target),
                _ => file(path, *size),
            };
            encode(&one, &mut frame)?;
        }
        if is_hit && !frame.is_empty() {
            let at = at % frame.len();
            frame[at] = byte;
        }
        let mut received = Received::within(6, 1000);
        // What is refused ends the request; what was taken before counts all the same here.
        let sound = received.take(&frame).is_ok();
        let taken = received.entries();
        proptest::prop_assert!(taken.len() <= 6);
        for pair in taken.windows(2) {
            proptest::prop_assert!(pair[0].path.split(|c| *c == b'/').lt(pair[1].path.split(|c| *c == b'/')));
        }
        for one in taken.iter().filter(|_| sound) {
            let parts: Vec<&[u8]> = one.path.split(|c| *c == b'/').collect();
            proptest::prop_assert!(parts.iter().all(|part| !part.is_empty() && *part != b".." && *part != b"."));
            let parent = &one.path[..one.path.len() - parts[parts.len() - 1].len()];
            let is_parent = |other: &&Listed| other.path == parent[..parent.len() - 1];
            proptest::prop_assert!(parent.is_empty() || taken.iter().find(is_parent).is_some_and(|dir| matches!(dir.kind, ListedKind::Directory)));
        }
    }
}
