//! The job socket: how a job asks the host for what it has no right to do itself, and how it is answered.
//!
//! `executor run` listens for as long as the user's script runs, in the directory that only this job's build container
//! sees (read-only); a client in the container connects, sends one request, and is told what happens until the answer
//! comes. The host never opens a path that a request names and never reads one of its own variables for it: bytes travel.
//! Whatever comes over the socket is hostile: frames, counts, sizes and times are bounded, and the peer's control group
//! must be the container's. Refuses to know what a request means: that is the desk's (`dispatch`) to decide.
//! Read next: `frame` (the wire), `host` and `line` (this side), `client` (in the job).

mod client;
mod fault;
mod frame;
mod host;
mod line;
mod listing;

pub(crate) use client::{Reached, reach};
pub(crate) use fault::{Fault, Reply};
pub(crate) use host::{Desk, Limits, Served, serve};
pub(crate) use line::Line;
