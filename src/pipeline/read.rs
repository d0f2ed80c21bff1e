//! From files to a checked pipeline.

use crate::error::Result;
use crate::yaml::{Map, Node, Place};

use super::fault::{Fault, Faults, Files, Rule};
use super::include::assemble;
use super::job::{Defaults, Job};
use super::value::{given, must, strings, text};
use super::{
    Conditions, Declared, FIRST_STAGE, Found, Given, LAST_STAGE, Library, Pipeline, check, extends,
    keywords, print, reference, rules, schema, stranded, variables,
};

/// What to read.
pub(crate) struct Request<'a> {
    pub(crate) first: Found,
    pub(crate) inputs: Given,
    pub(crate) library: Library<'a>,
    /// What conditions of `include` ask; `None`: every include is taken.
    pub(crate) conditions: Option<&'a Conditions<'a>>,
}

/// A pipeline as far as it could be read, and everything that is wrong with it.
#[derive(Debug)]
pub(crate) struct Read {
    /// `None`: there is not even a tree.
    pub(crate) pipeline: Option<Pipeline>,
    pub(crate) files: Files,
    pub(crate) faults: Faults,
    /// Of the first file.
    pub(crate) inputs: Vec<Declared>,
    /// Includes that are not on this machine.
    pub(crate) away: Vec<(Place, String)>,
    merged: Map,
}

impl Read {
    /// Everything merged, as GitLab's lint shows it.
    pub(crate) fn merged_yaml(&self) -> Result<String> {
        print::yaml(&self.merged)
    }

    /// What was given for inputs, in their own types.
    pub(crate) fn as_json(&self, given: &Given) -> serde_json::Map<String, serde_json::Value> {
        let declared = self.inputs.iter().filter_map(|input| {
            let node = given.get(&input.name)?;
            Some((input.name.clone(), print::json(&input.typed(node))))
        });
        declared.collect()
    }

    /// The pipeline, if GitLab would take it.
    ///
    /// # Errors
    /// Everything that is wrong with it, in one error.
    pub(crate) fn pipeline(self, file: &str) -> Result<Pipeline> {
        self.faults.end(&self.files, file)?;
        self.pipeline.ok_or_else(|| {
            crate::error::Error::usage(format!("the pipeline `{file}` holds no jobs"))
        })
    }
}

pub(crate) fn read(request: Request<'_>) -> Read {
    let mut files = Files::default();
    let mut faults = Faults::default();
    let Request {
        first,
        inputs,
        library,
        conditions,
    } = request;
    let assembled = assemble(first, &inputs, library, conditions, &mut files, &mut faults);
    let Some(assembled) = assembled else {
        if !faults.has_errors() {
            let at = Place {
                file: 0,
                line: 1,
                column: 1,
            };
            faults.add(Fault::new(Rule::Empty, at, "the file is empty"));
        }
        return Read {
            pipeline: None,
            files,
            faults,
            inputs: Vec::new(),
            away: Vec::new(),
            merged: Map::default(),
        };
    };
    if faults.concern_inputs() {
        faults.sort();
        return Read {
            pipeline: None,
            files,
            faults,
            inputs: assembled.inputs,
            away: assembled.away,
            merged: assembled.top,
        };
    }
    let resolved = reference::resolve(&assembled.top, &mut faults);
    let merged = extends::resolve(&resolved, &mut faults);
    keywords::check(&merged, &mut faults);
    let whole = assembled.away.is_empty() && !faults.concern_includes();
    let pipeline = typed(&merged, whole, &mut faults);
    schema::check(&merged, &mut faults);
    if conditions.is_none() && whole && !faults.has_errors() {
        stranded::check(&pipeline, &mut faults);
    }
    faults.sort();
    if !whole {
        faults.forgive_names();
    }
    Read {
        pipeline: Some(pipeline),
        files,
        faults,
        inputs: assembled.inputs,
        away: assembled.away,
        merged,
    }
}

/// `whole`: no file is missing.
fn typed(top: &Map, whole: bool, faults: &mut Faults) -> Pipeline {
    let mut stages = vec![FIRST_STAGE.to_owned()];
    match given(top, "stages").or_else(|| given(top, "types")) {
        None => stages.extend(["build", "test", "deploy"].map(str::to_owned)),
        Some(list) => match strings(list).filter(|_| list.as_list().is_some()) {
            Some(named) => stages.extend(
                named
                    .into_iter()
                    .filter(|stage| stage != FIRST_STAGE && stage != LAST_STAGE),
            ),
            None => faults.add(must(list, "stages", "the pipeline", "a list of names")),
        },
    }
    stages.push(LAST_STAGE.to_owned());

    let workflow = given(top, "workflow").and_then(Node::as_map);
    let pipeline_variables = given(top, "variables")
        .map(|found| variables::read(found, "the pipeline", faults))
        .unwrap_or_default();
    let defaults = Defaults::read(top, faults);
    let mut jobs: Vec<Job> = Vec::new();
    for (key, body) in top
        .iter()
        .filter(|(key, _)| key.is_text && keywords::names_a_job(&key.text))
    {
        if let Some(map) = body.as_map() {
            jobs.extend(Job::read(key, map, &defaults, faults));
        }
    }
    if jobs.is_empty() && !faults.has_errors() && whole {
        let at = Place {
            file: 0,
            line: 1,
            column: 1,
        };
        faults.add(
            Fault::new(Rule::Empty, at, "it holds no job that runs")
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
        variables: pipeline_variables,
        workflow: workflow
            .and_then(|map| given(map, "rules"))
            .map(|node| rules::read(node, "`workflow`", rules::Of::Workflow, faults)),
        name: workflow.and_then(|map| text(map, "workflow:name", "the pipeline", faults)),
        stages,
        jobs,
    };
    check::check(&pipeline, faults);
    pipeline
}
