//! What a repository of a kind receives from one version of the templates: its sample, with the pipeline that includes the
//! template and the application's name in place of the sample's. Pure: the same answers make the same bytes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::edition::Edition;
use super::lock::Lock;
use super::version::Version;
use crate::error::{Cause, Error, Result};
use crate::pipeline::Given;
use crate::yaml::{Node, Place};

/// Whether later versions of a file reach a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upkeep {
    /// Kept current, beside what people changed in it.
    Merged,
    /// The application's own from the first day on.
    Once,
}

/// A file as it is rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) path: String,
    pub(crate) content: Vec<u8>,
    pub(crate) upkeep: Upkeep,
}

/// The pipeline of a repository.
pub(crate) const PIPELINE: &str = ".gitlab-ci.yml";
/// What is kept current; all else of a sample is an example to write over.
const MERGED: [&str; 4] = [PIPELINE, "Dockerfile", ".dockerignore", ".gitignore"];

/// What the files depend on beside the version.
#[derive(Clone, Debug)]
pub(crate) struct Answers<'a> {
    pub(crate) kind: &'a str,
    /// The application's.
    pub(crate) name: &'a str,
    /// The project that holds the templates.
    pub(crate) project: &'a str,
    /// Include a component, not a file.
    pub(crate) component: bool,
    pub(crate) inputs: &'a Map<String, Value>,
}

impl<'a> Answers<'a> {
    pub(crate) fn of(lock: &'a Lock) -> Self {
        Answers {
            kind: &lock.template,
            name: &lock.name,
            project: &lock.project,
            component: lock.component,
            inputs: &lock.inputs,
        }
    }
}

/// # Errors
/// `Usage`: no such kind, or an input that the template does not take.
pub(crate) fn render(edition: &Edition, answers: &Answers<'_>) -> Result<Vec<Rendered>> {
    let kind = answers.kind;
    let given = given(answers.inputs)?;
    let read = edition.read(kind, &given)?;
    if read.faults.has_errors() {
        let mut error = Error::usage(format!(
            "version {} of the template `{kind}` does not take these inputs",
            edition.version
        ));
        for fault in read.faults.iter() {
            error = error.caused_by(Cause::line(&fault.text));
        }
        return Err(error.hint(format!(
            "`baws-ci template show {kind}` tells what it takes"
        )));
    }
    let inputs = read.as_json(&given);
    let mut files = vec![Rendered {
        path: PIPELINE.to_owned(),
        content: stub(answers, edition.version, &inputs).into_bytes(),
        upkeep: Upkeep::Merged,
    }];
    let sample = format!("sample-{kind}");
    for (path, content) in edition.sample(kind).filter(|(path, _)| *path != PIPELINE) {
        files.push(Rendered {
            path: path.to_owned(),
            content: match std::str::from_utf8(content) {
                Ok(text) => text.replace(&sample, answers.name).into_bytes(),
                Err(_) => content.to_vec(),
            },
            upkeep: match MERGED.contains(&path) {
                true => Upkeep::Merged,
                false => Upkeep::Once,
            },
        });
    }
    Ok(files)
}

/// What a version keeps current in a repository of a kind.
pub(crate) fn kept(edition: &Edition, kind: &str) -> BTreeSet<String> {
    let paths = edition.sample(kind).map(|(path, _)| path);
    let merged = paths.filter(|path| MERGED.contains(path));
    merged.map(str::to_owned).collect()
}

/// The answers as the pipeline's reader takes them: a text is what somebody typed, and its input says what type that has.
fn given(inputs: &Map<String, Value>) -> Result<Given> {
    let mut given = Given::new();
    for (name, value) in inputs {
        let node = match value {
            Value::String(text) => Node::text(text.as_str(), Place::default()),
            // JSON is YAML.
            other => {
                let read = crate::yaml::read(&other.to_string(), 0);
                let read = read.map_err(|fault| {
                    Error::usage(format!("cannot read the input `{name}`"))
                        .caused_by(Cause::line(fault.text))
                })?;
                let first = read.0.into_iter().next();
                first.ok_or_else(|| Error::usage(format!("the input `{name}` has no value")))?
            }
        };
        given.insert(name.clone(), node);
    }
    Ok(given)
}

