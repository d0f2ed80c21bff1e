//! `template list`, `show` and `render`: what is shipped, what it takes, and the pipeline that a repository receives.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Shelf, VERSION, shipped};
use crate::error::{Cause, Error, Result};
use crate::nearest::nearest;
use crate::output::{Output, columns};
use crate::pipeline::{self, Found, Given, Location, Origin, Read};

/// How a repository includes a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `include: project/ref/file`.
    Project { project: String, reference: String },
    /// `include: component`, of the same GitLab.
    Component { project: String, version: String },
    /// Everything written out, without any include.
    Merged,
}

/// Prints the kinds.
pub(crate) fn list(json: bool, output: &Output) -> Result<()> {
    let mut rows = vec![["KIND", "WHAT IT IS", "INPUTS"].map(str::to_owned)];
    let mut all = Vec::new();
    for kind in shipped::kinds() {
        let (found, read) = template(kind, &Given::new())?;
        let summary = shipped::summary(&found.text);
        rows.push([
            kind.to_owned(),
            summary.clone(),
            read.inputs.len().to_string(),
        ]);
        all.push(json!({"name": kind, "summary": summary, "inputs": read.inputs.len()}));
    }
    output.data(match json {
        true => format!(
            "{}\n",
            json!({"schema": "baws-ci/templates/1", "version": VERSION.trim(), "templates": all})
        ),
        false => columns(&rows),
    });
    Ok(())
}

/// Prints what a template takes, and its jobs.
pub(crate) fn show(kind: &str, json: bool, output: &Output) -> Result<()> {
    let (found, read) = template(kind, &Given::new())?;
    let jobs: Vec<&str> = read
        .pipeline
        .iter()
        .flat_map(|pipeline| &pipeline.jobs)
        .map(|job| job.name.as_str())
        .collect();
    let inputs = read.inputs.iter();
    if json {
        let inputs = inputs.map(|input| {
            json!({
                "name": input.name,
                "type": input.sort.name(),
                "description": input.description,
                "default": input.default_as_json(),
                "options": input.options_as_json(),
                "regex": input.regex.as_ref().map(|regex| regex.as_str().to_owned()),
            })
        });
        output.data(format!(
            "{}\n",
            json!({"schema": "baws-ci/template/1", "name": kind, "version": VERSION.trim(), "summary": shipped::summary(&found.text),
                "inputs": inputs.collect::<Vec<_>>(), "jobs": jobs})
        ));
        return Ok(());
    }
    let mut rows = vec![["INPUT", "TYPE", "DEFAULT", "MEANING"].map(str::to_owned)];
    rows.extend(inputs.map(|input| {
        let default = match input.default_as_json() {
            Value::String(text) if text.is_empty() => "–".to_owned(),
            Value::String(text) => short(&text),
            Value::Null => "(has to be given)".to_owned(),
            other => short(&other.to_string()),
        };
        [
            input.name.clone(),
            input.sort.name().to_owned(),
            default,
            input.description.clone(),
        ]
    }));
    let head = format!(
        "{kind} {}: {}",
        VERSION.trim(),
        shipped::summary(&found.text)
    );
    output.data(format!(
        "{head}\n\njobs: {}\n\n{}",
        jobs.join(", "),
        columns(&rows)
    ));
    Ok(())
}

fn short(text: &str) -> String {
    let longest = 40;
    match text.chars().count() > longest {
        true => format!("{}…", text.chars().take(longest).collect::<String>()),
        false => text.to_owned(),
    }
}

/// Prints the `.gitlab-ci.yml` of a repository of this kind.
///
/// # Errors
/// `Usage` for an input that the template refuses.
pub(crate) fn render(kind: &str, given: &Given, form: &Form, output: &Output) -> Result<()> {
    let (_, read) = template(kind, given)?;
    if read.faults.has_errors() {
        let mut error = Error::usage(format!("the template `{kind}` does not take these inputs"));
        for fault in read.faults.iter() {
            error = error.caused_by(Cause::line(&fault.text));
        }
        return Err(error.hint(format!(
            "`baws-ci template show {kind}` tells what it takes"
        )));
    }
    let inputs = read.as_json(given);
    let entry = match form {
        Form::Merged => {
            output.data(read.merged_yaml()?);
            return Ok(());
        }
        Form::Project { project, reference } => Entry {
            project: Some(project),
            reference: Some(reference),
            file: Some(format!("/templates/{kind}.yml")),
            component: None,
            inputs,
        },
        Form::Component { project, version } => Entry {
            project: None,
            reference: None,
            file: None,
            component: Some(format!("$CI_SERVER_FQDN/{project}/{kind}@{version}")),
            inputs,
        },
    };
    let text = serde_yaml::to_string(&Stub { include: [entry] })
        .map_err(|error| Error::system("cannot write the pipeline").caused_by(error))?;
    output.data(format!("# The pipeline of a `{kind}` application; what it takes: baws-ci template show {kind}\n{text}"));
    Ok(())
}

/// A `.gitlab-ci.yml` that only includes.
#[derive(Serialize)]
struct Stub<'a> {
    include: [Entry<'a>; 1],
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<String>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    inputs: serde_json::Map<String, Value>,
}

/// A shipped template, read with these inputs.
fn template(kind: &str, given: &Given) -> Result<(Found, Read)> {
    if !shipped::kinds().any(|known| known == kind) {
        let error = Error::usage(format!("there is no template `{kind}`"));
        return Err(match nearest(kind, shipped::kinds()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => {
                let kinds: Vec<&str> = shipped::kinds().collect();
                error.hint(format!("the templates are {}", kinds.join(", ")))
            }
        });
    }
    let found = shipped::find(&format!("templates/{kind}.yml")).map_err(|missed| {
        Error::system("a template is missing").caused_by(Cause::line(missed.why))
    })?;
    let shelf = Shelf::of_shipped();
    let library = |location: &Location, origin: &Origin| shelf.find(location, origin);
    let request = pipeline::Request {
        first: found.clone(),
        inputs: given.clone(),
        library: &library,
        conditions: None,
    };
    Ok((found, pipeline::read(request)))
}
