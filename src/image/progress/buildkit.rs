//! BuildKit's vertices as steps.
//!
//! A vertex is sent again whenever something about it changes, and some end more than once: engine 26 completes a `FROM`
//! and then says that it was cached, both engines complete the remote context twice. So the end of a base image's
//! vertex is held for a moment, or until somebody uses it. Measured on engines 20.10.24 and 26.1.5; see `testdata`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::book::{Book, Desk};
use super::tail::Cut;
use super::wire::{StatusResponse, Timestamp, Vertex, VertexLog, VertexStatus, VertexWarning};
use super::wording::Whose;
use crate::image::StepEnding;

/// From here on the engine's housekeeping is worth a line.
const SLOW: Duration = Duration::from_secs(1);
/// A frontend that remarks on more than this has been heard.
const WARNINGS: usize = 50;

/// All vertices of one build, by digest; as many as the Dockerfile has instructions, and a few.
#[derive(Debug, Default)]
pub(super) struct Vertices {
    known: BTreeMap<Vec<u8>, Known>,
    warned: BTreeSet<String>,
}

#[derive(Debug)]
struct Known {
    whose: Whose,
    name: String,
    /// Once it is told.
    number: Option<u32>,
    began: Option<Timestamp>,
    /// When it was begun and nothing has ended it yet, by our clock.
    running_since: Option<Instant>,
    /// Made of no other vertex, as a base image is: its end is held.
    source: bool,
    /// Another vertex that needs it has begun.
    used: bool,
    held: Option<Held>,
    /// Of stdout and stderr.
    cuts: [Cut; 2],
    /// It did something, such as a pull.
    stirred: bool,
    /// Bytes so far and in all, by part.
    parts: BTreeMap<Vec<u8>, (u64, u64)>,
}

/// An end that may turn out to be the end of a first part only.
#[derive(Debug)]
struct Held {
    ending: StepEnding,
    took_ms: u64,
    since: Instant,
}

impl Vertices {
    pub(super) fn read(&mut self, news: StatusResponse, desk: &mut Desk<'_>) {
        for vertex in &news.vertexes {
            self.begun(vertex, desk);
        }
        for status in &news.statuses {
            self.moved(status, desk.book);
        }
        for log in &news.logs {
            self.said(log, desk.book);
        }
        // After the logs: what a step said last may come together with its end.
        for vertex in &news.vertexes {
            self.ended(vertex, desk);
        }
        for warning in &news.warnings {
            self.warned(warning, desk);
        }
        for known in self.known.values_mut() {
            let since = known.running_since;
            if since.is_some_and(|since| desk.now.saturating_duration_since(since) >= SLOW) {
                known.tell(desk.book);
            }
            let held = known.held.as_ref();
            if held.is_some_and(|held| desk.now.saturating_duration_since(held.since) >= SLOW) {
                known.release(desk.book);
            }
        }
    }

    /// Nothing more will be used: every held end is told.
    pub(super) fn release(&mut self, book: &mut Book) {
        self.known
            .values_mut()
            .for_each(|known| known.release(book));
    }

    /// The build is over without success: what still runs was cancelled.
    pub(super) fn cancel(&mut self, book: &mut Book) {
        self.release(book);
        for number in self.known.values().filter_map(|known| known.number) {
            book.end(number, StepEnding::Cancelled, 0);
        }
    }

    fn begun(&mut self, vertex: &Vertex, desk: &mut Desk<'_>) {
        let known = self.known.entry(vertex.digest.clone()).or_insert_with(|| {
            let (whose, name) = desk.wording.vertex(&String::from_utf8_lossy(&vertex.name));
            Known {
                whose,
                name,
                number: None,
                began: None,
                running_since: None,
                source: vertex.inputs.is_empty(),
                used: false,
                held: None,
                cuts: Default::default(),
                stirred: false,
                parts: BTreeMap::new(),
            }
        });
        let Some(started) = vertex.started else {
            return;
        };
        // It goes on: what ended was only its first part.
        known.held = None;
        known.began.get_or_insert(started);
        known.running_since.get_or_insert(desk.now);
        for input in &vertex.inputs {
            if let Some(input) = self.known.get_mut(input) {
                input.used = true;
                input.release(desk.book);
            }
        }
        if let Some(known) = self.known.get_mut(&vertex.digest)
            && known.whose == Whose::Users
        {
            known.tell(desk.book);
        }
    }

