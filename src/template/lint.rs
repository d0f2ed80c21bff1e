//! `template lint`: everything that is wrong with pipeline files, without a GitLab.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Shelf, shown};
use crate::error::{Class, Error, Result};
use crate::output::Output;
use crate::pipeline::{self, Given, Read, Severity};

/// What is asked of `lint`.
pub(crate) struct Wanted<'a> {
    pub(crate) files: &'a [PathBuf],
    pub(crate) maps: &'a [String],
    pub(crate) inputs: &'a Given,
    /// Where `include: local` begins.
    pub(crate) project: Option<&'a Path>,
    pub(crate) format: Format,
    /// Where a code quality report goes.
    pub(crate) quality: Option<&'a Path>,
    /// What ends with an error.
    pub(crate) from: Severity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    /// The merged pipeline, as GitLab's lint shows it.
    Merged,
}

/// # Errors
/// `Usage` when a file is not what GitLab takes, or cannot be read.
pub(crate) fn lint(wanted: &Wanted<'_>, output: &Output) -> Result<()> {
    let mut all: Vec<(String, Read)> = Vec::new();
    for path in wanted.files {
        let first = Shelf::first(path, path)?;
        let shelf = Shelf::new(
            &wanted
                .project
                .map_or_else(|| project_of(path), Path::to_owned),
            wanted.maps,
        )?;
        let library =
            |location: &pipeline::Location, origin: &pipeline::Origin| shelf.find(location, origin);
        let request = pipeline::Request {
            first,
            inputs: wanted.inputs.clone(),
            library: &library,
            conditions: None,
        };
        all.push((path.display().to_string(), pipeline::read(request)));
    }
    match wanted.format {
        Format::Text => tell(&all, output),
        Format::Json => output.data(format!("{}\n", report(&all))),
        Format::Merged => {
            for (_, read) in &all {
                output.data(read.merged_yaml()?);
            }
        }
    }
    if let Some(path) = wanted.quality {
        let entries = all.iter().flat_map(|(_, read)| {
            read.faults
                .iter()
                .map(|fault| shown::quality(fault, &read.files))
        });
        let text = serde_json::Value::Array(entries.collect()).to_string();
        std::fs::write(path, format!("{text}\n")).map_err(|error| {
            Error::precondition(format!("cannot write the report `{}`", path.display()))
                .caused_by(error)
        })?;
    }
    verdict(&all, wanted.from)
}

fn tell(all: &[(String, Read)], output: &Output) {
    for (file, read) in all {
        for fault in read.faults.iter() {
            output.data(shown::text(fault, &read.files, output.colour()));
        }
        let jobs = read
            .pipeline
            .as_ref()
            .map_or(0, |pipeline| pipeline.jobs.len());
        let (errors, warnings) = (
            read.faults.count(Severity::Error),
            read.faults.count(Severity::Warning),
        );
        let files = counted(read.files.count(), "file");
        output.data(match (errors, warnings) {
            (0, 0) => format!("`{file}` is valid: {} in {files}\n", counted(jobs, "job")),
            (0, _) => format!(
                "`{file}` is valid, with {}: {} in {files}\n",
                counted(warnings, "warning"),
                counted(jobs, "job")
            ),
            (_, 0) => format!("`{file}` is not valid: {}\n", counted(errors, "error")),
            (_, _) => format!(
                "`{file}` is not valid: {}, {}\n",
                counted(errors, "error"),
                counted(warnings, "warning")
            ),
        });
    }
}

fn counted(count: usize, word: &str) -> String {
    match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    }
}

/// `baws-ci/lint/1`.
fn report(all: &[(String, Read)]) -> serde_json::Value {
    let files = all.iter().map(|(file, read)| {
        let jobs = read.pipeline.iter().flat_map(|pipeline| &pipeline.jobs).map(|job| json!({"name": job.name, "stage": job.stage}));
        let inputs = read.inputs.iter().map(|input| {
            json!({"name": input.name, "type": input.sort.name(), "description": input.description, "required": input.default.is_none()})
        });
        json!({
            "file": file,
            "valid": !read.faults.has_errors(),
            "faults": read.faults.iter().map(|fault| shown::json(fault, &read.files)).collect::<Vec<_>>(),
            "jobs": jobs.collect::<Vec<_>>(),
            "inputs": inputs.collect::<Vec<_>>(),
            "away": read.away.iter().map(|(_, what)| what).collect::<Vec<_>>(),
        })
    });
    json!({"schema": "baws-ci/lint/1", "files": files.collect::<Vec<_>>()})
}

fn verdict(all: &[(String, Read)], from: Severity) -> Result<()> {
    let is_bad = |read: &Read| match from {
        Severity::Error => read.faults.has_errors(),
        Severity::Warning => read.faults.iter().next().is_some(),
    };
    match all.iter().any(|(_, read)| is_bad(read)) {
        // The report has said why.
        true => Err(Error::new(Class::Usage, "")),
        false => Ok(()),
    }
}

/// The project that a pipeline file belongs to: the repository it stands in, else its directory.
fn project_of(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let own = full.parent().map(Path::to_owned).unwrap_or_default();
    own.ancestors()
        .find(|above| above.join(".git").exists())
        .map_or(own.clone(), Path::to_owned)
}
