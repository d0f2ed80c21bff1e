//! `executor explain`: what a recorded job would be given, or why it would be refused. Touches no engine.
//!
//! The job is one as in JOB_RESPONSE_FILE. Of the variables that the runner itself adds it knows only what the file says.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::plan::{self, Surroundings};
use super::prepare::lowered;
use super::volumes::lent;
use super::{Job, in_force, owner};
use crate::docker;
use crate::error::{Error, Result};
use crate::job::{Identity, JobResponse, expand};
use crate::output::Output;
use crate::policy;
use crate::settings::Settings;

/// # Errors
/// What `prepare` would refuse, with the same words.
pub(crate) fn explain(settings: &Settings, file: &Path, json: bool, output: &Output) -> Result<()> {
    let response = JobResponse::read(file)?;
    let job = Job {
        identity: Identity::of(&response),
        variables: variables(&response),
        response,
    };
    let settings = lowered(in_force(settings), &job)?;
    let admitted = policy::admit(&job.response, &settings.executor.docker, &job.variables)?;
    let around = Surroundings {
        helper_dir: "(of the job)".to_owned(),
        build_dir: "(of the job)".to_owned(),
        runner_program: None,
        owner: owner::label(),
        now: owner::now_secs(),
        lent: lent(&settings, &job, &docker::host(&settings.docker))?,
        read: &|path| std::fs::read_to_string(path),
    };
    let plan = plan::plan(&job, &admitted, &settings.executor, &around)?;
    for warning in &admitted.warnings {
        output.warning(warning);
    }
    let told = serde_json::to_value(plan).map_err(|error| unwritable(&error))?;
    let told = said(told).unwrap_or_default();
    output.data(match json {
        true => format!("{told}\n"),
        false => serde_yaml::to_string(&told).map_err(|error| unwritable(&error))?,
    });
    Ok(())
}

fn unwritable(error: &dyn std::error::Error) -> Error {
    Error::system(format!("cannot write the plan: {error}"))
}

/// As the runner expands them: each value once, against all others.
fn variables(response: &JobResponse) -> BTreeMap<String, String> {
    let all = response.variables.iter();
    let raw: BTreeMap<String, String> = all
        .map(|one| (one.key.clone(), one.value.clone()))
        .collect();
    let expanded = response.variables.iter().map(|one| {
        let value = match one.raw {
            true => one.value.clone(),
            false => expand(&one.value, &raw),
        };
        (one.key.clone(), value)
    });
    expanded.collect()
}

/// Without what says nothing: empty texts, lists and tables, null, false and 0.
fn said(value: Value) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Number(number) if number.as_i64() == Some(0) => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(items) => {
            let kept: Vec<Value> = items.into_iter().filter_map(said).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Object(fields) => {
            let kept = fields.into_iter();
            let kept = kept.filter_map(|(name, value)| Some((name, said(value)?)));
            let kept: serde_json::Map<String, Value> = kept.collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        other => Some(other),
    }
}
