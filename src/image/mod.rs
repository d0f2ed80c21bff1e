//! Images: from a directory and a Dockerfile to a digest that a registry serves.
//!
//! The verbs take requests as plain values and tell what happens as events, so they are the same in a job (over the job
//! socket) and outside. What a job may do is decided here from its grant; how the engine, AWS and registries are spoken
//! with is the workshops' business.
//! Read next: `request` (what is asked), `build`, `push`, `promote` (the verbs), `dockerfile` (what is judged before it is
//! built), `skip` (what need not be), `context` (what travels), `progress` and `event` (what is told).

mod access;
mod add;
mod archive;
mod bases;
mod build;
mod context;
mod dockerfile;
mod engine_build;
mod event;
mod features;
mod labels;
mod maker;
mod order;
mod outputs;
mod owner;
mod preparation;
mod progress;
mod promote;
mod push;
mod request;
mod skip;
mod stranger;
mod supply;

pub(crate) use access::{Access, HostRoles, ecr_credential, repository_arn};
pub(crate) use bases::fetch;
pub(crate) use build::build;
pub(crate) use context::{Dockerfile, Ignore, IgnoreFile, TarContext, list};
pub(crate) use engine_build::Context;
pub(crate) use event::{Event, StepEnding};
pub(crate) use features::features;
pub(crate) use labels::{of_environment, with_tags};
pub(crate) use maker::{Maker, StepLimits};
pub(crate) use outputs::Files as OutputFiles;
pub(crate) use owner::{Owner, PRIVATE_NAMES};
pub(crate) use progress::{Place, Progress, Teller};
pub(crate) use promote::promote;
pub(crate) use push::{forget_old_layers, push_built};
pub(crate) use request::{
    Bases, Blob, BuildRequest, BuilderChoice, Cache, Compression, Gate, Image, PromoteRequest,
    PushOptions, PushRequest, Request, Skip,
};
pub(crate) use supply::Files;
