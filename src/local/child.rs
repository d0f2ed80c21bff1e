//! A `trigger` job: the child pipeline it starts is run as a part of this one.
//!
//! Source: GitLab's reference, `trigger:include`: the files are merged into one pipeline, which gets the variables of the
//! job that starts it; at most two levels below the first.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};

use super::jobs::Setting;
use super::planned::{self, Asked};
use super::signals::Signals;
use super::turns::Turns;
use super::verdict::Row;
use super::{Manner, schedule};
use crate::error::{Cause, Error, Result};
use crate::job::Variable;
use crate::pipeline::{ChildFile, EventKind, Found, Given, Job, Origin, Trigger};
use crate::yaml::LARGEST_FILE;

/// Levels of pipelines below the first. Source: GitLab's reference, "nested downstream pipelines".
const DEEPEST: usize = 2;

/// A child pipeline that is ready to run.
pub(super) struct Child<'a> {
    pub(super) job: &'a Job,
    /// Whether the job ends as the pipeline does.
    pub(super) depends: bool,
    text: String,
    variables: Vec<Variable>,
    /// Files that jobs of the parent made.
    made: Vec<(String, String)>,
}

impl<'a> Child<'a> {
    /// The child that `job` starts, if it starts one here.
    pub(super) fn of(job: &'a Job, turns: &Turns<'_>) -> Result<Option<Self>> {
        let Some(Trigger::Child {
            files,
            inputs,
            depends,
            forwards,
        }) = &job.trigger
        else {
            return Ok(None);
        };
        let (mut includes, mut made) = (Vec::new(), Vec::new());
        for file in files {
            let mut entry = match file {
                ChildFile::At(Value::String(path)) => json!({"local": path}),
                ChildFile::At(entry) => entry.clone(),
                ChildFile::Artifact { path, job: maker } => {
                    let name = format!("{maker}:{path}");
                    made.push((name.clone(), artifact(turns, maker, path)?));
                    json!({"local": name})
                }
            };
            if let Value::Object(map) = &mut entry
                && !inputs.is_empty()
                && !map.contains_key("inputs")
            {
                map.insert("inputs".to_owned(), Value::Object(inputs.clone()));
            }
            includes.push(entry);
        }
        Ok(Some(Child {
            job,
            depends: *depends,
            text: json!({"include": includes}).to_string(),
            variables: turns.passed_on(job, *forwards),
            made,
        }))
    }

    /// Runs it; what became of its jobs, each under the name of the job that started it.
    pub(super) fn run(
        &self,
        parent: &Setting<'_>,
        scratch: &super::scratch::Scratch,
        manner: Manner<'_>,
        signals: &Signals,
    ) -> Result<Vec<Row>> {
        if manner.depth >= DEEPEST {
            return Err(Error::usage(format!(
                "`{}` starts a pipeline more than {DEEPEST} levels below the first",
                self.job.name
            )));
        }
        let variables = &self.variables;
        let project = parent.project.child(manner.next_id());
        let name = format!("child of {}", self.job.name);
        let first = Found {
            name: name.clone(),
            identity: name.clone(),
            text: self.text.clone(),
            origin: Origin::Own,
        };
        let asked = Asked {
            file: (Path::new(&name), Path::new(&name)),
            event: EventKind::Parent,
            inputs: &Given::new(),
            maps: manner.maps,
            variables,
        };
        let output = manner.started.output;
        let plan = planned::of(first, &self.made, &asked, parent.tree, &project, &output)?;
        if let Some(why) = &plan.none {
            return Err(
                Error::usage(format!("`{}` would start an empty pipeline", self.job.name))
                    .caused_by(Cause::line(why)),
            );
        }
        let pipeline = plan.pipeline;
        let chosen = pipeline.select(&[])?;
        let setting = Setting {
            pipeline: &pipeline,
            tree: parent.tree,
            project: &project,
            variables,
            sources: parent.sources.clone(),
            archive: parent.archive.clone(),
        };
        let mut turns = Turns {
            setting: &setting,
            output,
            scratch,
            done: BTreeMap::new(),
        };
        let below = Manner {
            depth: manner.depth + 1,
            within: &format!("{}{} / ", manner.within, self.job.name),
            ..manner
        };
        schedule::run(&pipeline, &chosen, &mut turns, below, signals)
    }
}

/// The text of a file that a job of this pipeline left as an artifact.
fn artifact(turns: &Turns<'_>, maker: &str, path: &str) -> Result<String> {
    let missing = || {
        Error::precondition(format!("the job `{maker}` left no artifact `{path}`"))
            .hint("`artifacts:paths` of that job has to name it")
    };
    let wanted = path.trim_start_matches("./");
    for archive in turns.archives(maker) {
        let Ok(file) = File::open(&archive) else {
            continue;
        };
        let broken = |error| {
            Error::system(format!("cannot read the artifacts of the job `{maker}`"))
                .caused_by(error)
        };
        for entry in tar::Archive::new(file).entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            let name = entry.path().map_err(broken)?.display().to_string();
            if name.trim_start_matches("./") == wanted
                && entry.header().entry_type() == tar::EntryType::Regular
            {
                let mut text = String::new();
                entry
                    .by_ref()
                    .take(LARGEST_FILE as u64 + 1)
                    .read_to_string(&mut text)
                    .map_err(broken)?;
                return Ok(text);
            }
        }
    }
    Err(missing())
}
