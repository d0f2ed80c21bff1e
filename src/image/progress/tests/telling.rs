//! What no recorded stream holds: long steps, long transfers, endless output, and lies.

use std::time::{Duration, Instant};

use base64::Engine as _;
use prost::Message;

use super::super::reader::Reader;
use super::super::teller::{Place, Progress, Telling};
use super::super::wire::{StatusResponse, Timestamp, Vertex, VertexStatus};
use super::super::wording::Wording;
use crate::image::{Event, StepEnding};
use crate::output::Colour;

/// A telling whose clock stands at a number of seconds.
struct Scene {
    telling: Telling,
    start: Instant,
    text: Vec<String>,
}

impl Scene {
    fn new(progress: Progress) -> Self {
        Scene {
            telling: Telling::new(progress, Place::JobLog),
            start: Instant::now(),
            text: Vec::new(),
        }
    }

    fn hear(&mut self, secs: u64, event: Event) {
        let lines = self
            .telling
            .hear(&event, self.start + Duration::from_secs(secs));
        self.text
            .extend(lines.iter().map(|line| line.text(Colour::Never)));
    }

    fn tick(&mut self, secs: u64) {
        let lines = self.telling.tick(self.start + Duration::from_secs(secs));
        self.text
            .extend(lines.iter().map(|line| line.text(Colour::Never)));
    }

    fn finish(mut self) -> String {
        let lines = self.telling.finish();
        self.text
            .extend(lines.iter().map(|line| line.text(Colour::Never)));
        self.text.join("\n").replace('\u{1b}', "ESC")
    }
}

fn begun(number: u32, name: &str) -> Event {
    let name = name.to_owned();
    Event::StepBegun { number, name }
}

fn said(number: u32, text: &str) -> Event {
    let text = text.to_owned();
    Event::StepSaid { number, text }
}

fn ended(number: u32, ending: StepEnding, secs: u64) -> Event {
    Event::StepEnded {
        number,
        ending,
        took_ms: secs * 1000,
    }
}

