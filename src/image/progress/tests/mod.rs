//! Streams that real engines sent (`testdata`: builder, engine, what was built), and what people are told of them.
//!
//! `streams`: builds that came to their end; `failures`: those that did not; `telling`: events made up for the purpose.

mod failures;
mod streams;
mod telling;

use std::time::{Duration, Instant};

use super::reader::{Outcome, Reader};
use super::teller::{Place, Progress, Telling};
use super::wording::Wording;
use crate::image::Event;
use crate::output::Colour;

macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("../testdata/", $name, ".jsonl"))
    };
}

/// As a build of ours has it: one instruction of ours behind each of the `ours` FROMs, one line each.
fn wording(ours: u32) -> Wording {
    let names = [
        ("bench/busybox:1", "busybox"),
        ("baws.local/nope:1", "team/base:1"),
    ];
    Wording {
        names: names.map(|(a, b)| (a.to_owned(), b.to_owned())).into(),
        line: Box::new(|line| line - 1),
        ours,
        labels: 0,
    }
}

/// The whole of what is printed, and what the build came to. The classic builder's records come 100 ms apart.
fn told(stream: &str, ours: u32, progress: Progress, place: Place) -> String {
    let (events, outcome) = read(stream, ours);
    let mut telling = Telling::new(progress, place);
    let mut lines: Vec<_> = events
        .iter()
        .flat_map(|(event, at)| telling.hear(event, *at))
        .collect();
    lines.extend(telling.finish());
    let mut text: Vec<String> = lines.iter().map(|line| line.text(Colour::Never)).collect();
    text.push(verdict(&outcome));
    text.join("\n")
}

fn read(stream: &str, ours: u32) -> (Vec<(Event, Instant)>, Outcome) {
    let mut reader = Reader::new(wording(ours));
    let mut now = Instant::now();
    let mut events = Vec::new();
    for record in stream.lines() {
        now += Duration::from_millis(100);
        let news = reader.read(record.as_bytes(), now);
        events.extend(news.into_iter().map(|event| (event, now)));
    }
    (events, reader.end())
}

fn verdict(outcome: &Outcome) -> String {
    match (&outcome.image_id, &outcome.error) {
        (Some(id), None) => format!(
            "=> {}: {}",
            outcome.summary(Duration::from_secs(14)),
            &id[..19]
        ),
        (_, Some(error)) => format!(
            "=> {}\n   step: {:?}, exit code: {:?}, output: {:?}",
            error.message, error.step, error.exit_code, error.output_tail
        ),
        (None, None) => "broken off".to_owned(),
    }
}

fn in_job_log(stream: &str, ours: u32) -> String {
    told(stream, ours, Progress::Auto, Place::JobLog)
}

use recorded;
