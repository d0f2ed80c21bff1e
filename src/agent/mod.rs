//! The process inside a job's containers, and the host's side of talking to it.
//!
//! Both containers of a job run this same program as `/.baws/agent`. For each stage the host listens in a directory of
//! that one container, which the container sees read-only; the agent connects, receives the script and the output pipe as
//! file descriptors, starts the shell, and reports its exit status. Refuses to trust what it says: on the host every
//! message is bounded and may be a lie, as the agent lives among the job's own processes.
//! Read next: `protocol` (the words), `inside` (in the container), `post` and `watch` (on the host), `relay` (the output).

mod ground;
mod inside;
mod memory;
mod ownership;
mod post;
mod processes;
mod protocol;
mod relay;
mod shell;
mod signals;
mod watch;

pub(crate) use inside::{LIVES_MARK, live};
pub(crate) use ownership::Gift;
pub(crate) use post::{Answer, DIRECTORY, PROGRAM, Post, Ready};
pub(crate) use protocol::Order;
pub(crate) use signals::{Cancel, Early, disregard_bystanders};
pub(crate) use watch::{Ending, Handover, Watch};
