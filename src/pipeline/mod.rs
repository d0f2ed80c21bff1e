//! A `.gitlab-ci.yml` as GitLab reads it: assembled from its files, checked, and asked what an event makes of it. Pure: text
//! in, values out; files come through a `Library` that the rooms above bring.
//!
//! The way: `include` (files, inputs, one merged tree) → `reference`, `extends` → `keywords`, `job` (typed) → `check` (what
//! holds between jobs) → `plan` (which jobs an event gets, and why not the others) → `order`. Nothing is ignored: what GitLab
//! would refuse is a fault with its place. Source of the meanings: GitLab's CI/CD YAML syntax reference.

mod artifacts;
mod cache;
mod check;
mod duration;
mod environment;
mod event;
mod expand;
mod expression;
mod extends;
mod fault;
mod glob;
mod image;
mod include;
mod inputs;
mod job;
mod keywords;
mod levels;
mod needs;
mod only;
mod order;
mod parallel;
mod plan;
mod print;
mod read;
mod reference;
mod rules;
mod schema;
mod stranded;
mod tree;
mod value;
mod variables;

pub(crate) use cache::{Cache, CacheKey};
pub(crate) use duration::seconds;
pub(crate) use environment::{ChildFile, Environment, Trigger};
pub(crate) use event::{Conditions, EventKind};
pub(crate) use expand::expand;
pub(crate) use fault::{Fault, Files, Severity};
pub(crate) use glob::Glob;
use include::Library;
pub(crate) use include::{Found, Location, Missing, Origin};
use inputs::Declared;
pub(crate) use inputs::Given;
pub(crate) use job::{AllowFailure, Job, When};
pub(crate) use plan::Plan;
pub(crate) use read::{Read, Request, read};
pub(crate) use variables::is_name as is_variable_name;

use crate::job::Variable;

use rules::Rule;

/// What GitLab puts before and after the declared stages.
const FIRST_STAGE: &str = ".pre";
const LAST_STAGE: &str = ".post";

/// A pipeline, its jobs typed.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    /// In order, with `.pre` and `.post`.
    pub(crate) stages: Vec<String>,
    pub(crate) variables: Vec<Variable>,
    /// `workflow:rules`; `None`: every event makes a pipeline.
    workflow: Option<Vec<Rule>>,
    /// `workflow:name`, not expanded.
    name: Option<String>,
    /// By stage, then as written.
    pub(crate) jobs: Vec<Job>,
}

impl Pipeline {
    pub(crate) fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The jobs of this name: several where `parallel` made them of one.
    pub(crate) fn jobs_called<'a>(&'a self, name: &str) -> Vec<&'a Job> {
        match self.job(name) {
            Some(job) => vec![job],
            None => self
                .jobs
                .iter()
                .filter(|job| job.group.as_deref() == Some(name))
                .collect(),
        }
    }

    /// The place of a job's stage.
    pub(crate) fn stage_index(&self, job: &Job) -> usize {
        self.stages
            .iter()
            .position(|stage| *stage == job.stage)
            .unwrap_or(self.stages.len())
    }
}

fn job_default_keywords() -> &'static [&'static str] {
    &job::DEFAULT_KEYWORDS
}

#[cfg(test)]
mod tests;
