//! An application's entity in the platform's portal, `.backstage/catalog-info.yaml`, as both revisions of it read the file.
//!
//! The older revision keeps one annotation for each output of the stack, the newer a map by environment and provider. A new
//! file is written whole ([`render`]); of a developer's file only what the platform itself wrote is brought up to date
//! (`update`).

mod resource;
mod update;

pub(crate) use resource::{Resource, ResourceKind, render_resource};
pub(crate) use update::update;

use crate::yaml::edit::{self, Value};

/// Where the entity of an application stands in its repository.
pub(crate) const FILE: &str = ".backstage/catalog-info.yaml";
/// Where that of its database or file system stands.
pub(crate) const RESOURCE_FILE: &str = ".backstage/aws-catalog-info.yaml";

/// Prefix of the older revision's annotations.
const ANNOTATION: &str = "aws.amazon.com/";
const EXECUTION: &str = "aws.amazon.com/aws-stepfunctions-pipeline-arn";
const SECRET: &str = "aws.amazon.com/baws-repo-secret-arn";
const SUBTYPE: &str = "aws.amazon.com/baws-component-subtype";

/// Which of the platform's two shapes is written.
#[derive(Clone, Copy, Debug, serde::Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Revision {
    /// Prefix `baws`: annotations.
    First,
    /// Prefix `opa`: `metadata.appData`.
    Second,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Iac {
    Cdk,
    Sam,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subtype {
    Ecs,
    Serverless,
}

#[derive(Clone, Debug)]
pub(crate) struct Component {
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) description: String,
    pub(crate) owner: String,
    /// Behind `aws`, which is always the first.
    pub(crate) tags: Vec<String>,
    pub(crate) iac: Iac,
    pub(crate) subtype: Subtype,
    /// `None`: `experimental`.
    pub(crate) lifecycle: Option<String>,
    /// References, `awsenvironment:default/dev`.
    pub(crate) environments: Vec<String>,
    /// Further references, `resource:orders-db`.
    pub(crate) depends_on: Vec<String>,
    /// Secret with the repository's access token.
    pub(crate) secret_arn: Option<String>,
    /// Of the state machine that made the resources; only the older revision notes it.
    pub(crate) execution_arn: Option<String>,
    pub(crate) outputs: Vec<Outputs>,
}

/// What the stack of one provider put out, in its order.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    pub(crate) environment: String,
    pub(crate) provider: String,
    pub(crate) values: Vec<(String, String)>,
}

impl Iac {
    fn word(self) -> &'static str {
        match self {
            Iac::Cdk => "cdk",
            Iac::Sam => "sam",
        }
    }
}

impl Component {
    /// Environments and the rest, each once.
    fn dependencies(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for one in self.environments.iter().chain(&self.depends_on) {
            if !all.contains(&one.as_str()) {
                all.push(one);
            }
        }
        all
    }

    /// The older revision's annotations; of outputs with the same name the last counts.
    fn annotations(&self) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        for (key, value) in [(EXECUTION, &self.execution_arn), (SECRET, &self.secret_arn)] {
            if let Some(value) = value {
                put(&mut all, key, Value::text(value.as_str()));
            }
        }
        match self.subtype {
            Subtype::Serverless => put(&mut all, SUBTYPE, Value::text("serverless-rest-api")),
            Subtype::Ecs => {}
        }
        for outputs in &self.outputs {
            annotate(&mut all, &outputs.values);
        }
        all
    }

    /// The newer revision's map: environment, provider, output.
    fn app_data(&self) -> Vec<(String, Value)> {
        let mut environments = Vec::new();
        for outputs in &self.outputs {
            let providers = child(&mut environments, &outputs.environment);
            let values = child(providers, &outputs.provider);
            for (key, value) in &outputs.values {
                put(values, plain_key(key), Value::text(value.as_str()));
            }
        }
        environments
    }
}

