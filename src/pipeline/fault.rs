//! What is wrong with a pipeline, all of it at once: GitLab's lint, too, lists every error it finds.

use std::rc::Rc;

use crate::error::{Cause, Error, Result};
use crate::yaml::Place;

/// What kind of thing is wrong; its name stands in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rule {
    Yaml,
    DuplicateKey,
    MergeOrder,
    Number,
    Keyword,
    Value,
    Input,
    Include,
    Reference,
    Extends,
    Expression,
    /// A name that stands for nothing: a job, a template, a stage.
    Name,
    Needs,
    Environment,
    Limit,
    Rules,
    Schema,
    Empty,
}

impl Rule {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Rule::Yaml => "yaml",
            Rule::DuplicateKey => "duplicate-key",
            Rule::MergeOrder => "merge-order",
            Rule::Number => "number",
            Rule::Keyword => "keyword",
            Rule::Value => "value",
            Rule::Input => "input",
            Rule::Include => "include",
            Rule::Reference => "reference",
            Rule::Extends => "extends",
            Rule::Expression => "expression",
            Rule::Name => "name",
            Rule::Needs => "needs",
            Rule::Environment => "environment",
            Rule::Limit => "limit",
            Rule::Rules => "rules",
            Rule::Schema => "schema",
            Rule::Empty => "empty",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    /// GitLab refuses the pipeline.
    Error,
    /// GitLab takes it, and hardly anybody means it.
    Warning,
}

/// One thing that is wrong, in a sentence that names the job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) rule: Rule,
    pub(crate) severity: Severity,
    pub(crate) text: String,
    pub(crate) at: Place,
    pub(crate) hint: Option<String>,
}

impl Fault {
    pub(super) fn new(rule: Rule, at: Place, text: impl Into<String>) -> Self {
        Fault {
            rule,
            severity: Severity::Error,
            text: printable(&text.into()),
            at,
            hint: None,
        }
    }

    pub(super) fn warning(rule: Rule, at: Place, text: impl Into<String>) -> Self {
        Fault {
            severity: Severity::Warning,
            ..Fault::new(rule, at, text)
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(printable(&hint.into()));
        self
    }

    /// The hint that names the nearest of `known`, if one is near.
    pub(super) fn near<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match crate::nearest::nearest(word, known) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// A pipeline's own words may hold what moves a terminal's cursor.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter.is_control() {
            true => out.extend(letter.escape_default()),
            false => out.push(letter),
        }
    }
    out
}

/// The files that were read, by the number in a [`Place`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Files(Vec<(String, Rc<str>)>);

impl Files {
    pub(super) fn add(&mut self, name: &str, text: &str) -> u32 {
        self.0.push((name.to_owned(), text.into()));
        u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX)
    }

    /// A file's name, as it was asked for.
    pub(crate) fn name(&self, at: Place) -> &str {
        self.0
            .get(at.file as usize)
            .map_or("", |(name, _)| name.as_str())
    }

    pub(crate) fn line(&self, at: Place) -> Option<&str> {
        let (_, text) = self.0.get(at.file as usize)?;
        text.trim_start_matches('\u{feff}')
            .lines()
            .nth(at.line.checked_sub(1)? as usize)
    }

    /// `file:line:column`.
    pub(crate) fn shown(&self, at: Place) -> String {
        format!("{}:{}:{}", self.name(at), at.line, at.column)
    }

    /// How many were read.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        if !self.0.contains(&fault) {
            self.0.push(fault);
        }
    }

    /// What GitLab would refuse.
    pub(super) fn errors(&self) -> impl Iterator<Item = &Fault> {
        self.0
            .iter()
            .filter(|fault| fault.severity == Severity::Error)
    }

    /// Whether an include is not where it is said to be.
    pub(super) fn concern_includes(&self) -> bool {
        self.errors().any(|fault| fault.rule == Rule::Include)
    }

    /// Whether GitLab would refuse it.
    pub(crate) fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Whether an input is not as it should be: what is made with it says nothing of the file.
    pub(super) fn concern_inputs(&self) -> bool {
        self.0.iter().any(|fault| fault.rule == Rule::Input)
    }

    pub(crate) fn count(&self, severity: Severity) -> usize {
        let same = |fault: &&Fault| fault.severity == severity;
        self.0.iter().filter(same).count()
    }

    /// Keeps the fault, if it is one, and gives the value, if there is one.
    pub(super) fn take<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.add(fault)).ok()
    }

    /// By place.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// By place; what follows from a name that stands for nothing is left out.
    pub(super) fn sort(&mut self) {
        let empty: Vec<Place> = self
            .0
            .iter()
            .filter(|one| matches!(one.rule, Rule::Name | Rule::Reference | Rule::Input))
            .map(|one| one.at)
            .collect();
        self.0.retain(|one| {
            !(matches!(one.rule, Rule::Value | Rule::Empty) && empty.contains(&one.at))
        });
        self.0.sort_by_key(|fault| (fault.at, fault.severity));
    }

    /// Leaves out what a file that is not here may hold.
    pub(super) fn forgive_names(&mut self) {
        self.0
            .retain(|fault| !matches!(fault.rule, Rule::Name | Rule::Empty));
    }

    /// The one error that holds all of them, if GitLab would refuse the pipeline `file`.
    pub(crate) fn end(&self, files: &Files, file: &str) -> Result<()> {
        if !self.has_errors() {
            return Ok(());
        }
        let mut error = Error::usage(format!("the pipeline `{file}` is not valid"));
        let mut hints: Vec<&str> = Vec::new();
        for fault in self.errors() {
            error = error.caused_by(Cause::line(format!(
                "{}: {}",
                files.shown(fault.at),
                fault.text
            )));
            hints.extend(fault.hint.as_deref().filter(|hint| !hints.contains(hint)));
        }
        Err(hints
            .into_iter()
            .fold(error, |error, hint| error.hint(hint)))
    }
}
