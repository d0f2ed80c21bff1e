//! A job of a pipeline as the payload that GitLab would send for it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::driver::{Incoming, Task};
use super::predefined::Project;
use super::scripts::Sources;
use super::variables::{Status, Surroundings, Variables};
use super::work_tree::{History, WorkTree};
use super::{cached, nested, started};
use crate::error::{Error, Result};
use crate::job::{
    ArtifactsFile, Dependency, GitInfo, Hook, JobInfo, JobResponse, RunnerInfo, Step, Variable,
};
use crate::pipeline::{Job, Pipeline, Trigger, is_variable_name};

/// GitLab's default for a project.
const TIMEOUT_SECS: u64 = 3600;

/// What the jobs of one run share.
pub(super) struct Setting<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) tree: &'a WorkTree,
    pub(super) project: &'a Project,
    /// From the command line: they beat all others.
    pub(super) variables: &'a [Variable],
    pub(super) sources: Sources,
    pub(super) archive: std::path::PathBuf,
}

impl Setting<'_> {
    /// The task for `job`. `inherited`: dotenv variables of the jobs it depends on.
    pub(super) fn task(
        &self,
        job: &Job,
        id: u64,
        slot: u32,
        inherited: &[(String, String)],
        incoming: Vec<Incoming>,
        outgoing: std::path::PathBuf,
    ) -> Result<Task> {
        let mut response = self.response(job, id, inherited);
        response.dependencies = incoming
            .iter()
            .map(|one| Dependency {
                id: one.id,
                name: one.name.clone(),
                artifacts_file: ArtifactsFile {
                    filename: "artifacts.tar".to_owned(),
                },
            })
            .collect();
        expand_images(&mut response);
        let payload = serde_json::to_value(&response)
            .map_err(|error| Error::system("cannot write the job as JSON").caused_by(error))?;
        Ok(Task {
            response,
            payload,
            slot,
            sources: self.sources.clone(),
            work_tree: Some(self.archive.clone()),
            incoming,
            outgoing: Some(outgoing),
        })
    }

    /// The variables that a pipeline which `job` starts gets from it, written out.
    ///
    /// Source: GitLab's reference, `trigger:forward`: those of the pipeline file and of the job. What was given by hand is
    /// given to it as well: here it stands for the settings of a project too.
    pub(super) fn passed_on(
        &self,
        job: &Job,
        forwards: bool,
        inherited: &[(String, String)],
    ) -> Vec<Variable> {
        let response = self.response(job, 0, inherited);
        let known = Variables::new(&response, &nowhere());
        let own = self.pipeline.variables.iter();
        let of_file = own
            .filter(|one| job.inherits_variables.takes(&one.key))
            .chain(&job.variables)
            .filter(|_| forwards);
        let names: BTreeSet<&str> = of_file
            .chain(self.variables)
            .map(|one| one.key.as_str())
            .collect();
        let written = |name: &str| Variable {
            raw: true,
            ..plain(name, known.get(name).unwrap_or_default())
        };
        names.into_iter().map(written).collect()
    }

    fn response(&self, job: &Job, id: u64, inherited: &[(String, String)]) -> JobResponse {
        // Source of the order: GitLab's precedence of variables, lowest first.
        let mut variables = self.project.variables(job, id);
        let inherited_ones = self
            .pipeline
            .variables
            .iter()
            .filter(|one| job.inherits_variables.takes(&one.key));
        variables.extend(inherited_ones.chain(&job.variables).cloned());
        variables.extend(inherited.iter().map(|(key, value)| Variable {
            raw: true,
            ..plain(key, value)
        }));
        variables.extend(self.variables.iter().cloned());
        if let Some(environment) = &job.environment {
            let predefined = started::environment(environment, &variables);
            variables.splice(0..0, predefined);
        }
        nested::write_out(&mut variables);
        let mut steps = vec![Step {
            name: "script".to_owned(),
            script: job.script.clone(),
        }];
        if !job.after_script.is_empty() {
            steps.push(Step {
                name: "after_script".to_owned(),
                script: job.after_script.clone(),
            });
        }
        JobResponse {
            id,
            job_info: JobInfo {
                user_id: None,
                name: job.name.clone(),
                project_id: self.project.id,
                project_full_path: Some(self.project.path.clone()),
            },
            git_info: self.git_info(),
            runner_info: RunnerInfo {
                timeout: i64::try_from(job.timeout_secs.unwrap_or(TIMEOUT_SECS))
                    .unwrap_or(i64::MAX),
            },
            variables,
            image: job.image.clone().unwrap_or_default(),
            services: job.services.clone(),
            steps,
            artifacts: job.artifacts.clone(),
            cache: cached::specs(&job.caches, &self.tree.root),
            hooks: hooks(job),
            ..JobResponse::default()
        }
    }

    fn git_info(&self) -> GitInfo {
        let (name, sha) = match &self.tree.history {
            History::None => (String::new(), String::new()),
            History::Unborn { branch } => (branch.clone(), String::new()),
            History::Commit(commit) => {
                let name = commit.reference();
                (name.to_owned(), commit.sha.clone())
            }
        };
        GitInfo {
            r#ref: name,
            sha,
            before_sha: "0".repeat(40),
            protected: Some(false),
            ..GitInfo::default()
        }
    }
}

