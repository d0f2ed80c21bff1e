//! The parts of a schema as values: types, lists of words, mappings.

use serde_json::{Map, Value};

use crate::yaml::{Kind, Node};

/// Whether a keyword needs the value as it is: most do not, and below may be a large tree.
pub(super) fn asks_for_a_value(schema: &Map<String, Value>) -> bool {
    ["enum", "const", "minimum", "maximum"]
        .iter()
        .any(|keyword| schema.contains_key(*keyword))
}

pub(super) fn is_of(types: &Value, node: &Node) -> bool {
    words(Some(types)).any(|name| match (name, &node.kind) {
        ("string", Kind::Text(_) | Kind::Number(_))
        | ("number", Kind::Number(_))
        | ("boolean", Kind::Bool(_))
        | ("array", Kind::List(_))
        | ("object", Kind::Map(_))
        | ("null", Kind::Null) => true,
        ("integer", Kind::Number(_)) => node.as_int().is_some(),
        _ => false,
    })
}

pub(super) fn types_in_words(types: &Value) -> String {
    let names: Vec<&str> = words(Some(types))
        .map(|name| match name {
            "array" => "a list",
            "object" => "a mapping",
            "boolean" => "a boolean",
            "integer" | "number" => "a number",
            "null" => "nothing",
            _ => "a string",
        })
        .collect();
    names.join(" or ")
}

/// A word, or a list of them.
pub(super) fn words(value: Option<&Value>) -> impl Iterator<Item = &str> {
    let one = value.and_then(Value::as_str);
    one.into_iter()
        .chain(list_of(value).filter_map(Value::as_str))
}

pub(super) fn list_of(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

pub(super) fn objects(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.map(|(name, inner)| (name.as_str(), inner))
}
