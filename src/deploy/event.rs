//! What is told while work on a service goes on: a line when something changed, never one a look.

use serde::{Deserialize, Serialize};

/// Hears what happens; called from one task, in order.
pub(crate) type Tell<'a> = &'a (dyn Fn(Event) + Send + Sync);

/// One thing to tell. `text` is finished and clean: no control character, no escape sequence.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Event {
    /// As [`super::Target`] displays it.
    pub(crate) service: String,
    pub(crate) kind: EventKind,
    /// Since the work on this service began.
    pub(crate) after_ms: u64,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EventKind {
    /// Something finished or changed.
    Status,
    /// The service's own words: an event of ECS.
    Event,
    Warning,
}
