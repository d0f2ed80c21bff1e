//! One input: type, default, options, pattern, and what they are under conditions.

use std::collections::BTreeMap;

use regex::Regex;

use crate::yaml::{Flag, Key, Kind, Map, Node, Number};

use super::super::expression::Expression;
use super::super::fault::{Fault, Faults, Rule};
use super::super::value::{given, one_of, refuse_unknown, text};
use super::blocks;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Number,
    Boolean,
    Array,
}

impl Type {
    const NAMES: [&'static str; 4] = ["string", "number", "boolean", "array"];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Type::Text => "string",
            Type::Number => "number",
            Type::Boolean => "boolean",
            Type::Array => "array",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) sort: Type,
    pub(crate) description: String,
    pub(crate) default: Option<Node>,
    pub(crate) options: Option<Vec<Node>>,
    pub(crate) regex: Option<Regex>,
    /// `spec:inputs:rules`: the first that holds says options and default.
    rules: Vec<Conditional>,
}

#[derive(Clone, Debug)]
struct Conditional {
    condition: Option<String>,
    default: Option<Node>,
    options: Option<Vec<Node>>,
}

const KEYWORDS: [&str; 6] = [
    "type",
    "description",
    "default",
    "options",
    "regex",
    "rules",
];

impl Declared {
    pub(in super::super) fn read(key: &Key, body: &Node, faults: &mut Faults) -> Option<Self> {
        let name = key.text.to_string();
        let nothing = Map::default();
        let map = match &body.kind {
            Kind::Map(map) => map,
            Kind::Null => &nothing,
            Kind::Bool(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Reference(_) => {
                faults.add(Fault::new(
                    Rule::Input,
                    body.at,
                    format!("the input `{name}` must be a mapping, or nothing"),
                ));
                return None;
            }
        };
        let of = format!("the input `{name}`");
        refuse_unknown(map, &KEYWORDS, "", &of, faults);
        let sort = match one_of(map, "type", &Type::NAMES, &of, faults) {
            None | Some("string") => Type::Text,
            Some("number") => Type::Number,
            Some("boolean") => Type::Boolean,
            Some(_) => Type::Array,
        };
        let regex = given(map, "regex").and_then(|node| {
            let text = node.as_text().unwrap_or_default();
            // Between slashes or not: both are met.
            let inner = text
                .strip_prefix('/')
                .and_then(|rest| rest.strip_suffix('/'))
                .unwrap_or(text);
            let read = Regex::new(inner).map_err(|error| {
                let why = error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .to_owned();
                Fault::new(
                    Rule::Input,
                    node.at,
                    format!("`regex` of {of} is no pattern: {why}"),
                )
            });
            faults.take(read)
        });
        let declared = Declared {
            description: text(map, "description", &of, faults).unwrap_or_default(),
            default: map
                .get("default")
                .cloned()
                .filter(|node| !node.is_null() || sort == Type::Text),
            options: options(map),
            rules: map
                .get("rules")
                .and_then(Node::as_list)
                .map(conditionals)
                .unwrap_or_default(),
            name,
            sort,
            regex,
        };
        if let Some(default) = given(map, "default")
            && declared.rules.is_empty()
            && let Err(why) = declared.check(default)
        {
            faults.add(Fault::new(
                Rule::Input,
                default.at,
                format!("the default is refused: {why}"),
            ));
        }
        Some(declared)
    }

    /// The input as it is with these values of those before it.
    pub(super) fn under(&self, values: &BTreeMap<String, Node>) -> Self {
        let holds = |one: &&Conditional| match &one.condition {
            None => true,
            Some(text) => {
                let names = |name: &str| values.get(name).and_then(blocks::shown);
                Expression::parse(&blocks::in_condition(text, &names))
                    .is_ok_and(|condition| condition.is_true(&|_| None))
            }
        };
        let mut now = self.clone();
        if let Some(one) = self.rules.iter().find(holds) {
            now.default = one.default.clone().or(now.default);
            now.options = one.options.clone().or(now.options);
        }
        now
    }

    /// `Null`: it has none.
    pub(crate) fn default_as_json(&self) -> serde_json::Value {
        let json = self.default.as_ref().map(super::super::print::json);
        json.unwrap_or(serde_json::Value::Null)
    }

    pub(crate) fn options_as_json(&self) -> Option<Vec<serde_json::Value>> {
        let options = self.options.as_ref()?;
        Some(options.iter().map(super::super::print::json).collect())
    }

    /// What was given as text on a command line, as the type wants it.
    pub(in super::super) fn typed(&self, node: &Node) -> Node {
        // Only a command line has no place.
        let Some(text) = node.as_text().filter(|_| node.at.line == 0) else {
            return node.clone();
        };
        let kind = match self.sort {
            Type::Text => None,
            Type::Boolean => Flag::of(text)
                .filter(|flag| !flag.is_surprising())
                .map(Kind::Bool),
            Type::Number => text
                .parse()
                .ok()
                .map(|number| Kind::Number(Number::of_int(number))),
            Type::Array => crate::yaml::read(text, node.at.file)
                .ok()
                .and_then(|(documents, _)| documents.into_iter().next())
                .map(|node| node.kind),
        };
        kind.map_or_else(|| node.clone(), |kind| Node { kind, at: node.at })
    }

    /// Whether the input may have this value.
    pub(super) fn check(&self, node: &Node) -> Result<(), String> {
        let name = &self.name;
        let fits = match self.sort {
            Type::Text => node.as_text().is_some() || node.is_null(),
            Type::Number => matches!(node.kind, Kind::Number(_)),
            Type::Boolean => node.as_bool().is_some(),
            Type::Array => node.as_list().is_some(),
        };
        if !fits {
            return Err(format!(
                "the input `{name}` must be a {}, and is {}",
                self.sort.name(),
                node.sort()
            ));
        }
        let shown = blocks::shown(node).unwrap_or_default();
        if shown.len() > super::LONGEST {
            return Err(format!(
                "the input `{name}` is longer than {} characters",
                super::LONGEST
            ));
        }
        if let Some(options) = &self.options {
            let listed: Vec<String> = options.iter().filter_map(blocks::shown).collect();
            if !listed.contains(&shown) {
                return Err(format!(
                    "the input `{name}` cannot be `{shown}`: it is one of {}",
                    listed.join(", ")
                ));
            }
        }
        match &self.regex {
            Some(regex) if self.sort == Type::Text && !regex.is_match(&shown) => Err(format!(
                "the input `{name}` cannot be `{shown}`: it has to fit `{}`",
                regex.as_str()
            )),
            Some(_) | None => Ok(()),
        }
    }
}

fn options(map: &Map) -> Option<Vec<Node>> {
    given(map, "options")
        .and_then(Node::as_list)
        .map(<[Node]>::to_vec)
}

fn conditionals(items: &[Node]) -> Vec<Conditional> {
    let maps = items.iter().filter_map(Node::as_map);
    maps.map(|map| Conditional {
        condition: map.get("if").and_then(Node::scalar),
        default: map.get("default").cloned(),
        options: options(map),
    })
    .collect()
}
