//! Deployments to the bench's ECS, which goes by a timeline of each test's own.
//!
//! Read first: `ends` (one test for each way in which a deployment ends). Every test has a cluster of its own; see
//! `support::cluster`.

mod broken;
mod ends;
mod here;
mod hostile;
mod jobs;
mod lost;
mod many;
mod refusals;
mod verbs;
