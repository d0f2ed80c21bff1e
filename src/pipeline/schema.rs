//! GitLab's own JSON schema, as a net behind the readers: what none of them has found may still be in it.
//!
//! It is made for an editor, and is asked of the merged pipeline only, without what it is known to be wrong about: keys
//! that are null count as not there, lists in lists as one, a number may stand for a text, and which letters a text may have
//! is left to the readers, as it may hold a variable. `schema/gitlab-ci.json` is GitLab's (MIT, see `schema/LICENSE`; from check-jsonschema 0.39.0),
//! minified.

use std::collections::HashSet;
use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::{Map as JsonMap, Value, json};

use crate::yaml::{Kind, Map, Node, Place};

use super::fault::{Fault, Faults, Rule};
use super::print;

const TEXT: &str = include_str!("schema/gitlab-ci.json");

/// Adds what the schema alone has found. A part of the pipeline with a fault of its own is not asked about.
pub(super) fn check(top: &Map, faults: &mut Faults) {
    let Some(validator) = validator() else { return };
    let known: HashSet<Place> = faults.errors().map(|fault| fault.at).collect();
    let mut asked = JsonMap::new();
    for (key, node) in top.iter() {
        let is_part = !key.text.starts_with('.') && key.is_text;
        if is_part && !known.contains(&key.at) && !holds(node, &known) {
            asked.insert(key.text.to_string(), plain(node));
        }
    }
    let whole = Value::Object(asked);
    let mut told = HashSet::new();
    for error in validator.iter_errors(&whole) {
        let error = nearest(&error);
        let steps: Vec<String> = error
            .instance_path()
            .as_str()
            .split('/')
            .skip(1)
            .map(|step| step.replace("~1", "/").replace("~0", "~"))
            .collect();
        let Some(place) = place(top, &steps) else {
            continue;
        };
        if told.insert(place) {
            let text = format!("GitLab's schema refuses `{}`", steps.join(":"));
            faults.add(Fault::new(Rule::Schema, place, text).hint(brief(&error.to_string())));
        }
    }
}

/// Where several forms are allowed and none fits: what is wrong with the one that fits furthest.
fn nearest<'a, 'b>(error: &'b ValidationError<'a>) -> &'b ValidationError<'a> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) =
        error.kind()
    else {
        return error;
    };
    let fit = |one: &&ValidationError<'_>| {
        let of_other_form = matches!(one.kind(), ValidationErrorKind::Type { .. });
        (
            one.instance_path().as_str().matches('/').count(),
            !of_other_form,
        )
    };
    let inner = context.iter().flatten().map(nearest).max_by_key(fit);
    inner
        .filter(|inner| fit(inner) > (fit(&error).0, false))
        .unwrap_or(error)
}

/// Compiled once. `None`: it cannot be, which a test would show.
fn validator() -> Option<&'static Validator> {
    static VALIDATOR: OnceLock<Option<Validator>> = OnceLock::new();
    VALIDATOR
        .get_or_init(|| {
            let mut schema: Value = serde_json::from_str(TEXT).ok()?;
            loosen(&mut schema);
            jsonschema::draft7::new(&schema).ok()
        })
        .as_ref()
}

/// Of texts and lists: an editor warns of them while somebody types, where GitLab expands variables, or does not mind.
const FORMS: [&str; 6] = [
    "pattern",
    "format",
    "minLength",
    "maxLength",
    "minItems",
    "uniqueItems",
];

/// Takes the rules about forms out of a schema. What stands below names in a schema is one itself.
fn loosen(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.retain(|key, _| !FORMS.contains(&key.as_str()));
            if map.get("type").and_then(Value::as_str) == Some("string") {
                map.insert("type".to_owned(), json!(["string", "number"]));
            }
            // A number fits more than one form now.
            if let Some(forms) = map.remove("oneOf") {
                let kept = map.contains_key("anyOf");
                map.insert(if kept { "oneOf" } else { "anyOf" }.to_owned(), forms);
            }
            for (key, inner) in map {
                match (NAMED.contains(&key.as_str()), inner) {
                    (true, Value::Object(named)) => named.values_mut().for_each(loosen),
                    (_, inner) => loosen(inner),
                }
            }
        }
        Value::Array(several) => several.iter_mut().for_each(loosen),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Keywords of a schema that hold schemas by name.
