//! Which role the host takes for a job's calls to AWS.
//!
//! Rules of the operator's `[[roles]]` are matched against facts of the job and against claims of its ID token, which count
//! only once its signature is verified. A project that a rule names gets its role by a rule or is refused: a missing token
//! never falls back on a wider role. Refuses to act as anybody: it says which role and why. Read next: `claims` (when a
//! token is a fact), `rule` (which rule), `mapping` (the platform's table), `resolve` (which role), `names`.

mod claims;
mod mapping;
mod names;
mod resolve;
mod rule;
#[cfg(test)]
mod samples;

pub(crate) use claims::{Claims, Expected, key_id, verified};
pub(crate) use resolve::{Resolution, resolve, role_of_group};
pub(crate) use rule::{Asking, Chosen, choose};
