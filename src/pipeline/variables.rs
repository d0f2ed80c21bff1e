//! `variables:` of the pipeline, a job or a service.

use serde_yaml::{Mapping, Value};

use crate::job::Variable;

use super::fault::{Fault, Faults};
use super::value::scalar;

/// Whether a shell can hold a variable of this name.
pub(crate) fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Reads a mapping of names to strings, numbers or `{value, description, options, expand}`.
pub(super) fn read(found: &Value, place: &str, faults: &mut Faults) -> Vec<Variable> {
    let Value::Mapping(map) = found else {
        faults.add(Fault::new(format!(
            "`variables` of {place} must be names with values"
        )));
        return Vec::new();
    };
    map.iter()
        .filter_map(|(name, value)| faults.take(one(name, value, place)))
        .collect()
}

fn one(name: &Value, value: &Value, place: &str) -> Result<Variable, Fault> {
    let key = name.as_str().unwrap_or_default().to_owned();
    if !is_name(&key) {
        let shown = scalar(name).unwrap_or_default();
        return Err(Fault::new(format!(
            "`{shown}` in `variables` of {place} is no name for a variable"
        ))
        .hint("names are letters, digits and underscores, and do not begin with a digit"));
    }
    let (value, raw) = match value {
        Value::Mapping(detail) => (
            detail.get("value").unwrap_or(&Value::Null),
            !expands(detail, &key, place)?,
        ),
        plain => (plain, false),
    };
    let value = match value {
        // `{description: …}` alone declares a variable without a value.
        Value::Null => String::new(),
        Value::Bool(flag) => {
            return Err(Fault::new(format!(
                "the variable `{key}` of {place} must be a string or a number"
            ))
            .hint(format!("write `{key}: \"{flag}\"`")));
        }
        other => scalar(other).ok_or_else(|| {
            Fault::new(format!(
                "the variable `{key}` of {place} must be a string or a number"
            ))
        })?,
    };
    Ok(Variable {
        key,
        value,
        public: true,
        file: false,
        masked: false,
        raw,
    })
}

fn expands(detail: &Mapping, key: &str, place: &str) -> Result<bool, Fault> {
    match detail.get("expand") {
        None => Ok(true),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(Fault::new(format!(
            "`expand` of the variable `{key}` of {place} must be true or false"
        ))),
    }
}
