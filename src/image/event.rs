//! What happens during a build, a push or a promotion, as values: made where the work is, told where the reader is.
//!
//! In a job they cross the job socket as JSON, one a frame; outside it they go straight to the teller. Nothing here holds
//! a secret: what an event says stands in the job log. Read next: `progress`, which makes them of the engine's stream.

use serde::{Deserialize, Serialize};

/// One thing worth telling.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// A sentence about something finished or long.
    Note(String),
    /// A sentence the reader may have to act on.
    Warning(String),
    /// A step of the build begins. `number` is unique in one build, and ascends.
    StepBegun { number: u32, name: String },
    /// Output of a step's own program; perhaps several lines, perhaps a part of one. Not always UTF-8 at the source:
    /// what was not has been replaced.
    StepSaid { number: u32, text: String },
    StepEnded {
        number: u32,
        ending: StepEnding,
        took_ms: u64,
    },
    /// Bytes of a long transfer so far, and in all where that is known. `what`: such as `context` or `push`.
    Moved {
        what: String,
        done_bytes: u64,
        of_bytes: Option<u64>,
    },
}

/// How a step came to its end.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepEnding {
    Done,
    /// Nothing ran: the engine had the result.
    Cached,
    Failed(String),
    Cancelled,
}
