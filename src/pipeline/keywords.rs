//! A walk over every keyword of a pipeline, before anything is read.
//!
//! Refuses to skip anything: what stands in no list of `levels` is a fault, with the nearest keyword.

use std::collections::BTreeMap;

use serde_yaml::{Mapping, Value};

use crate::error::{Cause, Error, Result};

use super::fault::{Fault, Faults};
use super::levels::{
    ALLOW_FAILURE, ARTIFACTS, COVERAGE_REPORT, DEFAULT, DOCKER, IMAGE, JOB, Level, NEED, REPORTS,
    SERVICE, TOP, VARIABLE,
};
use crate::nearest::nearest;

/// Whether a name at the top level is a job that may run: no keyword, not hidden.
pub(super) fn names_a_job(name: &str) -> bool {
    !name.starts_with('.') && !TOP.today.contains(&name) && !TOP.later.contains(&name)
}

/// Walks over every keyword.
///
/// # Errors
/// All keywords that are not supported yet, in one error. Unknown ones become faults.
pub(super) fn check(top: &Mapping, file: &str, faults: &mut Faults) -> Result<()> {
    let mut walk = Walk {
        found: BTreeMap::new(),
        faults,
    };
    for (name, body) in top {
        let Value::String(name) = name else {
            walk.faults.add(
                Fault::new("every name at the top level must be a string")
                    .hint("put the name in quotes"),
            );
            continue;
        };
        if !names_a_job(name) {
            walk.keyword(name, body);
        } else if let Value::Mapping(job) = body {
            let place = format!("`{name}`");
            walk.level(&JOB, job, "", &place);
        } else {
            let fault = Fault::new(format!(
                "`{name}` is neither a keyword nor a job with a `script`"
            ));
            walk.faults
                .add(match nearest(name, TOP.today.iter().copied()) {
                    Some(near) => fault.hint(format!("did you mean `{near}`?")),
                    None => fault,
                });
        }
    }
    let found = walk.found;
    if found.is_empty() {
        return Ok(());
    }
    let mut error = Error::usage(format!(
        "the pipeline `{file}` uses keywords that are not supported yet"
    ));
    for (keyword, places) in found {
        error = error.caused_by(Cause::line(format!("`{keyword}` {}", places.join(", "))));
    }
    Err(error
        .hint(format!("these work today: {}", TOP.today.join(", ")))
        .hint(format!("and in a job: {}", JOB.today.join(", "))))
}

struct Walk<'a> {
    /// Keyword → where it stands.
    found: BTreeMap<String, Vec<String>>,
    faults: &'a mut Faults,
}

impl Walk<'_> {
    /// A keyword, or a hidden job, of the top level.
    fn keyword(&mut self, name: &str, body: &Value) {
        if TOP.later.contains(&name) {
            self.not_yet(name, "at the top level");
        } else if name == "default" {
            match body {
                Value::Mapping(default) => self.level(&DEFAULT, default, "", "`default`"),
                _ => self.faults.add(Fault::new("`default` must hold keywords")),
            }
        } else if !name.starts_with('.') {
            self.inner(name, body, "", "the top level");
        }
    }

    fn level(&mut self, level: &Level, map: &Mapping, prefix: &str, place: &str) {
        for (key, body) in map {
            let Some(key) = key.as_str() else {
                self.faults
                    .add(Fault::new(format!("a keyword in {place} is not a string")));
                continue;
            };
            let full = if prefix.is_empty() {
                key.to_owned()
            } else {
                format!("{prefix}:{key}")
            };
            if level.later.contains(&key) {
                self.not_yet(&full, &in_place(place));
            } else if level.today.contains(&key) {
                self.inner(key, body, prefix, place);
            } else {
                let fault = Fault::new(format!("unknown keyword `{full}` {}", in_place(place)));
                let near = nearest(key, level.today.iter().chain(level.later).copied());
                self.faults.add(match near {
                    Some(near) => fault.hint(format!("did you mean `{near}`?")),
                    None => fault,
                });
            }
        }
    }

    /// What may stand below a keyword.
    fn inner(&mut self, key: &str, body: &Value, prefix: &str, place: &str) {
        let items: Vec<&Value> = match body {
            Value::Sequence(items) => items.iter().collect(),
            one => vec![one],
        };
        let full = if prefix.is_empty() {
            key.to_owned()
        } else {
            format!("{prefix}:{key}")
        };
        for item in items {
            if let Value::Tagged(tagged) = item {
                self.not_yet(&tagged.tag.to_string(), &in_place(place));
                continue;
            }
            let Value::Mapping(map) = item else { continue };
            match full.as_str() {
                "image" => self.level(&IMAGE, map, "image", place),
                "services" => self.level(&SERVICE, map, "services", place),
                "image:docker" | "services:docker" => self.level(&DOCKER, map, &full, place),
                "needs" => self.level(&NEED, map, "needs", place),
                "artifacts" => self.level(&ARTIFACTS, map, "artifacts", place),
                "artifacts:reports" => self.level(&REPORTS, map, "artifacts:reports", place),
                "artifacts:reports:coverage_report" => {
                    self.level(&COVERAGE_REPORT, map, &full, place)
                }
                "allow_failure" => self.level(&ALLOW_FAILURE, map, "allow_failure", place),
                "variables" | "services:variables" => {
                    for (name, value) in map {
                        if let (Some(name), Value::Mapping(value)) = (name.as_str(), value) {
                            self.level(&VARIABLE, value, &format!("{full}:{name}"), place);
                        }
                    }
                }
                // The readers complain about mappings in other places.
                _ => {}
            }
        }
    }

    fn not_yet(&mut self, keyword: &str, place: &str) {
        let places = self.found.entry(keyword.to_owned()).or_default();
        if !places.iter().any(|known| known == place) {
            places.push(place.to_owned());
        }
    }
}

fn in_place(place: &str) -> String {
    if place.starts_with('`') {
        format!("in {place}")
    } else {
        format!("at {place}")
    }
}