/// The `.gitlab-ci.yml`: few lines, so that most updates change one of them.
fn stub(answers: &Answers<'_>, version: Version, inputs: &Map<String, Value>) -> String {
    let kind = answers.kind;
    let project = answers.project;
    let mut text = format!(
        "# The pipeline is the template's; what is this application's own are the inputs.\n\
         # What it takes: baws-ci template show {kind}. Jobs of your own, and changes to its jobs, go below.\n\
         include:\n"
    );
    match answers.component {
        true => text.push_str(&format!(
            "  - component: $CI_SERVER_FQDN/{project}/{kind}@{version}\n"
        )),
        false => text.push_str(&format!(
            "  - project: {project}\n    ref: {version}\n    file: /templates/{kind}.yml\n"
        )),
    }
    if !inputs.is_empty() {
        text.push_str("    inputs:\n");
        for (name, value) in inputs {
            text.push_str(&format!("      {name}: {}\n", scalar(value)));
        }
    }
    text
}

/// A value on one line; JSON is YAML. Words that are plain in every YAML stand without quotes.
fn scalar(value: &Value) -> String {
    let plain = |text: &str| {
        let first = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'/');
        let rest = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
        let words = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
        first && rest && !words.contains(&text.to_ascii_lowercase().as_str())
    };
    match value {
        Value::String(text) if plain(text) => text.clone(),
        Value::String(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(inputs: &Map<String, Value>) -> Answers<'_> {
        Answers {
            kind: "nodejs",
            name: "shop",
            project: "platform/pipeline-templates",
            component: false,
            inputs,
        }
    }

    fn text_of<'f>(files: &'f [Rendered], path: &str) -> &'f str {
        let file = files.iter().find(|file| file.path == path).unwrap();
        std::str::from_utf8(&file.content).unwrap()
    }

    #[test]
    fn a_repository_gets_its_name_and_the_templates_version() {
        let edition = Edition::shipped().unwrap();
        let inputs = serde_json::json!({"production": true, "lower_environment": "dev-ecs", "lower_account": "012345678901"});
        let files = render(&edition, &answers(inputs.as_object().unwrap())).unwrap();
        insta::assert_snapshot!(text_of(&files, PIPELINE), @r#"
        # The pipeline is the template's; what is this application's own are the inputs.
        # What it takes: baws-ci template show nodejs. Jobs of your own, and changes to its jobs, go below.
        include:
          - project: platform/pipeline-templates
            ref: 1.0.0
            file: /templates/nodejs.yml
            inputs:
              lower_account: "012345678901"
              lower_environment: dev-ecs
              production: true
        "#);
        assert!(text_of(&files, "package.json").contains("\"name\": \"shop\""));
        let merged = files.iter().filter(|file| file.upkeep == Upkeep::Merged);
        let merged: Vec<&str> = merged.map(|file| file.path.as_str()).collect();
        assert_eq!(
            merged,
            [PIPELINE, ".dockerignore", ".gitignore", "Dockerfile"]
        );
    }

    #[test]
    fn hostile_inputs_stay_one_value() {
        let edition = Edition::shipped().unwrap();
        let hostile = "x\"\n  - evil: ${{ values.x }} $[[ inputs.y ]] $CI_JOB_TOKEN # 'z'";
        let inputs = serde_json::json!({ "lower_environment": hostile });
        let files = render(&edition, &answers(inputs.as_object().unwrap()));
        // The template may refuse it by its pattern; what it takes comes back as it was.
        if let Ok(files) = files {
            let value: serde_yaml::Value = serde_yaml::from_str(text_of(&files, PIPELINE)).unwrap();
            assert_eq!(value["include"][0]["inputs"]["lower_environment"], hostile);
        }
    }

    #[test]
    fn unknown_kinds_and_inputs_are_refused_with_what_there_is() {
        let edition = Edition::shipped().unwrap();
        let inputs = serde_json::json!({"producton": true});
        let error = render(&edition, &answers(inputs.as_object().unwrap())).unwrap_err();
        assert!(error.to_string().contains("producton"), "{error}");
        let none = Map::new();
        let wrong = Answers {
            kind: "nodjs",
            ..answers(&none)
        };
        assert_eq!(
            render(&edition, &wrong).unwrap_err().hints(),
            ["did you mean `nodejs`?"]
        );
    }
}
