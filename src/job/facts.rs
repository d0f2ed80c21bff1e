//! What is certain about a job: facts that GitLab states and the job cannot forge.
//!
//! All are read from the job response. Refuses every variable: a pipeline may set `CI_PROJECT_PATH` or
//! `CI_COMMIT_REF_PROTECTED` to what it likes. Source: gitlab-runner `common/spec/spec.go`.

use std::fmt::{self, Display};

use super::{Identity, JobResponse};
use crate::error::{Error, Result};

/// The facts that grants rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Full path, as GitLab writes it.
    pub(crate) project: String,
    pub(crate) project_id: u64,
    pub(crate) job_id: u64,
    /// Who began the job, by GitLab's number; `None`: GitLab did not say.
    pub(crate) user_id: Option<u64>,
    pub(crate) reference: Reference,
    pub(crate) protection: Protection,
    /// Tells this project's own things on this host from any other's, per side of protection.
    pub(crate) side_key: String,
}

/// A git ref with its type: a tag may have the name of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Branch(String),
    Tag(String),
    /// GitLab did not say which: no rule for certain branches or tags is for it.
    Untyped(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    Protected,
    Unprotected,
}

impl Facts {
    /// # Errors
    /// `Refused` where GitLab did not say which project the job is of, or said it in an unknown form.
    pub(crate) fn of(job: &JobResponse, identity: &Identity) -> Result<Self> {
        let project = job.job_info.project_full_path.clone().unwrap_or_default();
        let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        if project.is_empty() || !project.chars().all(sound) {
            return Err(Error::refused("GitLab did not say which project this job belongs to, so it is granted nothing")
                .hint("GitLab 16.10 and later sends `project_full_path` with each job; the operator of GitLab upgrades it"));
        }
        let name = job.git_info.r#ref.clone();
        let reference = match job.git_info.ref_type.as_str() {
            "tag" => Reference::Tag(name),
            // Merge requests too: `refs/merge-requests/1/head` is the name of no branch.
            "branch" => Reference::Branch(name),
            _ => Reference::Untyped(name),
        };
        Ok(Facts {
            project,
            project_id: job.job_info.project_id,
            job_id: job.id,
            user_id: job.job_info.user_id.filter(|id| *id > 0),
            reference,
            protection: Protection::of(job),
            side_key: identity.side_key(job),
        })
    }
}

impl Protection {
    /// What GitLab does not call protected is not.
    pub(crate) fn of(job: &JobResponse) -> Self {
        match job.is_protected() {
            true => Protection::Protected,
            false => Protection::Unprotected,
        }
    }
}

impl Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reference::Branch(name) => write!(f, "branch `{name}`"),
            Reference::Tag(name) => write!(f, "tag `{name}`"),
            Reference::Untyped(name) => write!(f, "ref `{name}`"),
        }
    }
}

impl Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protection::Protected => "protected",
            Protection::Unprotected => "unprotected",
        })
    }
}
