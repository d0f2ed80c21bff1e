//! `$[[ inputs.name | function(…) ]]` in a text.
//!
//! Source: GitLab, `lib/gitlab/ci/config/interpolation/{block,text_template,functions}`: at most three functions a block; a text
//! that is one block and nothing else takes the value's own type.

use std::collections::BTreeMap;

use crate::yaml::{Kind, Map, Node, Place};

use super::super::expression::Lookup;
use super::super::fault::{Fault, Faults, Rule};
use super::super::tree::changed;
use super::Component;

const MOST_FUNCTIONS: usize = 3;
const FUNCTIONS: [&str; 3] = ["expand_vars", "truncate", "posix_escape"];

pub(super) struct Known<'a> {
    pub(super) values: &'a BTreeMap<String, Node>,
    /// Of all inputs, also of those without a value.
    pub(super) names: &'a [&'a str],
    pub(super) component: &'a Component,
    pub(super) variables: Lookup<'a>,
}

/// The text with its blocks replaced.
fn replaced(text: &str, at: Place, known: &Known<'_>) -> Result<Node, Fault> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("$[[") {
        let Some(length) = rest[start..].find("]]") else {
            return Err(Fault::new(
                Rule::Input,
                at,
                "a `$[[` is not closed with `]]`",
            ));
        };
        let block = rest[start + 3..start + length].trim();
        let after = &rest[start + length + 2..];
        // Of the jobs that `parallel` makes: replaced when they are made.
        if block.starts_with("matrix.") {
            out.push_str(&rest[..start + length + 2]);
            rest = after;
            continue;
        }
        let value = known.block(block, at)?;
        if start == 0 && out.is_empty() && after.is_empty() {
            return Ok(Node {
                kind: value.kind,
                at,
            });
        }
        out.push_str(&rest[..start]);
        out.push_str(&shown(&value).unwrap_or_default());
        rest = after;
    }
    out.push_str(rest);
    Ok(Node::text(out, at))
}

/// The value, or nothing and its fault. An input that has no value was told when the inputs were read.
fn kept(read: Result<Node, Fault>, at: Place, faults: &mut Faults) -> Node {
    read.unwrap_or_else(|fault| {
        if !fault.text.is_empty() {
            faults.add(fault);
        }
        Node {
            kind: Kind::Null,
            at,
        }
    })
}

/// The tree with every block replaced, in values and in keys.
pub(super) fn filled(node: &Node, known: &Known<'_>, faults: &mut Faults) -> Node {
    changed(node, &mut |node| match &node.kind {
        Kind::Text(text) if text.contains("$[[") => {
            Some(kept(replaced(text, node.at, known), node.at, faults))
        }
        Kind::Map(map) if map.iter().any(|(key, _)| key.text.contains("$[[")) => {
            Some(with_keys(map, node.at, known, faults))
        }
        Kind::Null
        | Kind::Bool(_)
        | Kind::Number(_)
        | Kind::Text(_)
        | Kind::List(_)
        | Kind::Map(_)
        | Kind::Reference(_) => None,
    })
}

/// A mapping whose keys hold blocks.
fn with_keys(map: &Map, at: Place, known: &Known<'_>, faults: &mut Faults) -> Node {
    let mut copy = Map::default();
    for (key, value) in map.iter() {
        let mut key = key.clone();
        if key.text.contains("$[[") {
            let name = kept(replaced(&key.text, key.at, known), key.at, faults);
            if let Some(name) = shown(&name) {
                key.text = name.into();
            }
        }
        copy.set(key, filled(value, known, faults));
    }
    Node::map(copy, at)
}