/// The whole file.
pub(crate) fn render(component: &Component, revision: Revision) -> String {
    let text = |text: &str| Value::text(text);
    let mut metadata = vec![("name".to_owned(), text(&component.name))];
    if let Some(title) = &component.title {
        put(&mut metadata, "title", text(title));
    }
    put(&mut metadata, "description", text(&component.description));
    put(&mut metadata, "tags", tags(&component.tags));
    let subtype = match component.subtype {
        Subtype::Ecs => "aws-ecs",
        Subtype::Serverless => "aws-serverless",
    };
    let mut spec = vec![("type".to_owned(), text("aws-app"))];
    match revision {
        Revision::First => {
            let labels = vec![("aws-iacType".to_owned(), text(component.iac.word()))];
            put(&mut metadata, "labels", Value::Map(labels));
            put_map(&mut metadata, "annotations", component.annotations());
        }
        Revision::Second => {
            put(&mut metadata, "iacType", text(component.iac.word()));
            if let Some(arn) = &component.secret_arn {
                put(&mut metadata, "repoSecretArn", text(arn));
            }
            put(&mut metadata, "componentState", text("cloudformation"));
            put(&mut metadata, "gitProvider", text("gitlab"));
            put_map(&mut metadata, "appData", component.app_data());
            put(&mut spec, "subType", text(subtype));
        }
    }
    put(&mut spec, "owner", text(&component.owner));
    let lifecycle = component.lifecycle.as_deref().unwrap_or("experimental");
    put(&mut spec, "lifecycle", text(lifecycle));
    let dependencies = component.dependencies();
    if !dependencies.is_empty() {
        put(&mut spec, "dependsOn", Value::texts(dependencies));
    }
    entity("Component", metadata, spec)
}

/// `bawsEcrRepositoryUri` as `baws-ecr-repository-uri`; what is in this form already stays.
pub(crate) fn kebab(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    let mut kebab = String::with_capacity(id.len() + 8);
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let next = letters.get(at + 1);
        // `ALBEndpoint` is `alb-endpoint`: the last capital of several begins a word.
        let begins = before.is_some_and(|before| {
            before.is_lowercase()
                || before.is_ascii_digit()
                || (before.is_uppercase() && next.is_some_and(|next| next.is_lowercase()))
        });
        if letter.is_uppercase() && begins {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}

/// `bawsEcsServiceArn` as `EcsServiceArn`, the name that the newer revision's readers know.
fn plain_key(id: &str) -> &str {
    let rest = id.strip_prefix("baws").or_else(|| id.strip_prefix("opa"));
    rest.filter(|rest| rest.starts_with(|first: char| first.is_ascii_uppercase()))
        .unwrap_or(id)
}

/// Outputs of the platform's own stacks; others are no annotations.
fn annotate(annotations: &mut Vec<(String, Value)>, outputs: &[(String, String)]) {
    for (key, value) in outputs {
        if key.starts_with("baws") || key.starts_with("opa") {
            let key = format!("{ANNOTATION}{}", kebab(key));
            put(annotations, &key, Value::text(value.as_str()));
        }
    }
}

fn entity(kind: &str, metadata: Vec<(String, Value)>, spec: Vec<(String, Value)>) -> String {
    edit::render(&[
        ("apiVersion", Value::text("backstage.io/v1alpha1")),
        ("kind", Value::text(kind)),
        ("metadata", Value::Map(metadata)),
        ("spec", Value::Map(spec)),
    ])
}

fn tags(more: &[String]) -> Value {
    let more = more.iter().map(String::as_str).filter(|tag| *tag != "aws");
    Value::texts(std::iter::once("aws").chain(more))
}

fn put(entries: &mut Vec<(String, Value)>, key: &str, value: Value) {
    match entries.iter_mut().find(|(known, _)| known == key) {
        Some((_, old)) => *old = value,
        None => entries.push((key.to_owned(), value)),
    }
}

fn put_map(entries: &mut Vec<(String, Value)>, key: &str, map: Vec<(String, Value)>) {
    if !map.is_empty() {
        put(entries, key, Value::Map(map));
    }
}

/// The map under a key, which is made if it is missing.
fn child<'m>(entries: &'m mut Vec<(String, Value)>, key: &str) -> &'m mut Vec<(String, Value)> {
    let at = match entries.iter().position(|(known, _)| known == key) {
        Some(at) => at,
        None => {
            entries.push((key.to_owned(), Value::Map(Vec::new())));
            entries.len() - 1
        }
    };
    let value = &mut entries[at].1;
    if !matches!(value, Value::Map(_)) {
        *value = Value::Map(Vec::new());
    }
    match value {
        Value::Map(map) => map,
        Value::Text(_) | Value::Number(_) | Value::Bool(_) | Value::List(_) => {
            unreachable!("it was made a map above")
        }
    }
}

#[cfg(test)]
mod tests;
