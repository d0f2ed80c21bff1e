//! A walk over every keyword of the merged pipeline: what stands in no list of `levels` is a fault, with the nearest keyword.

use crate::yaml::{Key, Kind, Map, Node};

use super::fault::{Fault, Faults, Rule};
use super::job::not_a_job;
use super::levels::{INNER, JOB, TOP};

/// Whether a name at the top level is a job that may run: no keyword, not hidden.
pub(super) fn names_a_job(name: &str) -> bool {
    !name.starts_with('.') && !TOP.contains(&name)
}

pub(super) fn check(top: &Map, faults: &mut Faults) {
    for (key, node) in top.iter() {
        let name = &*key.text;
        if !key.is_text {
            let text = format!("`{name}` at the top level is {}, not a name", sort_of(name));
            faults.add(
                Fault::new(Rule::Keyword, key.at, text)
                    .hint(format!("put the name in quotes: `\"{name}\":`")),
            );
        } else if name.starts_with('.') {
            // GitLab does not look into what is hidden.
        } else if name == "default" {
            match &node.kind {
                Kind::Map(map) => {
                    level(super::job_default_keywords(), map, "", "`default`", faults)
                }
                Kind::Null => {}
                Kind::Bool(_)
                | Kind::Number(_)
                | Kind::Text(_)
                | Kind::List(_)
                | Kind::Reference(_) => {
                    faults.add(Fault::new(
                        Rule::Value,
                        node.at,
                        "`default` must hold keywords",
                    ));
                }
            }
        } else if !names_a_job(name) {
            inner(name, node, "", "the top level", faults);
        } else if let Some(job) = node.as_map() {
            level(JOB, job, "", &format!("`{name}`"), faults);
        } else {
            faults.add(not_a_job(key, node, TOP));
        }
    }
}

fn sort_of(name: &str) -> &'static str {
    match name.starts_with(|c: char| c.is_ascii_digit()) {
        true => "a number",
        false => "a boolean or nothing",
    }
}

fn level(known: &[&'static str], map: &Map, prefix: &str, place: &str, faults: &mut Faults) {
    for (key, body) in map.iter() {
        if known.contains(&&*key.text) {
            inner(&key.text, body, prefix, place, faults);
        } else {
            unknown(key, known, prefix, place, faults);
        }
    }
}

fn unknown(key: &Key, known: &[&'static str], prefix: &str, place: &str, faults: &mut Faults) {
    let fault = Fault::new(
        Rule::Keyword,
        key.at,
        format!(
            "unknown keyword `{}` {}",
            joined(prefix, &key.text),
            in_place(place)
        ),
    );
    let fault = fault.near(&key.text, known.iter().copied());
    // A keyword of a job in another one, such as `paths` beside `artifacts:`, is an indentation that slipped.
    let homes: Vec<&str> = INNER
        .iter()
        .filter(|(_, keys)| keys.contains(&&*key.text))
        .map(|(home, _)| *home)
        .collect();
    faults.add(match (&fault.hint, homes.as_slice()) {
        (None, [home]) => fault
            .clone()
            .hint(format!("it belongs below `{home}`: check the indentation")),
        (Some(_), _) | (None, _) => fault,
    });
}

/// What may stand below a keyword.
fn inner(key: &str, body: &Node, prefix: &str, place: &str, faults: &mut Faults) {
    let full = joined(prefix, key);
    let of_names = format!("{full}:*");
    let find = |home: &str| {
        INNER
            .iter()
            .find(|(known, _)| *known == home)
            .map(|(_, keys)| *keys)
    };
    let below = |node: &Node, faults: &mut Faults| {
        let Some(map) = node.as_map() else { return };
        if let Some(known) = find(&full) {
            level(known, map, &full, place, faults);
        } else if let Some(known) = find(&of_names) {
            for (name, value) in map.iter() {
                if let Some(value) = value.as_map() {
                    level(
                        known,
                        value,
                        &format!("{full}:{}", name.text),
                        place,
                        faults,
                    );
                }
            }
        }
    };
    match body.as_list() {
        None => below(body, faults),
        Some(items) => {
            for item in items {
                match item.as_list() {
                    Some(inner) => inner.iter().for_each(|one| below(one, faults)),
                    None => below(item, faults),
                }
            }
        }
    }
}

fn joined(prefix: &str, key: &str) -> String {
    match prefix.is_empty() {
        true => key.to_owned(),
        false => format!("{prefix}:{key}"),
    }
}

fn in_place(place: &str) -> String {
    match place.starts_with('`') {
        true => format!("in {place}"),
        false => format!("at {place}"),
    }
}
