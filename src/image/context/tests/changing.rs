//! Contexts that change between being listed and being read.

use std::io::{self, Write};

use rustix::fs::{CWD, Mode};

use super::super::beneath::{Root, Way};
use super::super::{Entry, Ignore, Listing, Sink, list};
use super::{Context, Record, pour};
use crate::error::Class;

fn context() -> (Context, Listing) {
    let context = Context::new();
    context.file("d/file", vec![b'x'; 600_000]).file("e", "");
    let listing = list(context.root(), &Ignore::nothing()).unwrap();
    (context, listing)
}

fn change(listing: &Listing, sink: &mut dyn Sink) -> String {
    let error = pour(listing, sink).expect_err("no change was noticed");
    assert_eq!(error.class(), Class::Precondition);
    error.message().to_owned()
}

const CHANGED: &str = "the context changed while it was read: `d/file`";

#[test]
fn a_file_that_is_not_the_one_listed_is_an_error() {
    type Act = fn(&Context);
    let acts: [Act; 7] = [
        |context| std::fs::remove_file(context.at("d/file")).unwrap(),
        |context| std::fs::remove_dir_all(context.at("d")).unwrap(),
        |context| std::fs::write(context.at("d/file"), vec![b'x'; 599_999]).unwrap(),
        |context| std::fs::write(context.at("d/file"), vec![b'x'; 600_001]).unwrap(),
        |context| {
            std::fs::remove_file(context.at("d/file")).unwrap();
            context.link("d/file", "/etc/passwd");
        },
        |context| {
            std::fs::remove_file(context.at("d/file")).unwrap();
            rustix::fs::mkfifoat(CWD, context.at("d/file"), Mode::RUSR).unwrap();
        },
        // The directory becomes a link to elsewhere, with such a file in it.
        |context| {
            std::fs::rename(context.at("d"), context.at("other")).unwrap();
            context.link("d", "other");
        },
    ];
    for act in acts {
        for way in [Way::AtOnce, Way::PartByPart] {
            let (context, mut listing) = context();
            listing.root = Root::open(context.root()).unwrap().going(way);
            act(&context);
            assert_eq!(change(&listing, &mut Record::default()), CHANGED);
        }
    }
}

/// Acts on a file once the first bytes of it have come.
struct Meddler<F: FnMut()>(F, Record);

impl<F: FnMut()> Sink for Meddler<F> {
    fn entry(&mut self, entry: &Entry) -> io::Result<()> {
        self.1.entry(entry)
    }

    fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        (self.0)();
        self.1.data(bytes)
    }
}

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    let (context, listing) = context();
    let open = || {
        std::fs::OpenOptions::new()
            .append(true)
            .open(context.at("d/file"))
            .unwrap()
    };
    let mut grow = Meddler(|| open().write_all(b"more").unwrap(), Record::default());
    assert_eq!(change(&listing, &mut grow), CHANGED);
    // No more than was announced has gone out.
    assert_eq!(grow.1.entries.last().unwrap().1.len(), 600_000);

    let listing = list(context.root(), &Ignore::nothing()).unwrap();
    let mut shrink = Meddler(|| open().set_len(10).unwrap(), Record::default());
    assert_eq!(change(&listing, &mut shrink), CHANGED);
}

#[test]
fn an_unchanged_context_reads_the_same_twice_on_both_ways() {
    let (context, mut listing) = context();
    let mut records = Vec::new();
    for way in [Way::AtOnce, Way::AtOnce, Way::PartByPart] {
        listing.root = Root::open(context.root()).unwrap().going(way);
        let mut record = Record::default();
        pour(&listing, &mut record).unwrap();
        records.push(record.as_tar());
    }
    assert!(records[0] == records[1] && records[1] == records[2]);
}

#[test]
fn what_the_sink_says_comes_back_as_the_sinks() {
    struct Full;
    impl Sink for Full {
        fn entry(&mut self, _: &Entry) -> io::Result<()> {
            Ok(())
        }
        fn data(&mut self, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let (_context, listing) = context();
    let error = pour(&listing, &mut Full).unwrap_err();
    assert_eq!(error.class(), Class::System);
    assert_eq!(error.causes(), ["broken pipe"]);
}
