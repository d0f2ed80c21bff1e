//! Tars of strangers as contexts: any order and form, and what is refused.

use std::io::{self, Write};

use tar::{EntryType, Header};

use super::super::{Ignore, TarContext};
use super::{Context, Record, pour, unpack};
use crate::error::Result;

/// One member after the other, as they are given.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn add(mut self, kind: EntryType, path: &str, link: &str, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o100_640);
        header.set_size(content.len() as u64);
        if kind == EntryType::GNUSparse {
            let sparse = header.as_gnu_mut().unwrap();
            sparse.set_real_size(0);
        }
        let fields = header.as_old_mut();
        fields.name[..path.len()].copy_from_slice(path.as_bytes());
        fields.linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_cksum();
        self.0.extend(header.as_bytes());
        self.0.extend(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, path: &str, content: &str) -> Self {
        self.add(EntryType::Regular, path, "", content.as_bytes())
    }

    fn end(mut self) -> Vec<u8> {
        self.0.extend([0; 1024]);
        self.0
    }
}

fn read(tar: &[u8]) -> Result<TarContext> {
    TarContext::read(tar, Context::new().root())
}

fn lines(tar: &[u8], ignore: &str) -> Vec<String> {
    let mut record = Record::default();
    let ignore = Ignore::parse("x", ignore.as_bytes()).unwrap();
    unpack(&read(tar).unwrap(), &ignore, &mut record).unwrap();
    assert!(record.is_sound(), "{record:?}");
    record.lines()
}

fn why(tar: &[u8]) -> String {
    read(tar).unwrap_err().to_string()
}

#[test]
fn any_order_and_form_becomes_a_context() {
    let tar = Tar::default()
        .file("./z", "1")
        .file("b/c/d", "2")
        .add(EntryType::Directory, "./", "", b"")
        .add(EntryType::Directory, "b/", "", b"")
        .file("a", "old")
        .add(EntryType::Link, "first", "./a", b"")
        .file("a", "new")
        .add(EntryType::Symlink, "b//l", "../../out", b"")
        .add(EntryType::Link, "0", "z", b"")
        .add(EntryType::Fifo, "fifo", "", b"")
        .end();
    let expected = [
        "f 640 0 = 1",
        "f 640 a = new",
        "d 640 b",
        "d 755 b/c",
        "f 640 b/c/d = 2",
        "l b/l -> ../../out",
        "f 640 first = old",
        "h z => 0",
    ];
    assert_eq!(lines(&tar, ""), expected);
    assert_eq!(lines(&tar, "*\n!b/c"), expected[2..5]);
    let context = read(&tar).unwrap();
    assert_eq!(context.left_out[0].what, "a FIFO");
    assert_eq!(context.file(b"a").unwrap().unwrap(), b"new");
    assert_eq!(context.file(b"b").unwrap(), None);
    let mut record = Record::default();
    unpack(&context, &Ignore::nothing(), &mut record).unwrap();
    let total_bytes: usize = record.entries.iter().map(|(_, bytes)| bytes.len()).sum();
    assert_eq!((record.entries.len(), total_bytes), (8, 8));
}

#[test]
fn a_file_in_place_of_a_directory_takes_what_was_below() {
    let tar = Tar::default()
        .file("a/b/c", "1")
        .file("a.b", "2")
        .file("a", "3")
        .end();
    assert_eq!(lines(&tar, ""), ["f 640 a = 3", "f 640 a.b = 2"]);
}