impl Known<'_> {
    fn block(&self, block: &str, at: Place) -> Result<Node, Fault> {
        let wrong = |text: String| Fault::new(Rule::Input, at, text);
        let mut parts = block.split('|').map(str::trim);
        let path = parts.next().unwrap_or_default();
        let mut value = self.value(path, at)?;
        for (n, call) in parts.enumerate() {
            if n == MOST_FUNCTIONS {
                return Err(wrong(format!(
                    "`$[[ {block} ]]` has more than {MOST_FUNCTIONS} functions"
                )));
            }
            let text = shown(&value).unwrap_or_default();
            value = Node::text(self.call(call, &text, at)?, at);
        }
        Ok(value)
    }

    fn value(&self, path: &str, at: Place) -> Result<Node, Fault> {
        let wrong = |text: String| Fault::new(Rule::Input, at, text);
        if let Some(name) = path.strip_prefix("component.") {
            let known = self.component.0.get(name);
            return known.map(|text| Node::text(text.as_str(), at)).ok_or_else(|| {
                wrong(format!("`{path}` is not known here"))
                    .hint("`spec:component` lists what of name, sha, version and reference a component wants")
            });
        }
        let Some(rest) = path.strip_prefix("inputs.") else {
            return Err(
                wrong(format!("`$[[ {path} ]]` names no input")).hint("write `$[[ inputs.NAME ]]`")
            );
        };
        let name: String = rest
            .chars()
            .take_while(|c| !matches!(c, '.' | '['))
            .collect();
        if !self.names.contains(&name.as_str()) {
            return Err(wrong(format!("there is no input `{name}`"))
                .hint("declare it below `spec:inputs`, in a document before this one")
                .near(&name, self.names.iter().copied()));
        }
        // Told when the inputs were read.
        let silent = || Fault::new(Rule::Input, at, "");
        let mut value = self.values.get(&name).cloned().ok_or_else(silent)?;
        for step in rest[name.len()..]
            .split(['.', '['])
            .filter(|step| !step.is_empty())
        {
            let step = step.trim_end_matches(']');
            let next = match &value.kind {
                Kind::List(items) => step
                    .parse::<usize>()
                    .ok()
                    .and_then(|n| items.get(n))
                    .cloned(),
                Kind::Map(map) => map.get(step).cloned(),
                Kind::Null
                | Kind::Bool(_)
                | Kind::Number(_)
                | Kind::Text(_)
                | Kind::Reference(_) => None,
            };
            value = next.ok_or_else(|| wrong(format!("`{path}` leads to nothing")))?;
        }
        Ok(value)
    }

    fn call(&self, call: &str, text: &str, at: Place) -> Result<String, Fault> {
        let wrong = |text: String| Fault::new(Rule::Input, at, text);
        let (name, arguments) = match call.split_once('(') {
            Some((name, rest)) => (name, rest.trim_end_matches(')')),
            None => (call, ""),
        };
        match name {
            "expand_vars" => Ok(super::super::expand::expand(text, self.variables)),
            "posix_escape" => Ok(format!("'{}'", text.replace('\'', "'\\''"))),
            "truncate" => {
                let numbers: Vec<usize> = arguments
                    .split(',')
                    .filter_map(|one| one.trim().parse().ok())
                    .collect();
                match numbers.as_slice() {
                    [from, length] => Ok(text.chars().skip(*from).take(*length).collect()),
                    _ => Err(wrong(format!("`{call}` needs two numbers"))
                        .hint("write `truncate(0,8)`: from where, how many")),
                }
            }
            other => Err(wrong(format!("there is no function `{other}`")).near(other, FUNCTIONS)),
        }
    }
}

/// A value as a part of a text; a list as JSON.
pub(super) fn shown(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::Null => Some(String::new()),
        Kind::Bool(flag) => Some(flag.to_string()),
        Kind::Number(_) | Kind::Text(_) => node.scalar(),
        Kind::List(_) | Kind::Map(_) => Some(super::super::print::json(node).to_string()),
        Kind::Reference(_) => None,
    }
}

/// A condition of `spec:inputs:rules`, with each block as a quoted text.
pub(super) fn in_condition(text: &str, value: &dyn Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("$[[") {
        let Some(length) = rest[start..].find("]]") else {
            break;
        };
        let name = rest[start + 3..start + length]
            .trim()
            .trim_start_matches("inputs.");
        out.push_str(&rest[..start]);
        match value(name) {
            Some(value) => out.push_str(&format!("\"{}\"", value.replace('"', ""))),
            None => out.push_str("null"),
        }
        rest = &rest[start + length + 2..];
    }
    out.push_str(rest);
    out
}
