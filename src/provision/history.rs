//! What an execution's events mean, one after the other: which state it is in, what ended, what failed. Pure.
//!
//! Ways through a map run side by side; an event only says which one it follows. Of each way only its end is held, so that a long
//! history takes no more room than a short one.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use super::event::{Event, Failed, Kind};
use super::words;
use crate::output::duration;
use crate::rollout::clean;

/// More open ways than any execution of sense has.
const MOST_WAYS: usize = 20_000;
const MOST_TROUBLES: usize = 50;
const LONGEST: usize = 80;
/// A state that took less is told only when it begins.
const LONG_MS: i64 = 5_000;

/// What came to light.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Beat {
    /// For people.
    Line(String),
    /// Another execution does the work of a state; ARN.
    Nested(String),
    /// It is over.
    NestedEnded(String),
}

/// Something that failed, where, and what it was.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Trouble {
    pub(crate) state: String,
    /// Of a map: what this way through it was for.
    pub(crate) item: Option<String>,
    pub(crate) error: String,
    /// In one line.
    pub(crate) cause: String,
    pub(crate) timed_out: bool,
    /// ARN.
    pub(crate) build: Option<String>,
    pub(super) execution: Option<String>,
}

/// Where one way through the machine stands.
#[derive(Clone, Debug, Default)]
struct Way {
    state: Option<Rc<str>>,
    entered_ms: i64,
    map: Option<Through>,
    build: Option<String>,
    execution: Option<String>,
}

/// The map that a way goes through.
#[derive(Clone, Debug)]
struct Through {
    name: Rc<str>,
    index: u64,
    map_entered_ms: i64,
    begun_ms: i64,
}

#[derive(Debug, Default)]
pub(super) struct History {
    /// The last event that was read.
    pub(super) last: u64,
    ways: HashMap<u64, Way>,
    /// Events from which several ways go on.
    forks: HashMap<u64, Way>,
    troubles: Vec<Trouble>,
    /// What the items of a map are, where they are known.
    items: Vec<String>,
}

impl History {
    /// `items`: the boilerplates of the order.
    pub(super) fn of(items: Vec<String>) -> Self {
        History {
            items,
            ..History::default()
        }
    }

    /// What failed and was not mended, first things first.
    pub(super) fn troubles(&self) -> &[Trouble] {
        &self.troubles
    }

    /// The next event; what was read before is passed over.
    pub(super) fn take(&mut self, event: &Event) -> Vec<Beat> {
        if event.id <= self.last {
            return Vec::new();
        }
        self.last = event.id;
        let mut way = match self.ways.remove(&event.previous) {
            Some(way) => way,
            None => self.forks.get(&event.previous).cloned().unwrap_or_default(),
        };
        let beats = self.read(event, &mut way);
        let forks = matches!(event.kind, Kind::MapStarted { .. } | Kind::ParallelStarted);
        let to = match forks {
            true => &mut self.forks,
            false => &mut self.ways,
        };
        if to.len() < MOST_WAYS {
            to.insert(event.id, way);
        }
        beats
    }

    fn read(&mut self, event: &Event, way: &mut Way) -> Vec<Beat> {
        let line = |text: String| vec![Beat::Line(text)];
        match &event.kind {
            Kind::StateEntered { name } => {
                way.state = Some(name.as_str().into());
                way.entered_ms = event.at_ms;
                (way.build, way.execution) = (None, None);
                match &way.map {
                    // Ways through a map are told by what they are for.
                    Some(_) => Vec::new(),
                    None => line(words::doing(name)),
                }
            }
            Kind::MapStarted { length } => match way.map {
                Some(_) => Vec::new(),
                None => line(format!("  {}", self.all_of(*length))),
            },
            Kind::IterationStarted { name, index } => {
                way.map = Some(Through {
                    name: name.as_str().into(),
                    index: *index,
                    map_entered_ms: way.entered_ms,
                    begun_ms: event.at_ms,
                });
                Vec::new()
            }
            Kind::IterationSucceeded { name, index } => {
                let begun = way.map.as_ref().map_or(event.at_ms, |map| map.begun_ms);
                let took = since(begun, event.at_ms);
                let done = words::done(name).to_lowercase();
                line(format!("  {}: {done} in {took}", self.item(*index)))
            }
            Kind::StateExited { name } => {
                way.state = None;
                let told = |begun_ms| {
                    let took = since(begun_ms, event.at_ms);
                    line(format!("{} in {took}", words::done(name)))
                };
                match way.map.take() {
                    // A map's own exit follows the last of its ways.
                    Some(map) if *map.name == **name => told(map.map_entered_ms),
                    Some(map) => {
                        way.map = Some(map);
                        Vec::new()
                    }
                    None if event.at_ms - way.entered_ms >= LONG_MS => told(way.entered_ms),
                    None => Vec::new(),
                }
            }
            Kind::TaskSubmitted { build, execution } => {
                (way.build, way.execution) = (build.clone(), execution.clone());
                execution.iter().cloned().map(Beat::Nested).collect()
            }
            Kind::TaskSucceeded => {
                // Another try went well.
                let (state, item) = self.place(way);
                let is_mended = |one: &Trouble| one.state == state && one.item == item;
                self.troubles.retain(|one| !is_mended(one));
                let ended = way.execution.take();
                ended.into_iter().map(Beat::NestedEnded).collect()
            }
            Kind::Failed(failed) => {
                self.trouble(failed, way);
                let ended = way.execution.take();
                ended.into_iter().map(Beat::NestedEnded).collect()
            }
            Kind::ParallelStarted | Kind::Other => Vec::new(),
        }
    }

    fn trouble(&mut self, failed: &Failed, way: &Way) {
        if self.troubles.len() >= MOST_TROUBLES {
            return;
        }
        let (state, item) = self.place(way);
        self.troubles.push(Trouble {
            state,
            item,
            error: failed.error.clone(),
            cause: failed.cause.clone(),
            timed_out: failed.timed_out,
            build: failed.build.clone().or_else(|| way.build.clone()),
            execution: failed.execution.clone().or_else(|| way.execution.clone()),
        });
    }

    fn place(&self, way: &Way) -> (String, Option<String>) {
        let state = clean(way.state.as_deref().unwrap_or("?"), LONGEST);
        let item = way.map.as_ref().map(|map| self.item(map.index));
        (state, item)
    }

    fn all_of(&self, length: u64) -> String {
        match usize::try_from(length) == Ok(self.items.len()) {
            true => clean(&self.items.join(", "), 4 * LONGEST),
            false => format!("{length} items"),
        }
    }

    fn item(&self, index: u64) -> String {
        let known = usize::try_from(index)
            .ok()
            .and_then(|at| self.items.get(at));
        known.map_or_else(
            || format!("item {}", index + 1),
            |item| clean(item, LONGEST),
        )
    }
}

fn since(begun_ms: i64, ended_ms: i64) -> String {
    let millis = u64::try_from(ended_ms.saturating_sub(begun_ms)).unwrap_or(0);
    duration(Duration::from_millis(millis))
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
