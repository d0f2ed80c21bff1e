//! A tree as JSON and as YAML: the merged pipeline, for people and for the schema.

use serde_json::{Map as JsonMap, Value};

use crate::error::{Error, Result};
use crate::yaml::{Kind, Map, Node};

/// The same as JSON; a reference is the list it is written as.
pub(super) fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Null => Value::Null,
        Kind::Bool(flag) => Value::Bool(flag.is),
        Kind::Number(number) => match number.int() {
            Some(int) => Value::from(int),
            None => Value::from(number.float()),
        },
        Kind::Text(text) => Value::from(&**text),
        Kind::List(items) | Kind::Reference(items) => {
            Value::Array(items.iter().map(json).collect())
        }
        Kind::Map(map) => Value::Object(object(map)),
    }
}

pub(super) fn object(map: &Map) -> JsonMap<String, Value> {
    map.iter()
        .map(|(key, value)| (key.text.to_string(), json(value)))
        .collect()
}

/// The merged pipeline as one YAML document.
pub(super) fn yaml(top: &Map) -> Result<String> {
    let mut mapping = serde_yaml::Mapping::new();
    for (key, value) in top.iter() {
        mapping.insert(serde_yaml::Value::from(&*key.text), ordered(value));
    }
    serde_yaml::to_string(&mapping)
        .map_err(|error| Error::system("cannot write the merged pipeline").caused_by(error))
}

/// Keys stay in the order they were written.
fn ordered(node: &Node) -> serde_yaml::Value {
    use serde_yaml::Value as Yaml;
    match &node.kind {
        Kind::Null => Yaml::Null,
        Kind::Bool(flag) => Yaml::Bool(flag.is),
        Kind::Number(number) => match number.int() {
            Some(int) => Yaml::from(int),
            None => Yaml::from(number.float()),
        },
        Kind::Text(text) => Yaml::from(&**text),
        Kind::List(items) | Kind::Reference(items) => {
            Yaml::Sequence(items.iter().map(ordered).collect())
        }
        Kind::Map(map) => {
            let entries = map
                .iter()
                .map(|(key, value)| (Yaml::from(&*key.text), ordered(value)));
            Yaml::Mapping(entries.collect())
        }
    }
}
