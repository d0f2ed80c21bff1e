//! The steps of one build as they are told: numbers, names, counts, and what the failing one said last.

use std::collections::BTreeMap;
use std::time::Instant;

use super::tail::Tail;
use super::wording::{Whose, Wording};
use crate::image::{Event, StepEnding};

/// What an error shows of a failing step's output.
const TAIL_LINES: usize = 40;
const TAIL_BYTES: usize = 64 * 1024;

/// What a record is read with.
pub(super) struct Desk<'a> {
    pub(super) wording: &'a Wording,
    pub(super) book: &'a mut Book,
    /// When the record came.
    pub(super) now: Instant,
}

/// Collects the events of one record, and what the outcome will say of the steps.
#[derive(Debug, Default)]
pub(super) struct Book {
    events: Vec<Event>,
    last: u32,
    open: BTreeMap<u32, OpenStep>,
    pub(super) steps: u32,
    pub(super) cached: u32,
    /// The first that failed; what fails after it is mostly its consequence.
    pub(super) failed: Option<FailedStep>,
}

#[derive(Debug)]
struct OpenStep {
    name: String,
    whose: Whose,
    tail: Tail,
}

#[derive(Debug)]
pub(super) struct FailedStep {
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) output_tail: Vec<String>,
}

impl Book {
    pub(super) fn begin(&mut self, whose: Whose, name: &str) -> u32 {
        self.last += 1;
        let step = OpenStep {
            name: name.to_owned(),
            whose,
            tail: Tail::of(TAIL_LINES, TAIL_BYTES),
        };
        self.open.insert(self.last, step);
        self.events.push(Event::StepBegun {
            number: self.last,
            name: name.to_owned(),
        });
        self.last
    }

    pub(super) fn said(&mut self, number: u32, text: String) {
        if text.is_empty() {
            return;
        }
        if let Some(step) = self.open.get_mut(&number) {
            step.tail.push(&text, |_| ());
        }
        self.events.push(Event::StepSaid { number, text });
    }

    /// Ends a step once; a second time says nothing.
    pub(super) fn end(&mut self, number: u32, ending: StepEnding, took_ms: u64) {
        let Some(step) = self.open.remove(&number) else {
            return;
        };
        match step.whose {
            Whose::Users => self.steps += 1,
            Whose::Engines => {}
        }
        match &ending {
            StepEnding::Cached if step.whose == Whose::Users => self.cached += 1,
            StepEnding::Failed(_) if self.failed.is_none() => {
                self.failed = Some(FailedStep {
                    number,
                    name: step.name,
                    output_tail: step.tail.lines().map(str::to_owned).collect(),
                });
            }
            StepEnding::Done
            | StepEnding::Cached
            | StepEnding::Failed(_)
            | StepEnding::Cancelled => {}
        }
        self.events.push(Event::StepEnded {
            number,
            ending,
            took_ms,
        });
    }

    pub(super) fn warn(&mut self, text: String) {
        self.events.push(Event::Warning(text));
    }

    pub(super) fn moved(&mut self, what: String, done_bytes: u64, of_bytes: Option<u64>) {
        self.events.push(Event::Moved {
            what,
            done_bytes,
            of_bytes,
        });
    }

    /// What has been told since the last call.
    pub(super) fn take(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }
}
