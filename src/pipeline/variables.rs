//! `variables:` of the pipeline, a job, a rule or a service.

use crate::job::Variable;
use crate::yaml::{Kind, Map, Node};

use super::fault::{Fault, Faults, Rule};
use super::value::{flag, must};

/// Whether a shell can hold a variable of this name.
pub(crate) fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Reads a mapping of names to strings, numbers or `{value, description, options, expand}`.
pub(super) fn read(found: &Node, of: &str, faults: &mut Faults) -> Vec<Variable> {
    let Kind::Map(map) = &found.kind else {
        if !found.is_null() {
            faults.add(must(found, "variables", of, "names with values"));
        }
        return Vec::new();
    };
    map.iter()
        .filter_map(|(key, value)| {
            let read = one(&key.text, value, key.at, of, faults);
            faults.take(read)
        })
        .collect()
}

fn one(
    key: &str,
    node: &Node,
    at: crate::yaml::Place,
    of: &str,
    faults: &mut Faults,
) -> Result<Variable, Fault> {
    if !is_name(key) {
        return Err(Fault::new(
            Rule::Value,
            at,
            format!("`{key}` in `variables` of {of} is no name for a variable"),
        )
        .hint("names are letters, digits and underscores, and do not begin with a digit"));
    }
    let (value, raw) = match &node.kind {
        Kind::Map(detail) => {
            let nothing = Node {
                kind: Kind::Null,
                at: node.at,
            };
            let value = detail.get("value").cloned().unwrap_or(nothing);
            options(detail, &value, key, of, faults);
            (
                value,
                !flag(detail, &format!("variables:{key}:expand"), of, faults).unwrap_or(true),
            )
        }
        Kind::Null
        | Kind::Bool(_)
        | Kind::Number(_)
        | Kind::Text(_)
        | Kind::List(_)
        | Kind::Reference(_) => (node.clone(), false),
    };
    let text = match &value.kind {
        // `{description: …}` alone declares a variable without a value.
        Kind::Null => String::new(),
        // Source: GitLab's own schema, and its issue 21587: versions before the end of 2024 refused them.
        Kind::Bool(flag) => {
            if flag.is_surprising() {
                faults.add(surprise(
                    key,
                    flag.written,
                    &format!("the boolean {flag}"),
                    &value,
                ));
            }
            flag.to_string()
        }
        Kind::Number(number) => {
            if number.is_surprising() {
                faults.add(surprise(
                    key,
                    &number.written,
                    &format!("the number {number}"),
                    &value,
                ));
            }
            number.to_string()
        }
        Kind::Text(text) => text.to_string(),
        Kind::List(_) | Kind::Map(_) | Kind::Reference(_) => {
            return Err(Fault::new(
                Rule::Value,
                value.at,
                format!(
                    "the variable `{key}` of {of} must be a string, a number or a boolean, and is {}",
                    value.sort()
                ),
            ));
        }
    };
    Ok(Variable {
        key: key.to_owned(),
        value: text,
        public: true,
        file: false,
        masked: false,
        raw,
    })
}

/// A value that is not what it looks like.
fn surprise(key: &str, written: &str, is: &str, value: &Node) -> Fault {
    Fault::warning(
        Rule::Number,
        value.at,
        format!("`{written}` is {is} for GitLab"),
    )
    .hint(format!("write `{key}: \"{written}\"`"))
}

/// A value that is not among its own options is refused.
fn options(detail: &Map, value: &Node, key: &str, of: &str, faults: &mut Faults) {
    let Some(node) = detail.get("options") else {
        return;
    };
    let Some(options) = super::value::strings(node) else {
        faults.add(must(
            node,
            &format!("variables:{key}:options"),
            of,
            "a list of strings",
        ));
        return;
    };
    let wanted = value.scalar().unwrap_or_default();
    if !options.contains(&wanted) {
        let text = format!("the value of the variable `{key}` of {of} is not among its `options`");
        faults.add(
            Fault::new(Rule::Value, value.at, text)
                .hint("add the value to `options`: the default must be one of them"),
        );
    }
}