const NAMED: [&str; 4] = [
    "properties",
    "patternProperties",
    "definitions",
    "dependencies",
];

/// Its sentences repeat the value, which may be long.
fn brief(text: &str) -> String {
    let longest = 160;
    match text.chars().count() > longest {
        false => text.to_owned(),
        true => {
            let end: Vec<char> = text.chars().rev().take(longest).collect();
            format!("…{}", end.into_iter().rev().collect::<String>())
        }
    }
}

fn holds(node: &Node, places: &HashSet<Place>) -> bool {
    places.contains(&node.at)
        || match &node.kind {
            Kind::List(items) => items.iter().any(|item| holds(item, places)),
            Kind::Map(map) => map
                .iter()
                .any(|(key, value)| places.contains(&key.at) || holds(value, places)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Reference(_) => {
                false
            }
        }
}

/// As JSON, without nulls and without lists in lists.
fn plain(node: &Node) -> Value {
    match &node.kind {
        Kind::Map(map) => {
            let there = map.iter().filter(|(_, value)| !value.is_null());
            let entries = there.map(|(key, value)| (key.text.to_string(), plain(value)));
            Value::Object(entries.collect())
        }
        Kind::List(items) => {
            let flat = super::value::flattened(items);
            Value::Array(flat.iter().map(plain).collect())
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Reference(_) => {
            print::json(node)
        }
    }
}

/// Where the path leads, as far as it can be followed.
fn place(top: &Map, steps: &[String]) -> Option<Place> {
    let (first, rest) = steps.split_first()?;
    let (key, mut node) = top.entry(first)?;
    let mut place = key.at;
    for step in rest {
        let next = match &node.kind {
            Kind::Map(map) => map.entry(step).map(|(key, value)| (key.at, value)),
            Kind::List(items) => step
                .parse::<usize>()
                .ok()
                .and_then(|n| items.get(n))
                .map(|item| (item.at, item)),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Reference(_) => {
                None
            }
        };
        let Some((at, inner)) = next else { break };
        place = at;
        node = inner;
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_can_be_compiled() {
        assert!(validator().is_some());
    }

    #[test]
    fn what_may_hold_a_variable_is_no_matter_of_letters() {
        let text = "
ship:
  script: [[make, [ship]], '']
  stage: test
  coverage: $PATTERN
  environment: {name: $WHERE, url: '$PLACE/x'}
  cache: {key: '$CI_COMMIT_REF_SLUG/x', paths: [a], policy: $POLICY}
  tags: [$A, $A]
  image: {name: x, docker: {user: 1000}}
  services: [{name: y, alias: 7}]
  needs: [1, {job: a, artifacts: true}]
  interruptible: null
";
        let told = told(text);
        assert_eq!(told, Vec::<String>::new());
    }

    #[test]
    fn what_no_reader_knows_is_told_with_its_place() {
        let text = "
ship:
  script: make
  dast_configuration: {site_profile: a, scaner_profile: b}
  secrets: {TOKEN: {vault: {engine: {name: kv, path: x}, path: p, feild: f}}}
";
        insta::assert_snapshot!(told(text).join("\n"), @r"
        4:3 GitLab's schema refuses `ship:dast_configuration` (Additional properties are not allowed ('scaner_profile' was unexpected))
        5:21 GitLab's schema refuses `ship:secrets:TOKEN:vault` (Additional properties are not allowed ('feild' was unexpected))
        ");
    }

    fn told(text: &str) -> Vec<String> {
        let (documents, _) = crate::yaml::read(text, 0).unwrap();
        let mut faults = Faults::default();
        check(documents[0].as_map().unwrap(), &mut faults);
        let shown = faults.iter().map(|one| {
            format!(
                "{}:{} {} ({})",
                one.at.line,
                one.at.column,
                one.text,
                one.hint.clone().unwrap_or_default()
            )
        });
        shown.collect()
    }
}