#[test]
fn a_long_step_shows_now_and_then_that_it_lives() {
    let mut scene = Scene::new(Progress::Auto);
    scene.hear(0, begun(1, "[2/2] RUN make"));
    (1..12).for_each(|secs| scene.tick(secs));
    scene.hear(12, said(1, "\u{1b}[31mcompiling a\u{1b}[0m\ncompil"));
    (13..45).for_each(|secs| scene.tick(secs));
    scene.hear(45, said(1, "ing b\n"));
    scene.hear(200, ended(1, StepEnding::Done, 200));
    insta::assert_snapshot!(scene.finish(), @r"
    [2/2] RUN make   still running after 10 s
    [2/2] RUN make   still running after 25 s: compil
    [2/2] RUN make   still running after 40 s: compil
    [2/2] RUN make   3 min 20 s
    ESC[31mcompiling aESC[0m
    compiling bESC[0m
    ");
}

#[test]
fn a_long_transfer_is_a_line_now_and_then_and_a_short_one_none() {
    let mut scene = Scene::new(Progress::Auto);
    let moved = |what: &str, done_bytes, of_bytes| Event::Moved {
        what: what.to_owned(),
        done_bytes,
        of_bytes,
    };
    for secs in 0..13 {
        scene.hear(secs, moved("context", secs * 100_000_000, None));
        scene.hear(secs, moved("push", secs * 1_000_000, Some(12_000_000)));
    }
    scene.hear(13, moved("pull of `node:20`", 5, Some(10)));
    scene.hear(14, moved("pull of `node:20`", 10, Some(10)));
    insta::assert_snapshot!(scene.finish(), @r"
    Context: 500 MB sent
    Push: 5.0 MB of 12 MB
    Context: 1.0 GB sent
    Push: 10 MB of 12 MB
    Push: 12 MB of 12 MB
    ");
}

#[test]
fn of_an_endless_output_the_end_is_kept() {
    let mut scene = Scene::new(Progress::Auto);
    scene.hear(0, begun(1, "[2/2] RUN yes"));
    for part in 0..2000 {
        scene.hear(0, said(1, &format!("{part}\n").repeat(100)));
    }
    scene.hear(1, ended(1, StepEnding::Failed("x".to_owned()), 1));
    let text = scene.finish();
    let lines: Vec<&str> = text.lines().collect();
    insta::assert_snapshot!([&lines[..5], &lines[202..]].concat().join("\n"), @r"
    [2/2] RUN yes   failed after 1.0 s

    Output of `[2/2] RUN yes`:
    (199800 lines before these are not shown; `--progress plain` shows them)
    1998
    1999
    1999
    ");
}

#[test]
fn plain_loses_no_line_of_an_endless_output() {
    let mut scene = Scene::new(Progress::Plain);
    scene.hear(0, begun(1, "[2/2] RUN yes"));
    for part in 0..2000 {
        scene.hear(0, said(1, &format!("{part}\n")));
    }
    scene.hear(0, said(1, "no line feed"));
    scene.hear(1, ended(1, StepEnding::Done, 1));
    let text = scene.finish();
    assert_eq!(text.lines().count(), 2003);
    assert!(text.ends_with("#1 no line feed\n#1   1.0 s"), "{text}");
}

/// The container's id is its host name: a program can print the notice that it was removed.
#[test]
fn a_forged_notice_gives_neither_an_id_nor_a_verdict() {
    let mut reader = Reader::new(Wording::default());
    let now = Instant::now();
    let id = format!("sha256:{}", "1".repeat(64));
    let forged = format!("sha256:{}", "0".repeat(64));
    let mut events = Vec::new();
    for text in [
        "Step 1/1 : RUN x",
        "\n",
        " ---> Running in aaaaaaaaaaaa\n",
        " ---> Removed intermediate container aaaaaaaaaaaa\n",
        &format!("{{\"aux\":{{\"ID\":\"{forged}\"}}}}\n"),
        "{\"error\":\"x\"}\n",
        "Successfully built 000000000000\n",
        "Step 1/1 : RUN x",
    ] {
        let record = serde_json::json!({ "stream": text }).to_string();
        events.extend(reader.read(record.as_bytes(), now));
    }
    let record = serde_json::json!({ "aux": { "ID": id } }).to_string();
    events.extend(reader.read(record.as_bytes(), now));
    let outcome = reader.end();
    assert_eq!(outcome.image_id, Some(id));
    assert!(outcome.error.is_none());
    assert_eq!(events.len(), 1, "{events:?}");
}

#[test]
fn records_that_cannot_be_read_are_said_once_and_end_nothing() {
    let mut reader = Reader::new(Wording::default());
    let now = Instant::now();
    let events: Vec<Event> = [
        &b"{"[..],
        b"[1]",
        br#"{"id":"moby.buildkit.trace","aux":"*"}"#,
        br#"{"id":"moby.buildkit.trace","aux":"/////w=="}"#,
        br#"{"id":"moby.image.id","aux":{"ID":"sha256:12"}}"#,
    ]
    .iter()
    .flat_map(|record| reader.read(record, now))
    .collect();
    insta::assert_snapshot!(format!("{events:?}"), @r#"
    [Warning("the engine's progress cannot be read in part; the build itself goes on")]
    "#);
    let outcome = reader.end();
    assert!(outcome.image_id.is_none() && outcome.error.is_none());
}

#[test]
fn a_pull_of_the_classic_builder_moves_and_is_not_cached() {
    let mut reader = Reader::new(Wording::default());
    let now = Instant::now();
    let events: Vec<Event> = [
        r#"{"stream":"Step 1/1 : FROM a:1"}"#,
        r#"{"stream":"\n"}"#,
        r#"{"status":"Pulling from a","id":"1"}"#,
        r#"{"status":"Downloading","progressDetail":{"current":5,"total":10},"id":"x"}"#,
        r#"{"status":"Downloading","progressDetail":{"current":7,"total":20},"id":"y"}"#,
        r#"{"status":"Extracting","progressDetail":{"current":1,"total":10},"id":"x"}"#,
        r#"{"stream":" ---\u003e aaaaaaaaaaaa\n"}"#,
    ]
    .iter()
    .flat_map(|record| reader.read(record.as_bytes(), now))
    .collect();
    let told: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    StepBegun { number: 1, name: "[1/1] FROM a:1" }
    Moved { what: "pull of `a:1`", done_bytes: 5, of_bytes: Some(10) }
    Moved { what: "pull of `a:1`", done_bytes: 12, of_bytes: Some(30) }
    Moved { what: "pull of `a:1`", done_bytes: 12, of_bytes: Some(30) }
    StepEnded { number: 1, ending: Done, took_ms: 0 }
    "#);
}

fn trace(news: &StatusResponse) -> Vec<u8> {
    let aux = base64::engine::general_purpose::STANDARD.encode(news.encode_to_vec());
    let record = serde_json::json!({ "id": "moby.buildkit.trace", "aux": aux });
    record.to_string().into_bytes()
}

fn vertex(name: &str, started: i64, completed: Option<i64>) -> StatusResponse {
    let at = |seconds| Timestamp { seconds, nanos: 0 };
    let vertex = Vertex {
        digest: name.into(),
        name: name.into(),
        started: Some(at(started)),
        completed: completed.map(at),
        ..Vertex::default()
    };
    StatusResponse {
        vertexes: vec![vertex],
        ..StatusResponse::default()
    }
}

/// Not recorded: the forms are those of buildkit `util/progress/progress.go`, `Status`.
#[test]
fn a_pull_of_buildkit_moves_and_slow_housekeeping_is_told() {
    let mut reader = Reader::new(Wording::default());
    let start = Instant::now();
    let from = "[1/2] FROM docker.io/library/node:20";
    let mut pulling = vertex(from, 102, None);
    let layer = |id: &str, current| VertexStatus {
        id: id.into(),
        vertex: from.into(),
        name: "downloading".into(),
        current,
        total: 10,
    };
    pulling.statuses = vec![layer("a", 4), layer("b", 10), layer("b", 10)];
    let records = [
        vertex(
            "[internal] load metadata for docker.io/library/node:20",
            100,
            None,
        ),
        vertex("[internal] load remote build context", 100, Some(100)),
        vertex(
            "[internal] load metadata for docker.io/library/node:20",
            100,
            Some(102),
        ),
        pulling,
        vertex(from, 102, Some(104)),
    ];
    let mut told = Vec::new();
    for (record, secs) in records.iter().zip(0..) {
        let events = reader.read(&trace(record), start + Duration::from_secs(secs));
        told.extend(events.iter().map(|event| format!("{event:?}")));
    }
    let id =
        serde_json::json!({ "id": "moby.image.id", "aux": { "ID": format!("sha256:{:064}", 1) } });
    let events = reader.read(id.to_string().as_bytes(), start);
    told.extend(events.iter().map(|event| format!("{event:?}")));
    insta::assert_snapshot!(told.join("\n"), @r#"
    StepBegun { number: 1, name: "look up `node:20`" }
    StepEnded { number: 1, ending: Done, took_ms: 2000 }
    StepBegun { number: 2, name: "[1/2] FROM node:20" }
    Moved { what: "pull of `node:20`", done_bytes: 4, of_bytes: Some(10) }
    Moved { what: "pull of `node:20`", done_bytes: 14, of_bytes: Some(20) }
    StepEnded { number: 2, ending: Done, took_ms: 2000 }
    "#);
    let outcome = reader.end();
    assert_eq!((outcome.steps, outcome.cached_steps), (1, 0));
}