fn hooks(job: &Job) -> Vec<Hook> {
    match job.pre_get_sources.is_empty() {
        true => Vec::new(),
        false => vec![Hook {
            name: "pre_get_sources_script".to_owned(),
            script: job.pre_get_sources.clone(),
        }],
    }
}

/// What only GitLab can give, in a sentence each.
pub(super) fn beyond(chosen: &[&Job]) -> Vec<String> {
    let mut beyond: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for job in chosen {
        for keyword in &job.beyond {
            beyond
                .entry(keyword)
                .or_default()
                .push(format!("`{}`", job.name));
        }
    }
    let told = beyond.into_iter().map(|(keyword, jobs)| {
        let jobs = jobs.join(", ");
        format!("only GitLab can give `{keyword}`: here these go without: {jobs}")
    });
    told.collect()
}

/// Why a job cannot be run here: it does what only GitLab can.
pub(super) fn not_here(job: &Job) -> Option<String> {
    match &job.trigger {
        Some(Trigger::Project(project)) => {
            return Some(format!(
                "it starts a pipeline of `{project}`, which only GitLab can"
            ));
        }
        Some(Trigger::Child { .. }) => return None,
        None => {}
    }
    let runs_nothing = job.script.is_empty();
    runs_nothing.then(|| "it has no script that could run here".to_owned())
}

/// Where no job runs yet.
fn nowhere() -> Surroundings {
    Surroundings {
        builds_dir: String::new(),
        project_dir: String::new(),
        slot: 0,
        status: Status::Running,
    }
}

/// Writes out variables in the names of images and services and in aliases, as the runner does before any stage.
pub(super) fn expand_images(response: &mut JobResponse) {
    let variables = Variables::new(response, &nowhere());
    for image in std::iter::once(&mut response.image).chain(&mut response.services) {
        image.name = variables.expand(&image.name);
        image.alias = variables.expand(&image.alias);
    }
}

/// The same in the JSON of a payload, whose other parts stay as they came.
pub(super) fn write_images(payload: &mut Value, response: &JobResponse) {
    let mut set = |pointer: String, text: &str| {
        if let Some(place) = payload
            .pointer_mut(&pointer)
            .filter(|place| place.is_string())
        {
            *place = Value::from(text);
        }
    };
    set("/image/name".to_owned(), &response.image.name);
    for (n, service) in response.services.iter().enumerate() {
        set(format!("/services/{n}/name"), &service.name);
        set(format!("/services/{n}/alias"), &service.alias);
    }
}

/// `KEY=VALUE` from the command line.
pub(super) fn assignment(text: &str) -> Result<Variable> {
    match text.split_once('=') {
        Some((key, value)) if is_variable_name(key) => Ok(plain(key, value)),
        Some(_) | None => Err(Error::usage(format!("`--var {text}` does not set a variable"))
            .hint("write `--var NAME=value`; names are letters, digits and underscores, and do not begin with a digit")),
    }
}

fn plain(key: &str, value: &str) -> Variable {
    Variable {
        key: key.to_owned(),
        value: value.to_owned(),
        public: true,
        file: false,
        masked: false,
        raw: false,
    }
}
