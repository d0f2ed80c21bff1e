//! What an event makes of the work tree's pipeline: its files read, its rules asked.

use std::path::Path;

use super::predefined::Project;
use super::work_tree::WorkTree;
use crate::error::{Cause, Error, Result};
use crate::job::Variable;
use crate::output::Output;
use crate::pipeline::{
    self, Conditions, EventKind, Found, Given, Location, Origin, Plan, Severity,
};
use crate::template::Shelf;

/// What is read, and for what.
pub(super) struct Asked<'a> {
    /// As it was named, and where it is.
    pub(super) file: (&'a Path, &'a Path),
    pub(super) event: EventKind,
    pub(super) inputs: &'a Given,
    pub(super) maps: &'a [String],
    /// From the command line.
    pub(super) variables: &'a [Variable],
}

/// The word on the command line.
pub(super) fn event(word: &str) -> Result<EventKind> {
    let known = EventKind::ALL
        .into_iter()
        .filter(|kind| *kind != EventKind::Parent);
    let found = known.clone().find(|kind| kind.name() == word);
    found.ok_or_else(|| {
        let names: Vec<&str> = known.map(EventKind::name).collect();
        Error::usage(format!("`--event {word}` is no event"))
            .hint(format!("it is one of {}", names.join(", ")))
    })
}

/// # Errors
/// `Usage` for a pipeline that GitLab would refuse; `Precondition` where a file is not on this machine.
pub(super) fn plan(
    asked: &Asked<'_>,
    tree: &WorkTree,
    project: &Project,
    output: &Output,
) -> Result<Plan> {
    let (named, found) = asked.file;
    let first = Shelf::first(named, found).map_err(|error| {
        error
            .hint("run it in the directory of `.gitlab-ci.yml`, or name another file with `--file`")
    })?;
    of(first, &[], asked, tree, project, output)
}

/// The plan of a pipeline that begins with `first`. `made`: files that are nowhere in the work tree, by name.
pub(super) fn of(
    first: Found,
    made: &[(String, String)],
    asked: &Asked<'_>,
    tree: &WorkTree,
    project: &Project,
    output: &Output,
) -> Result<Plan> {
    let name = first.name.clone();
    let shelf = Shelf::new(&tree.root, asked.maps)?;
    let files: Vec<String> = tree
        .files()?
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let changed = tree.changed(asked.event, &project.default_branch);
    let overriding = |name: &str| {
        let given = asked.variables.iter().rev().find(|one| one.key == name);
        given
            .map(|one| one.value.clone())
            .or_else(|| project.value(name))
    };
    let known = Conditions {
        event: asked.event,
        ref_name: &project.ref_name,
        variables: &overriding,
        files: Some(&files),
        changed: changed.as_deref(),
    };
    let library = |location: &Location, origin: &Origin| match location {
        Location::Local(path) => match made.iter().find(|(known, _)| known == path) {
            Some((known, text)) => Ok(vec![Found {
                name: known.clone(),
                identity: known.clone(),
                text: text.clone(),
                origin: Origin::Own,
            }]),
            None => shelf.find(location, origin),
        },
        Location::Project { .. }
        | Location::Remote(_)
        | Location::Template(_)
        | Location::Component { .. } => shelf.find(location, origin),
    };
    let read = pipeline::read(pipeline::Request {
        first,
        inputs: asked.inputs.clone(),
        library: &library,
        conditions: Some(&known),
    });
    read.faults.end(&read.files, &name)?;
    let warnings = read
        .faults
        .iter()
        .filter(|one| one.severity == Severity::Warning);
    for warning in warnings.filter(|_| read.away.is_empty()) {
        output.warning(format!(
            "{}: {}",
            read.files.shown(warning.at),
            warning.text
        ));
    }
    if !read.away.is_empty() {
        let error = Error::precondition(format!(
            "the pipeline `{name}` includes files that are not on this machine"
        ));
        let error = read.away.iter().fold(error, |error, (at, what)| {
            error.caused_by(Cause::line(format!("{}: `{what}`", read.files.shown(*at))))
        });
        return Err(error.hint(
            "show where they are with `--map GROUP/PROJECT=DIRECTORY`, or `--map URL=FILE`",
        ));
    }
    let places = read.files.clone();
    let plan = read.pipeline(&name)?.plan(&known, asked.variables);
    match plan.broken.as_slice() {
        [] => Ok(plan),
        _ if plan.none.is_some() => Ok(plan),
        broken => {
            let error = Error::usage(format!(
                "GitLab would make no pipeline of `{name}` for the event {}",
                asked.event.name()
            ));
            let error = broken.iter().fold(error, |error, one| {
                error.caused_by(Cause::line(format!(
                    "{}: `{}` needs `{}`, which this event does not have",
                    places.shown(one.at),
                    one.job,
                    one.need
                )))
            });
            Err(error
                .hint("write `needs: [{job: …, optional: true}]` for a job that may be left out"))
        }
    }
}
