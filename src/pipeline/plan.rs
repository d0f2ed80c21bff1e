//! What an event makes of a pipeline: whether there is one, which jobs it has, and why each other one is not in it.
//!
//! Source: GitLab, `lib/gitlab/ci/pipeline/{chain,seed}`.

use crate::job::Variable;

use super::expression::Lookup;
use super::rules::{self, Rule};
use super::{Conditions, Job, Pipeline, When, expand, only};

/// A pipeline as an event would make it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Only the jobs that exist, each as its rules make it.
    pub(crate) pipeline: Pipeline,
    /// The pipeline's name, written out.
    pub(crate) name: Option<String>,
    pub(crate) absent: Vec<Absent>,
    /// Why each job that exists does.
    pub(crate) present: Vec<(String, String)>,
    /// Why there is no pipeline at all.
    pub(crate) none: Option<String>,
    /// Why GitLab would refuse to make it: jobs need others that are not in it.
    pub(crate) broken: Vec<Broken>,
}

/// A job that the event does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Absent {
    pub(crate) job: String,
    pub(crate) stage: String,
    pub(crate) why: String,
}

/// A job that needs one that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) job: String,
    pub(crate) need: String,
    pub(crate) at: crate::yaml::Place,
}

/// Variables in layers, the strongest first.
struct Scope<'a> {
    layers: Vec<&'a [Variable]>,
    base: Lookup<'a>,
}

impl Scope<'_> {
    /// As it was written: conditions ask for values that are not expanded. Source: GitLab's reference, `rules:if`.
    fn get(&self, name: &str) -> Option<String> {
        let mut layers = self.layers.iter();
        let found = layers.find_map(|layer| layer.iter().rev().find(|one| one.key == name));
        found.map_or_else(|| (self.base)(name), |one| Some(one.value.clone()))
    }
}

impl Pipeline {
    /// `known.variables`: what is predefined. `overrides`: what was given by hand, which beats all.
    pub(crate) fn plan(&self, known: &Conditions<'_>, overrides: &[Variable]) -> Plan {
        let mut plan = Plan {
            pipeline: self.clone(),
            name: None,
            absent: Vec::new(),
            present: Vec::new(),
            none: None,
            broken: Vec::new(),
        };
        let global = Scope {
            layers: vec![overrides, &self.variables],
            base: known.variables,
        };
        let lookup = |name: &str| global.get(name);
        let at_large = Conditions {
            variables: &lookup,
            ..*known
        };
        let mut of_workflow: &[Variable] = &[];
        if let Some(rules) = &self.workflow {
            match rules::first(rules, &at_large) {
                Some(rule) if rule.when == Some(When::Never) => {
                    plan.none = Some(format!("{} of `workflow:rules` says never", rule.shown()));
                }
                Some(rule) => of_workflow = &rule.variables,
                None => plan.none = Some("no rule of `workflow:rules` holds".to_owned()),
            }
        }
        let mut jobs = Vec::new();
        for job in &self.jobs {
            let inherited: Vec<Variable> = self
                .variables
                .iter()
                .filter(|one| job.inherits_variables.takes(&one.key))
                .cloned()
                .collect();
            let scope = Scope {
                layers: vec![overrides, &job.variables, of_workflow, &inherited],
                base: known.variables,
            };
            let lookup = |name: &str| scope.get(name);
            let of_job = Conditions {
                variables: &lookup,
                ..*known
            };
            match existing(job, &of_job, self.workflow.is_some()) {
                Ok((mut job, why)) => {
                    job.variables = with(of_workflow, &job.variables);
                    plan.present.push((job.name.clone(), why));
                    jobs.push(job);
                }
                Err(why) => plan.absent.push(Absent {
                    job: job.name.clone(),
                    stage: job.stage.clone(),
                    why,
                }),
            }
        }
        plan.pipeline.variables = with(&self.variables, of_workflow);
        plan.pipeline.jobs = jobs;
        plan.name = self.name.as_ref().map(|name| expand(name, &lookup));
        plan.settle();
        plan
    }
}

/// The job as the event has it, and why; or why not.
fn existing(
    job: &Job,
    known: &Conditions<'_>,
    has_workflow: bool,
) -> Result<(Job, String), String> {
    let Some(rules) = &job.rules else {
        // Source: GitLab, `entry/processable.rb`: with `workflow:rules` nothing but they decides for a job without any.
        if has_workflow && job.only.is_none() && job.except.is_none() {
            return Ok((job.clone(), "`workflow:rules` let it".to_owned()));
        }
        let why = only::admits(job.only.as_ref(), job.except.as_ref(), known)?;
        return Ok((job.clone(), why));
    };
    match rules::first(rules, known) {
        None => Err(match rules.as_slice() {
            [] => "its `rules` are empty".to_owned(),
            [one] => format!("{} does not hold{}", one.shown(), asked(rules, known)),
            several => format!(
                "none of its {} rules holds{}",
                several.len(),
                asked(rules, known)
            ),
        }),
        Some(rule) if rule.when == Some(When::Never) => {
            Err(format!("{} holds, and says never", rule.shown()))
        }
        // A job's own `never` cannot be: it is refused when it is read.
        Some(rule) => Ok((ruled(job, rule), format!("{} holds", rule.shown()))),
    }
}

/// The job with what the rule says of it.
fn ruled(job: &Job, rule: &Rule) -> Job {
    let mut job = job.clone();
    if let Some(when) = rule.when {
        job.when = when;
        job.start_in_secs = rule.start_in_secs.or(job.start_in_secs);
    }
    if let Some(allowed) = &rule.allow_failure {
        job.allow_failure = allowed.clone();
    }
    if let Some(needs) = &rule.needs {
        job.needs = Some(needs.clone());
    }
    job.variables = with(&job.variables, &rule.variables);
    job
}

/// `over` on top of `base`.
fn with(base: &[Variable], over: &[Variable]) -> Vec<Variable> {
    let kept = base
        .iter()
        .filter(|one| !over.iter().any(|other| other.key == one.key));
    kept.chain(over).cloned().collect()
}

/// The values that the conditions asked for.
fn asked(rules: &[Rule], known: &Conditions<'_>) -> String {
    let mut names: Vec<&str> = rules.iter().flat_map(Rule::names).collect();
    names.sort_unstable();
    names.dedup();
    let values = names
        .iter()
        .take(6)
        .map(|name| match (known.variables)(name) {
            Some(value) => format!("${name} is `{value}`"),
            None => format!("${name} is not set"),
        });
    let values: Vec<String> = values.collect();
    match values.is_empty() {
        true => String::new(),
        false => format!(": {}", values.join(", ")),
    }
}

impl Plan {
    /// No pipeline where no job is left; and what needs a job that is not there.
    fn settle(&mut self) {
        let runs = |job: &Job| job.stage != super::FIRST_STAGE && job.stage != super::LAST_STAGE;
        if self.none.is_none() && !self.pipeline.jobs.iter().any(runs) {
            self.none = Some(match self.pipeline.jobs.is_empty() {
                true => "no job is left".to_owned(),
                false => "all that is left is in `.pre` and `.post`".to_owned(),
            });
        }
        for job in &self.pipeline.jobs {
            for need in job.needs.iter().flatten().filter(|need| !need.optional) {
                if self.pipeline.jobs_called(&need.job).is_empty() {
                    self.broken.push(Broken {
                        job: job.name.clone(),
                        need: need.job.clone(),
                        at: need.at,
                    });
                }
            }
        }
    }
}
