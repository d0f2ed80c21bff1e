//! Pipelines as files: where they are (`shelf`), and what is wrong with them (`lint`).
//!
//! Refuses to know what a pipeline means: `pipeline` does. Read next: `lint`.

mod lint;
mod shelf;
mod shown;

pub(crate) use lint::{Format, Wanted, lint};
pub(crate) use shelf::Shelf;
