//! What GitLab asked for: the job response, its stages, and the identity from which every Docker name derives.
//!
//! Refuses to trust job variables: a fact that decides about isolation comes from the job response, or from a variable
//! the job cannot set. Read next: `response` (the payload), `identity` (names and labels), `stage`.

mod credential;
mod expand;
mod facts;
mod identity;
mod response;
mod stage;

pub(crate) use credential::{Credential, Secret, login_for};
pub(crate) use expand::expand;
pub(crate) use facts::{Facts, Protection, Reference};
pub(crate) use identity::{Identity, ROLE_LABEL, RUNNERS_OWN, Role, by_hand, label};
pub(crate) use response::{
    ArtifactSpec, ArtifactsFile, CacheSpec, Dependency, ExecutorOptions, GitInfo, Hook, ImageSpec,
    JobInfo, JobResponse, RunnerInfo, Step, Variable,
};
pub(crate) use stage::{Place, Stage};
