//! Which jobs run, and in which order: stage by stage, a needed job before the one that needs it.

use std::collections::BTreeSet;

use crate::error::{Error, Result};

use super::needs::Need;
use super::{Job, Pipeline, When};
use crate::nearest::nearest;

impl Pipeline {
    /// The jobs to run. With names: those jobs and everything they need; without: all but the manual ones.
    ///
    /// # Errors
    /// A name that is no job.
    pub(crate) fn select(&self, names: &[String]) -> Result<Vec<&Job>> {
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        if names.is_empty() {
            let all = self.jobs.iter().filter(|job| job.when != When::Manual);
            wanted.extend(all.map(|job| job.name.as_str()));
        }
        let mut open: Vec<&Job> = Vec::new();
        for name in names {
            match self.jobs_called(name).as_slice() {
                [] => return Err(self.no_such_job(name)),
                found => open.extend(found),
            }
        }
        while let Some(job) = open.pop() {
            if wanted.insert(&job.name) {
                open.extend(
                    self.needed_by(job)
                        .into_iter()
                        .filter(|needed| needed.when != When::Manual),
                );
            }
        }
        Ok(self.ordered(&wanted))
    }

    /// The jobs that a need stands for.
    pub(crate) fn meant_by<'a>(&'a self, need: &Need) -> Vec<&'a Job> {
        let fits = |job: &&Job| match (&need.matrix, &job.instance) {
            (Some(rows), Some(instance)) => rows
                .iter()
                .any(|row| row.iter().all(|pair| instance.variables.contains(pair))),
            (Some(_) | None, _) => true,
        };
        self.jobs_called(&need.job)
            .into_iter()
            .filter(fits)
            .collect()
    }

    /// What must have ended before `job` starts: its needs, else every job of earlier stages.
    pub(crate) fn needed_by(&self, job: &Job) -> Vec<&Job> {
        match &job.needs {
            Some(needs) => needs.iter().flat_map(|need| self.meant_by(need)).collect(),
            None => {
                let stage = self.stage_index(job);
                self.jobs
                    .iter()
                    .filter(|other| self.stage_index(other) < stage)
                    .collect()
            }
        }
    }

    /// Whose artifacts and dotenv variables `job` gets.
    pub(crate) fn artifacts_for(&self, job: &Job) -> Vec<&Job> {
        let wanted = |other: &&Job| match (&job.dependencies, &job.needs) {
            (Some(named), _) => named
                .iter()
                .any(|name| *name == other.name || *name == other.written_name()),
            (None, Some(needs)) => needs.iter().any(|need| {
                need.artifacts
                    && self
                        .meant_by(need)
                        .iter()
                        .any(|meant| meant.name == other.name)
            }),
            (None, None) => true,
        };
        self.needed_by(job).into_iter().filter(wanted).collect()
    }

    /// The names in `needs` of jobs that are there: optional ones may not be. `None`: it has no `needs`.
    pub(crate) fn needs_there<'a>(&self, job: &'a Job) -> Option<Vec<&'a str>> {
        let needs = job.needs.as_ref()?.iter();
        let names = needs.map(|need| need.job.as_str());
        Some(
            names
                .filter(|name| !self.jobs_called(name).is_empty())
                .collect(),
        )
    }

    /// By stage; within one, what is needed comes first.
    fn ordered(&self, wanted: &BTreeSet<&str>) -> Vec<&Job> {
        let mut ordered: Vec<&Job> = Vec::new();
        let mut left: Vec<&Job> = self
            .jobs
            .iter()
            .filter(|job| wanted.contains(job.name.as_str()))
            .collect();
        while !left.is_empty() {
            let ready = |job: &Job| {
                let mut needs = job
                    .needs
                    .iter()
                    .flatten()
                    .flat_map(|need| self.meant_by(need));
                needs.all(|need| !left.iter().any(|other| other.name == need.name))
            };
            // Circles were refused when the pipeline was read, so that one is always ready.
            let next = left.iter().position(|job| ready(job)).unwrap_or(0);
            ordered.push(left.remove(next));
        }
        ordered
    }

    pub(crate) fn no_such_job(&self, name: &str) -> Error {
        let error = Error::usage(format!("the pipeline has no job `{name}`"));
        match nearest(name, self.jobs.iter().map(|job| job.name.as_str())) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`baws-ci local --list` shows the jobs"),
        }
    }
}
