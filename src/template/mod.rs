//! Pipelines as files: where they are (`shelf`), what is wrong with them (`lint`), and the templates that this program carries
//! (`shipped`, `offer`).
//!
//! Refuses to know what a pipeline means: `pipeline` does. Read next: `lint`.

mod lint;
mod offer;
mod shelf;
mod shipped;
mod shown;

pub(crate) use lint::{Format, Wanted, lint};
pub(crate) use offer::{Form, list, render, show};
pub(crate) use shelf::Shelf;
pub(crate) use shipped::VERSION;