    fn moved(&mut self, status: &VertexStatus, book: &mut Book) {
        let (Ok(current), Ok(total)) = (u64::try_from(status.current), u64::try_from(status.total))
        else {
            return;
        };
        let Some(known) = self.known.get_mut(&status.vertex) else {
            return;
        };
        if total == 0 {
            return;
        }
        let part = known.parts.entry(status.id.clone()).or_default();
        // A layer is counted again from nothing when it is unpacked.
        let grown = (part.0.max(current.min(total)), part.1.max(total));
        if *part == grown {
            return;
        }
        *part = grown;
        let sum = |of: fn(&(u64, u64)) -> u64| known.parts.values().map(of).sum();
        let what = match known.name.split_once("FROM ") {
            Some((_, image)) => format!("pull of `{image}`"),
            None => known.name.clone(),
        };
        book.moved(what, sum(|part| part.0), Some(sum(|part| part.1)));
    }

    fn said(&mut self, log: &VertexLog, book: &mut Book) {
        let Some(known) = self.known.get_mut(&log.vertex) else {
            return;
        };
        let number = known.tell(book);
        // Source: buildkit `util/progress/logs`: 1 is stdout, 2 is stderr.
        let text = known.cuts[usize::from(log.stream == 2)].decode(&log.msg);
        book.said(number, text);
    }

    fn ended(&mut self, vertex: &Vertex, desk: &mut Desk<'_>) {
        let (Some(completed), Some(known)) = (vertex.completed, self.known.get_mut(&vertex.digest))
        else {
            return;
        };
        known.running_since = None;
        let began = match known.whose {
            Whose::Users => known.began,
            Whose::Engines => vertex.started,
        };
        let took_ms = began.map_or(0, |began| completed.ms_since(began));
        let error = String::from_utf8_lossy(&vertex.error);
        // Engine 26 does not always say of a base image that it had it.
        let had = known.source && !known.stirred && u128::from(took_ms) < SLOW.as_millis();
        let ending = if error.is_empty() {
            match vertex.cached || (known.whose == Whose::Users && had) {
                true => StepEnding::Cached,
                false => StepEnding::Done,
            }
        } else if error.ends_with("context canceled") {
            // Another step failed, and this one was stopped; its own text quotes its command before that.
            StepEnding::Cancelled
        } else {
            StepEnding::Failed(desk.wording.message(&error))
        };
        let failed = matches!(ending, StepEnding::Failed(_));
        if failed || u128::from(took_ms) >= SLOW.as_millis() {
            known.tell(desk.book);
        }
        known.held = Some(Held {
            ending,
            took_ms,
            since: desk.now,
        });
        if failed || !known.source || known.used || known.whose == Whose::Engines {
            known.release(desk.book);
        }
    }

    fn warned(&mut self, warning: &VertexWarning, desk: &mut Desk<'_>) {
        let start = warning.ranges.first().and_then(|range| range.start);
        let line = start.and_then(|start| u32::try_from(start.line).ok());
        let text = String::from_utf8_lossy(&warning.short);
        if let Some(text) = desk.wording.remark(&text, line)
            && self.warned.len() < WARNINGS
            && self.warned.insert(text.clone())
        {
            desk.book.warn(text);
        }
    }
}

impl Known {
    fn tell(&mut self, book: &mut Book) -> u32 {
        *self
            .number
            .get_or_insert_with(|| book.begin(self.whose, &self.name))
    }

    fn release(&mut self, book: &mut Book) {
        let (Some(held), Some(number)) = (self.held.take(), self.number) else {
            return;
        };
        for cut in &mut self.cuts {
            book.said(number, cut.rest());
        }
        book.end(number, held.ending, held.took_ms);
    }
}
