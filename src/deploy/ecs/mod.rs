//! Services on ECS as a [`Place`]: calls that are tried again, kept to a number a second, and shared among services.
//!
//! Refuses to decide anything about a deployment. Read next: `fleet` (what services share), `place` (the calls of one).

mod fleet;
mod place;
mod troubles;

pub(crate) use fleet::Fleet;
pub(crate) use place::EcsPlace;
