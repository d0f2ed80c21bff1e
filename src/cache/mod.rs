//! What this host keeps so that the next job is fast, as something one can see: images, kept volumes, the build cache.
//!
//! Jobs and their builds write down what they use ([`Ledger`]); `baws-ci images` sets that beside what the engine holds, and
//! a collector takes what was used longest ago until the rest fits a budget. Refuses to take what a container uses, what was
//! used of late, what the operator keeps warm, and whatever no job of ours ever used. Read next: `held`, `collect`.

mod collect;
mod held;
mod ledger;
mod report;

pub(crate) use collect::{Mode, collect};
pub(crate) use held::{held, same_image, same_repository};
pub(crate) use ledger::{Kind, Ledger, Whose};
pub(crate) use report::{as_json, collected, table};
