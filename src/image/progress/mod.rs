//! What a build says of itself: the engine's stream becomes events, and events become lines for people.
//!
//! `reader` takes the stream's records one by one (`buildkit` and `classic` know the two builders, `wire` the protobuf
//! inside), `wording` turns the engine's words back into the user's, `teller` prints. Nothing here waits or decides: the
//! verdict of a build is the `Outcome`, and only fields the engine itself fills count for it, never a program's output.

mod book;
mod buildkit;
mod classic;
mod lines;
mod names;
mod reader;
mod tail;
mod teller;
mod wire;
mod wording;

#[cfg(test)]
mod tests;

pub(crate) use reader::{BuildFailure, Outcome, Reader};
pub(crate) use teller::{Place, Progress, Teller};
pub(crate) use wording::Wording;
