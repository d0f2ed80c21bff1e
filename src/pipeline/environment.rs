//! `environment` and `trigger`: where a job deploys to, and what it starts.

use crate::yaml::{Key, Kind, Map, Node, Place};

use super::fault::{Fault, Faults, Rule};
use super::include;
use super::value::{given, must, one_of, refuse_unknown, seconds, text};

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
    /// A pipeline of this project.
    Child,
    /// A pipeline of the project of this path.
    Project(String),
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
    one_of(map, "trigger:strategy", &["depend", "mirror"], of, faults);
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
    for item in items {
        match item.get("artifact").and_then(Node::as_text) {
            Some(_) => {
                let job = item
                    .as_map()
                    .and_then(|map| text(map, "trigger:include:job", of, faults));
                if job.is_none() {
                    faults.add(Fault::new(
                        Rule::Value,
                        item.at,
                        format!("`trigger:include:artifact` of {of} needs a `job`"),
                    ));
                }
            }
            None => {
                include::entries(item, faults);
            }
        }
    }
    Some(Trigger::Child)
}
