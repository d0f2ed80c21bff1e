//! `environment` and `trigger`: where a job deploys to, and what it starts.

use crate::yaml::{Key, Kind, Map, Node, Place};

use super::fault::{Fault, Faults, Rule};
use super::include;
use super::print;
use super::value::{flag, given, must, one_of, refuse_unknown, seconds, text};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Environment {
    /// Not expanded.
    pub(crate) name: String,
    pub(crate) url: Option<String>,
    /// `start`, `stop`, `prepare`, `verify` or `access`.
    pub(crate) action: String,
    pub(crate) tier: Option<String>,
    pub(crate) on_stop: Option<String>,
    /// Of `on_stop`, where there is one.
    pub(crate) on_stop_at: Place,
}

/// Longest name, characters. Source: GitLab's reference, `environment:name`.
const LONGEST: usize = 255;
const ACTIONS: [&str; 5] = ["start", "stop", "prepare", "verify", "access"];
const TIERS: [&str; 5] = ["production", "staging", "testing", "development", "other"];

pub(super) fn read(key: &Key, node: &Node, of: &str, faults: &mut Faults) -> Option<Environment> {
    let plain = |name: String| Environment {
        name,
        url: None,
        action: "start".to_owned(),
        tier: None,
        on_stop: None,
        on_stop_at: node.at,
    };
    let environment = match &node.kind {
        Kind::Map(map) => {
            let action = one_of(map, "environment:action", &ACTIONS, of, faults)
                .unwrap_or("start")
                .to_owned();
            seconds_or_never(map, of, faults);
            Environment {
                url: text(map, "environment:url", of, faults),
                tier: one_of(map, "environment:deployment_tier", &TIERS, of, faults)
                    .map(str::to_owned),
                on_stop: text(map, "environment:on_stop", of, faults),
                on_stop_at: map.get("on_stop").map_or(node.at, |node| node.at),
                action,
                ..plain(text(map, "environment:name", of, faults).unwrap_or_default())
            }
        }
        Kind::Text(name) => plain(name.to_string()),
        Kind::Null => return None,
        Kind::Bool(_) | Kind::Number(_) | Kind::List(_) | Kind::Reference(_) => {
            faults.add(must(node, "environment", of, "a name, or hold a `name`"));
            return None;
        }
    };
    let wrong = |text: String| Fault::new(Rule::Environment, key.at, text);
    if environment.name.is_empty() {
        faults.add(wrong(format!("`environment` of {of} has no `name`")));
    } else if environment.name.chars().count() > LONGEST {
        faults.add(wrong(format!(
            "the name of the environment of {of} is longer than {LONGEST} characters"
        )));
    } else if let Some(letter) = environment
        .name
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !" -_/${}.:".contains(*c))
    {
        faults.add(
            wrong(format!(
                "the name of the environment of {of} holds `{letter}`"
            ))
            .hint("names are letters, digits, blanks, and - _ / $ { } . :"),
        );
    }
    Some(environment)
}

fn seconds_or_never(map: &Map, of: &str, faults: &mut Faults) {
    if given(map, "auto_stop_in").and_then(Node::as_text) != Some("never") {
        seconds(map, "environment:auto_stop_in", of, faults);
    }
}

/// What a `trigger` job starts.
#[derive(Clone, Debug)]
pub(crate) enum Trigger {
    /// A pipeline of this project, from these files.
    Child {
        files: Vec<ChildFile>,
        /// Of `trigger:inputs`.
        inputs: serde_json::Map<String, serde_json::Value>,
        /// Whether the job ends as the pipeline does (`strategy`), or passes once there is one.
        depends: bool,
        /// Whether the job's variables are passed on (`forward:yaml_variables`).
        forwards: bool,
    },
    /// A pipeline of the project of this path.
    Project(String),
}

#[derive(Clone, Debug)]
pub(crate) enum ChildFile {
    /// An entry of `include`, as JSON.
    At(serde_json::Value),
    /// A file that a job of this pipeline makes.
    Artifact { path: String, job: String },
}

const KEYWORDS: [&str; 6] = [
    "include", "project", "branch", "strategy", "forward", "inputs",
];

pub(super) fn trigger(node: &Node, of: &str, faults: &mut Faults) -> Option<Trigger> {
    let map = match &node.kind {
        Kind::Text(project) => return Some(Trigger::Project(project.to_string())),
        Kind::Map(map) => map,
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) | Kind::Reference(_) => {
            faults.add(must(
                node,
                "trigger",
                of,
                "a project, or hold `include` or `project`",
            ));
            return None;
        }
    };
    refuse_unknown(map, &KEYWORDS, "trigger:", of, faults);
    let strategy = one_of(map, "trigger:strategy", &["depend", "mirror"], of, faults);
    let forwards = given(map, "forward")
        .and_then(Node::as_map)
        .and_then(|forward| flag(forward, "trigger:forward:yaml_variables", of, faults));
    if let Some(project) = text(map, "trigger:project", of, faults) {
        return Some(Trigger::Project(project));
    }
    let Some(include) = given(map, "include") else {
        faults.add(Fault::new(
            Rule::Value,
            node.at,
            format!("`trigger` of {of} has neither `include` nor `project`"),
        ));
        return None;
    };
    let items: Vec<&Node> = match &include.kind {
        Kind::List(items) => items.iter().collect(),
        Kind::Null
        | Kind::Bool(_)
        | Kind::Number(_)
        | Kind::Text(_)
        | Kind::Map(_)
        | Kind::Reference(_) => vec![include],
    };
    let mut files = Vec::new();
    for item in items {
        match item.get("artifact").and_then(Node::as_text) {
            Some(path) => {
                let job = item
                    .as_map()
                    .and_then(|map| text(map, "trigger:include:job", of, faults));
                match job {
                    Some(job) => files.push(ChildFile::Artifact {
                        path: path.to_owned(),
                        job,
                    }),
                    None => faults.add(Fault::new(
                        Rule::Value,
                        item.at,
                        format!("`trigger:include:artifact` of {of} needs a `job`"),
                    )),
                }
            }
            None => {
                if !include::entries(item, faults).is_empty() {
                    files.push(ChildFile::At(print::json(item)));
                }
            }
        }
    }
    let inputs = given(map, "inputs")
        .and_then(Node::as_map)
        .map(|inputs| {
            let entries = inputs.iter();
            entries
                .map(|(key, value)| (key.text.to_string(), print::json(value)))
                .collect()
        })
        .unwrap_or_default();
    Some(Trigger::Child {
        files,
        inputs,
        depends: strategy.is_some(),
        forwards: forwards.unwrap_or(true),
    })
}
