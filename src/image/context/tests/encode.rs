//! Tars as they come out: what other readers make of them, and that they come out the same.

use std::io::{self, Read};

use super::super::{Entry, Kind, Sink, TarEncoder};
use super::{directory, entry, file};

fn encoded(entries: &[(Entry, &[u8])], mtime_secs: u64) -> Vec<u8> {
    let mut tar = TarEncoder::new(Vec::new(), mtime_secs);
    for (entry, content) in entries {
        tar.entry(entry).unwrap();
        tar.data(content).unwrap();
    }
    tar.finish().unwrap()
}

fn symlink(path: &[u8], target: &[u8]) -> Entry {
    let target = target.to_vec();
    entry(path, Kind::Symlink { target })
}

/// Names, links and contents, as the `tar` crate reads them.
fn decoded(tar: &[u8]) -> Vec<(Vec<u8>, Vec<u8>, Vec<u8>)> {
    let mut archive = tar::Archive::new(tar);
    let read = |entry: io::Result<tar::Entry<'_, &[u8]>>| {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
        assert_eq!(
            (header.username_bytes(), header.groupname_bytes()),
            (Some(&b""[..]), Some(&b""[..]))
        );
        assert_eq!(header.mtime().unwrap(), 1_700_000_000);
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let link = entry.link_name_bytes().unwrap_or_default().into_owned();
        (entry.path_bytes().into_owned(), link, content)
    };
    archive.entries().unwrap().map(read).collect()
}

#[test]
fn any_name_and_target_arrives_whole() {
    let name_of = |length: usize| [&b"\xFF\n"[..], &vec![b'n'; length - 2]].concat();
    let mut entries: Vec<(Entry, &[u8])> = Vec::new();
    for length in [2, 99, 100, 101, 200, 255] {
        entries.push((symlink(&name_of(length), &name_of(length + 1)), b""));
    }
    let deep = vec!["d".repeat(255); 15].join("/");
    entries.push((directory(&"d".repeat(99)), b""));
    entries.push((directory(&"d".repeat(100)), b""));
    entries.push((file(&deep, 5), b"12345"));
    let target = deep.clone().into_bytes();
    entries.push((entry(b"z", Kind::HardLink { target }), b""));
    let read = decoded(&encoded(&entries, 1_700_000_000));
    assert_eq!(read.len(), entries.len());
    for ((entry, content), (path, link, read)) in entries.iter().zip(&read) {
        let slash: &[u8] = if entry.kind == Kind::Directory {
            b"/"
        } else {
            b""
        };
        assert_eq!([&entry.path[..], slash].concat(), *path);
        assert_eq!(*content, read);
        match &entry.kind {
            Kind::Symlink { target } | Kind::HardLink { target } => assert_eq!(target, link),
            Kind::Directory | Kind::File { .. } => assert!(link.is_empty()),
        }
    }
}

#[test]
fn the_same_entries_are_the_same_bytes_in_whole_blocks() {
    let entries: [(Entry, &[u8]); 3] = [
        (directory("a"), b""),
        (file("a/b", 513), &[7; 513]),
        (file("c", 512), &[7; 512]),
    ];
    let tar = encoded(&entries, 5);
    assert_eq!(tar, encoded(&entries, 5));
    assert_ne!(tar, encoded(&entries, 6));
    assert_eq!(tar.len(), 512 * (1 + 1 + 2 + 1 + 1 + 2));
}

#[test]
fn a_file_has_exactly_its_bytes() {
    let mut tar = TarEncoder::new(Vec::new(), 0);
    tar.entry(&file("a", 2)).unwrap();
    tar.data(b"x").unwrap();
    assert!(tar.data(b"yz").is_err());
    let mut tar = TarEncoder::new(Vec::new(), 0);
    tar.entry(&file("a", 2)).unwrap();
    assert!(tar.entry(&file("b", 0)).is_err());
    assert!(tar.finish().is_err());
}

#[test]
fn sizes_beyond_eight_gib_are_written() {
    let size = 9 << 30;
    let mut written = Vec::new();
    let mut tar = TarEncoder::new(&mut written, 0);
    tar.entry(&file("large", size)).unwrap();
    let header = tar::Header::from_byte_slice(&written[..512]);
    assert_eq!(header.entry_size().unwrap(), size);
    // Source: the GNU tar manual, "Extensions": the first bit set, then a big-endian number.
    assert_eq!(header.as_bytes()[124], 0x80);
}

/// GNU tar itself lists what was written, names and all.
#[test]
fn gnu_tar_reads_it() {
    let name = "n".repeat(200);
    let tar = encoded(
        &[
            (directory("a"), b""),
            (file(&format!("a/{name}"), 3), b"abc"),
            (symlink(b"l", name.as_bytes()), b""),
        ],
        0,
    );
    let context = super::Context::new();
    context.file("t.tar", &tar);
    let listed = std::process::Command::new("tar")
        .arg("-tf")
        .arg(context.at("t.tar"))
        .output()
        .unwrap();
    assert!(
        listed.status.success() && listed.stderr.is_empty(),
        "{listed:?}"
    );
    assert_eq!(
        String::from_utf8(listed.stdout).unwrap(),
        format!("a/\na/{name}\nl\n")
    );
}
