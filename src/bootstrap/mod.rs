//! A repository made ready for an application: project, settings, variables, protection, access, first commit, catalog.
//!
//! Read, decide, act, tell: `wanted` (what is asked for) and `found` (what GitLab has) → `plan` (pure: what to change, in which
//! order) → `apply` (one change) → `tell`. Every step may be lost or meet somebody who was faster: then what is there is read
//! again and planned again, and a second run plans nothing. The commit comes last, for it starts the first pipeline.
//! Refuses to touch a project that is somebody else's. Read next: `run`.

mod access;
mod apply;
mod backstage;
mod catalog;
mod change;
mod first_commit;
mod found;
mod masking;
mod order;
mod parts;
mod plan;
mod properties;
mod run;
mod shapes;
mod stopped;
mod tell;
mod touch;
mod wanted;

pub(crate) use catalog::Revision;
pub(crate) use found::Adopt;
pub(crate) use order::{Flags, order};
pub(crate) use run::{Means, Mode, Report, Step, run};
pub(crate) use stopped::Stopped;
pub(crate) use tell::{as_json, error_as_json, line, stopped_as_json, tell};
pub(crate) use wanted::Wanted;
