//! Pipelines as files: where they are (`shelf`), what is wrong with them (`lint`), the templates that this program carries
//! (`shipped`, `samples`, `offer`), and repositories that are made from templates and kept current by them.
//!
//! The second half, from below: an `edition` is one version of the templates, a `skeleton` what a repository gets from it, a
//! `lock` what a repository remembers of that. `publish` brings an edition into the reference repository; `sync` brings
//! repositories to one (`standing`, `waves`, `bring`, `update`, `merge`); `check` and `survey` tell who has strayed.
//! Refuses to know what a pipeline means: `pipeline` does. Read next: `lint`, `skeleton`, `sync`.

mod blob;
mod bring;
mod check;
mod edition;
mod editions;
mod fit;
mod letter;
mod lines;
mod lint;
mod lock;
mod marker;
mod merge;
mod offer;
mod offered;
mod page;
mod publish;
mod published;
mod reference;
mod report;
mod repository;
mod samples;
mod shelf;
mod shipped;
mod shown;
mod skeleton;
mod source;
mod standing;
mod stub;
mod survey;
mod sync;
mod synced;
mod table;
mod unified;
mod update;
mod version;
mod waves;

pub(crate) use blob::blob_id;
pub(crate) use check::{Check, check};
pub(crate) use edition::Edition;
pub(crate) use lint::{Format, Wanted, lint};
pub(crate) use lock::{Lock, PATH as LOCK};
pub(crate) use offer::{Form, list, render, show};
pub(crate) use page::page;
pub(crate) use publish::{Publication, publish};
pub(crate) use reference::Places;
pub(crate) use repository::TOPIC;
pub(crate) use shelf::Shelf;
pub(crate) use shipped::VERSION;
pub(crate) use skeleton::{Answers, PIPELINE, Rendered, Upkeep, render as render_skeleton};
pub(crate) use source::{Source, edition_of};
pub(crate) use survey::{Depth, Survey, drift_kind, judged, survey};
pub(crate) use sync::{Declined, Mode, Outcome, Pace, Request, sync};
pub(crate) use table::{json as report_as_json, text as report_as_text};
pub(crate) use unified::unified;
pub(crate) use version::Version;
