//! `template …` from the command line.

use std::path::Path;

use super::fleet;
use crate::cli::{LintArgs, RenderArgs, TemplateCommand};
use crate::error::{Error, Result};
use crate::output::Output;
use crate::pipeline::{Given, Severity};
use crate::template;
use crate::yaml::{Node, Place};

pub(super) fn template(
    command: &TemplateCommand,
    config: Option<&Path>,
    output: &Output,
) -> Result<()> {
    match command {
        TemplateCommand::Lint(arguments) => lint(arguments, output),
        TemplateCommand::List { json } => template::list(*json, output),
        TemplateCommand::Show { kind, json } => template::show(kind, *json, output),
        TemplateCommand::Render(arguments) => render(arguments, output),
        TemplateCommand::Publish(arguments) => fleet::publish(arguments, config, output),
        TemplateCommand::Sync(arguments) => fleet::sync(arguments, config, output),
        TemplateCommand::Diff(arguments) => fleet::diff(arguments, config, output),
        TemplateCommand::Check(arguments) => fleet::check(arguments, config, output),
    }
}

fn lint(arguments: &LintArgs, output: &Output) -> Result<()> {
    let format = match (arguments.json, arguments.merged) {
        (true, _) => template::Format::Json,
        (false, true) => template::Format::Merged,
        (false, false) => template::Format::Text,
    };
    let wanted = template::Wanted {
        files: &arguments.files,
        maps: &arguments.elsewhere.maps,
        inputs: &inputs(&arguments.elsewhere.inputs)?,
        project: arguments.project.as_deref(),
        format,
        quality: arguments.code_quality.as_deref(),
        from: match arguments.strict {
            true => Severity::Warning,
            false => Severity::Error,
        },
    };
    template::lint(&wanted, output)
}

fn render(arguments: &RenderArgs, output: &Output) -> Result<()> {
    let reference = || match &arguments.reference {
        Some(reference) => reference.clone(),
        None => template::VERSION.trim().to_owned(),
    };
    let project = arguments.project.clone();
    let form = match (arguments.merged, arguments.component) {
        (true, _) => template::Form::Merged,
        (false, true) => template::Form::Component {
            project,
            version: reference(),
        },
        (false, false) => template::Form::Project {
            project,
            reference: reference(),
        },
    };
    template::render(&arguments.kind, &inputs(&arguments.inputs)?, &form, output)
}

/// `NAME=VALUE` each. What type a value has says the input it is for.
pub(super) fn inputs(given: &[String]) -> Result<Given> {
    let node = |(name, value): (String, String)| (name, Node::text(value, Place::default()));
    Ok(pairs(given)?.into_iter().map(node).collect())
}

/// The same as texts.
pub(super) fn pairs(given: &[String]) -> Result<Vec<(String, String)>> {
    let one = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err(Error::usage(format!("`--input {text}` sets no input"))
            .hint("write `--input NAME=VALUE`")),
    };
    given.iter().map(one).collect()
}
