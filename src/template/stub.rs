//! A pipeline that its people laid out anew: what changed in our entry of `include`, changed in their file.

use std::collections::{BTreeMap, BTreeSet};

use crate::yaml::edit::{self, Step, Value as YamlValue};

/// Before what is no text.
const NO_TEXT: char = '\0';

/// Where lines cannot be merged, values may be: what changed in our one entry of `include` is changed in the file as its people
/// wrote it, however they quoted, ordered and laid it out. `None`: it is not to be found there, or may not be edited.
pub(super) fn stub(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let (then, now) = (entry(base, 0)?, entry(theirs, 0)?);
    let source = ["project", "component"]
        .into_iter()
        .find(|key| then.contains_key(*key))?;
    let own_file = |entry: &BTreeMap<String, String>| {
        let same = |key: &str| {
            entry
                .get(key)
                .map(|text| text.split('@').next().unwrap_or(text).to_owned())
        };
        same(source)
            == then
                .get(source)
                .map(|text| text.split('@').next().unwrap_or(text).to_owned())
            && entry.get("file").map(|file| file.trim_start_matches('/'))
                == then.get("file").map(|file| file.trim_start_matches('/'))
    };
    let count = includes(ours)?;
    let mut fitting =
        (0..count).filter(|at| entry(ours, *at).is_some_and(|entry| own_file(&entry)));
    let at = fitting.next()?;
    // Of two that are ours nobody knows which is meant.
    if fitting.next().is_some() {
        return None;
    }
    let there = entry(ours, at)?;
    let mut text = ours.to_owned();
    for key in then.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
        if then.get(key) == now.get(key) || there.get(key) == now.get(key) {
            continue;
        }
        // Changed here and there.
        if there.get(key) != then.get(key) {
            return None;
        }
        let place: Vec<Step<'_>> = [Step::Key("include"), Step::At(at)]
            .into_iter()
            .chain(key.split('\0').map(Step::Key))
            .collect();
        text = match now.get(key) {
            Some(value) => edit::set(&text, &place, &written(value)?).ok()?,
            None => edit::remove(&text, &place).ok()?,
        };
    }
    Some(text)
}

/// A value as it goes into the file; `None` for lists and maps, whose lines are their owner's.
fn written(value: &str) -> Option<YamlValue> {
    let Some(other) = value.strip_prefix(NO_TEXT) else {
        return Some(YamlValue::text(value));
    };
    match other.trim() {
        "true" => Some(YamlValue::Bool(true)),
        "false" => Some(YamlValue::Bool(false)),
        number => number.parse().ok().map(YamlValue::Number),
    }
}

fn includes(text: &str) -> Option<usize> {
    let value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
    Some(value.get("include")?.as_sequence()?.len())
}

/// The scalars of one entry of `include`, by the way to each; `None` where it has other values.
fn entry(text: &str, at: usize) -> Option<BTreeMap<String, String>> {
    let value: serde_yaml::Value = serde_yaml::from_str(text).ok()?;
    let entry = value.get("include")?.as_sequence()?.get(at)?.as_mapping()?;
    let mut found = BTreeMap::new();
    for (key, value) in entry {
        let key = key.as_str()?;
        match value {
            serde_yaml::Value::Mapping(inputs) if key == "inputs" => {
                for (name, value) in inputs {
                    found.insert(format!("inputs\0{}", name.as_str()?), plain(value)?);
                }
            }
            value => {
                found.insert(key.to_owned(), plain(value)?);
            }
        }
    }
    Some(found)
}

fn plain(value: &serde_yaml::Value) -> Option<String> {
    match value {
        serde_yaml::Value::String(text) => Some(text.clone()),
        serde_yaml::Value::Null
        | serde_yaml::Value::Bool(_)
        | serde_yaml::Value::Number(_)
        | serde_yaml::Value::Sequence(_)
        | serde_yaml::Value::Mapping(_)
        | serde_yaml::Value::Tagged(_) => {
            Some(format!("{NO_TEXT}{}", serde_yaml::to_string(value).ok()?))
        }
    }
}
