//! The workshop for GitLab: the only place that asks its API.
//!
//! Endpoints are those of the crate `gitlab` where it has them, else a `Call` of ours; all are sent by one client, which waits
//! where GitLab asks for it and tries again what may be sent again. Refuses to know what is done with an answer, and to match
//! the texts of GitLab's errors: who wants to know what is there reads it. Read next: `client`, `failure`, then one file for
//! each kind of thing.

mod access;
mod call;
mod client;
mod commit;
mod environment;
mod failure;
mod files;
mod group;
mod keys;
mod lint;
mod merge_request;
mod pipeline;
mod project;
mod protection;
mod runner;
mod token;
mod variable;
mod version;
mod wire;

pub(crate) use access::{Badge, Hook};
pub(crate) use client::Gitlab;
pub(crate) use commit::{Action, Commit, Onto};
pub(crate) use failure::{Failure, Kind};
pub(crate) use files::{Blob, Tree};
pub(crate) use group::Group;
pub(crate) use keys::{GitlabKeys, PublicKey};
pub(crate) use merge_request::{MergeRequest, RequestState, RequestText};
pub(crate) use pipeline::Pipeline;
pub(crate) use project::{Project, Settings};
pub(crate) use protection::{Level, ProtectedBranch};
pub(crate) use runner::{MadeRunner, NewRunner, RunnerScope};
pub(crate) use token::{AccessToken, OwnToken, TokenScope};
pub(crate) use variable::{Variable, VariableKind};
pub(crate) use wire::Traffic;

/// A project: by its number, or by its full path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Of<'a> {
    Number(u64),
    Path(&'a str),
}

impl<'a> From<&Of<'a>> for gitlab::api::common::NameOrId<'a> {
    fn from(of: &Of<'a>) -> Self {
        match of {
            Of::Number(number) => (*number).into(),
            Of::Path(path) => (*path).into(),
        }
    }
}

impl std::fmt::Display for Of<'_> {
    /// As a part of a URL.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Of::Number(number) => write!(f, "{number}"),
            Of::Path(path) => write!(f, "{}", gitlab::api::common::path_escaped(path)),
        }
    }
}