#[test]
fn what_leads_out_or_contradicts_itself_is_refused() {
    let one = |kind, path, link| why(&Tar::default().add(kind, path, link, b"").end());
    for (told, reason) in [
        (
            one(EntryType::Regular, "/etc/passwd", ""),
            "its path is absolute",
        ),
        (
            one(EntryType::Regular, "a/../../b", ""),
            "the path has `.` or `..` in it",
        ),
        (
            one(EntryType::Link, "a", "../b"),
            "the path has `.` or `..` in it",
        ),
        (
            one(EntryType::Link, "a", "b"),
            "a file that did not come before it",
        ),
        (one(EntryType::Symlink, "a", ""), "a link to nowhere"),
        (
            one(EntryType::Regular, "", ""),
            "stands for the context itself",
        ),
        (one(EntryType::new(b'V'), "label", ""), "type `V`"),
        (one(EntryType::GNUSparse, "s", ""), "sparse"),
        (
            why(&Tar::default().add(EntryType::Symlink, "a", "b", b"x").end()),
            "has a content",
        ),
        (
            why(&Tar::default().file("a", "").file("a/b", "").end()),
            "below what is no directory",
        ),
        (
            why(&Tar::default()
                .add(EntryType::Symlink, "a", "/", b"")
                .file("a/b", "")
                .end()),
            "below what is no directory",
        ),
        (
            why(&Tar::default()
                .add(EntryType::XHeader, "x", "", b"22 GNU.sparse.major=1\n")
                .file("a", "")
                .end()),
            "sparse",
        ),
    ] {
        assert!(told.contains(reason), "{told}");
    }
}

#[test]
fn long_names_and_gzip_are_read_and_a_commit_comment_is_passed_over() {
    let long = "n".repeat(200);
    let tar = Tar::default()
        .add(
            EntryType::XGlobalHeader,
            "pax_global_header",
            "",
            b"13 comment=x\n",
        )
        .add(EntryType::GNULongName, "././@LongLink", "", long.as_bytes())
        .file("short", "1")
        .add(EntryType::XHeader, "x", "", b"13 path=p\xC3\xA9x\n")
        .file("short", "2")
        .end();
    let expected = [
        format!("f 640 {long} = 1"),
        "f 640 p\\xc3\\xa9x = 2".to_owned(),
    ];
    assert_eq!(lines(&tar, ""), expected);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&tar).unwrap();
    let gzip = gzip.finish().unwrap();
    assert_eq!(lines(&gzip, ""), expected);
    assert!(why(&gzip[..gzip.len() - 4]).starts_with("cannot read the context as a tar"));
}

#[test]
fn what_is_no_whole_tar_is_told_apart() {
    let tar = Tar::default().file("a", &"x".repeat(2000)).end();
    for (input, reason) in [
        (&b""[..], "nothing came"),
        (b"BZh91AY", "it is bzip2"),
        (b"\xFD7zXZ\0\0", "it is xz"),
        (b"\x28\xB5\x2F\xFD..", "it is zstd"),
        (b"FROM scratch\n", "cannot read the context as a tar"),
        (&[b'x'; 4096], "cannot read the context as a tar"),
        (&tar[..700], "cannot read the context as a tar"),
        (&tar[..300], "cannot read the context as a tar"),
    ] {
        assert!(why(input).contains(reason), "{}", why(input));
    }
    assert_eq!(lines(&[0; 1024], ""), [""; 0]);
}

#[test]
fn our_own_tars_come_back_the_same() {
    let context = Context::new();
    context
        .file("a/b", vec![b'x'; 700_000])
        .file(b"\xFF", "y")
        .link("l", "t".repeat(150));
    context.mode("a", 0o755).mode("a/b", 0o755);
    std::fs::hard_link(context.at("a/b"), context.at("c")).unwrap();
    let mut listed = Record::default();
    let listing = super::super::list(context.root(), &Ignore::nothing()).unwrap();
    pour(&listing, &mut listed).unwrap();
    let mut unpacked = Record::default();
    let tar = read(&listed.as_tar()).unwrap();
    unpack(&tar, &Ignore::nothing(), &mut unpacked).unwrap();
    assert_eq!(listed.entries, unpacked.entries);
    assert_eq!(listed.as_tar(), unpacked.as_tar());
}

#[test]
fn a_reader_that_fails_is_an_error() {
    struct Fails;
    impl io::Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    assert!(TarContext::read(Fails, Context::new().root()).is_err());
}
