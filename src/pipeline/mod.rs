//! A `.gitlab-ci.yml` as GitLab reads it: parsed, checked, ordered. Pure: text in, values out.
//!
//! Refuses what it does not know: a keyword that is not supported yet is named with every job that uses it, an unknown one
//! with the nearest known one; nothing is ignored. Read next: `keywords` (what is known), `job` (one job with its
//! defaults), `check` (what holds between jobs), `order` (which jobs run, and when). Source of the meanings: GitLab's CI/CD
//! YAML syntax reference.

mod artifacts;
mod check;
mod duration;
mod fault;
mod image;
mod job;
mod keywords;
mod levels;
mod order;
mod value;
mod variables;

use serde_yaml::{Mapping, Value};

use crate::error::{Cause, Error, Result};
use crate::job::Variable;

use fault::{Fault, Faults};

pub(crate) use duration::seconds;
pub(crate) use job::{AllowFailure, Job, When};
pub(crate) use variables::is_name as is_variable_name;

/// What GitLab puts before and after the declared stages.
const FIRST_STAGE: &str = ".pre";
const LAST_STAGE: &str = ".post";

/// A pipeline that passed every check.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    /// In order, with `.pre` and `.post`.
    pub(crate) stages: Vec<String>,
    pub(crate) variables: Vec<Variable>,
    /// By stage, then as written.
    pub(crate) jobs: Vec<Job>,
}

impl Pipeline {
    /// Reads the text of the pipeline file called `file`.
    ///
    /// # Errors
    /// Text that is not YAML, keywords that are not supported yet, and everything GitLab's own lint would refuse.
    pub(crate) fn parse(text: &str, file: &str) -> Result<Self> {
        let malformed = |cause: serde_yaml::Error| {
            Error::usage(format!("the pipeline `{file}` is not valid YAML")).caused_by(cause)
        };
        let mut tree: Value = serde_yaml::from_str(text).map_err(malformed)?;
        tree.apply_merge().map_err(malformed)?;
        let Value::Mapping(top) = tree else {
            return Err(
                Error::usage(format!("the pipeline `{file}` holds no jobs")).caused_by(
                    Cause::line("its top level must be keywords and jobs, each with a colon"),
                ),
            );
        };
        let mut faults = Faults::default();
        keywords::check(&top, file, &mut faults)?;
        let pipeline = read(&top, &mut faults);
        faults.end(file)?;
        Ok(pipeline)
    }

    pub(crate) fn job(&self, name: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The place of a job's stage.
    pub(crate) fn stage_index(&self, job: &Job) -> usize {
        self.stages
            .iter()
            .position(|stage| *stage == job.stage)
            .unwrap_or(self.stages.len())
    }
}

fn read(top: &Mapping, faults: &mut Faults) -> Pipeline {
    let mut stages = vec![FIRST_STAGE.to_owned()];
    match top.get("stages") {
        None => stages.extend(["build", "test", "deploy"].map(str::to_owned)),
        Some(list) => match value::strings(list).filter(|_| list.is_sequence()) {
            Some(named) => stages.extend(
                named
                    .into_iter()
                    .filter(|stage| stage != FIRST_STAGE && stage != LAST_STAGE),
            ),
            None => faults.add(Fault::new("`stages` must be a list of names")),
        },
    }
    stages.push(LAST_STAGE.to_owned());

    let variables = top
        .get("variables")
        .map(|found| variables::read(found, "the pipeline", faults))
        .unwrap_or_default();
    let defaults = job::Defaults::read(top, faults);
    let mut jobs: Vec<Job> = Vec::new();
    for (name, body) in top {
        if let (Value::String(name), Value::Mapping(body)) = (name, body)
            && keywords::names_a_job(name)
        {
            jobs.extend(Job::read(name, body, &defaults, faults));
        }
    }
    if jobs.is_empty() && faults.is_empty() {
        faults.add(
            Fault::new("it holds no job that runs")
                .hint("a job is a name with a `script`; a name that begins with a dot is hidden"),
        );
    }
    let place = |job: &Job| {
        stages
            .iter()
            .position(|stage| *stage == job.stage)
            .unwrap_or(stages.len())
    };
    jobs.sort_by_key(place);
    let pipeline = Pipeline {
        stages,
        variables,
        jobs,
    };
    check::check(&pipeline, faults);
    pipeline
}

#[cfg(test)]
mod tests;
