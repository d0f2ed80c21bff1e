//! GitLab's own JSON schema, as a net behind the readers: what none of them has found may still be in it.
//!
//! It is made for an editor, and is asked of the merged pipeline only, without what it is known to be wrong about: keys
//! that are null count as not there, lists in lists as one, a number may stand for a text, of several forms one is enough,
//! and which letters a text may have is left to the readers, as it may hold a variable. A key that it does not know is a
//! warning, and it is not believed about what stands beside such a key: it is older than the GitLab that has it. `schema/gitlab-ci.json` is GitLab's
//! (MIT, see `schema/LICENSE`; from check-jsonschema 0.39.0), minified.

mod fit;
mod words;

use std::collections::HashSet;
use std::sync::OnceLock;

use serde_json::Value;

use crate::yaml::{Kind, Map, Node, Place};

use super::fault::{Fault, Faults, Rule};
use fit::{Misfit, Of, Schema};

const TEXT: &str = include_str!("schema/gitlab-ci.json");

/// Adds what the schema alone has found. A part of the pipeline with a fault of its own is not asked about.
pub(super) fn check(top: &Map, faults: &mut Faults) {
    let Some(schema) = schema() else { return };
    let known: HashSet<Place> = faults.errors().map(|fault| fault.at).collect();
    let mut asked = Map::default();
    for (key, node) in top.iter() {
        let is_part = !key.text.starts_with('.') && key.is_text;
        if is_part && !known.contains(&key.at) && !holds(node, &known) {
            asked.set(key.clone(), node.clone());
        }
    }
    let mut told = HashSet::new();
    let whole = Node::map(asked, Place::default());
    let mut misfits = schema.misfits(&whole);
    misfits.retain(|one| !READ.iter().any(|own| leads_to(&one.path, own)));
    let unknown: Vec<Misfit> = misfits
        .iter()
        .filter(|one| one.kind == Of::Key)
        .cloned()
        .collect();
    let is_believed = |one: &Misfit| {
        one.kind == Of::Key
            || !unknown
                .iter()
                .any(|other| other.path[..other.path.len() - 1] == one.path)
    };
    for wrong in misfits.into_iter().filter(is_believed) {
        if told.insert(wrong.at) {
            let fault = match wrong.kind {
                Of::Key => Fault::warning(Rule::Schema, wrong.at, wrong.text),
                Of::Type | Of::Other => Fault::new(Rule::Schema, wrong.at, wrong.text),
            };
            faults.add(match wrong.hint {
                Some(hint) => fault.hint(hint),
                None => fault,
            });
        }
    }
}

/// What our own readers know whole, and better. Behind the name of a job.
const READ: [&[&str]; 2] = [&["needs"], &["artifacts", "reports"]];

fn leads_to(path: &[String], keys: &[&str]) -> bool {
    path.iter()
        .skip(1)
        .zip(keys)
        .filter(|(one, other)| one == *other)
        .count()
        == keys.len()
}

/// Read once. `None`: it cannot be, which a test would show.
fn schema() -> Option<Schema<'static>> {
    static SCHEMA: OnceLock<Option<Value>> = OnceLock::new();
    let read = SCHEMA.get_or_init(|| serde_json::from_str(TEXT).ok());
    read.as_ref().map(Schema::new)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_can_be_read() {
        assert!(schema().is_some());
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
        4:41 Warning: GitLab's schema does not know `ship:dast_configuration:scaner_profile` (did you mean `scanner_profile`?)
        5:67 Warning: GitLab's schema does not know `ship:secrets:TOKEN:vault:feild` (did you mean `field`?)
        ");
    }

    #[test]
    fn a_schema_older_than_the_file_is_not_believed() {
        let text = "
ship:
  script: make
  secrets: {TOKEN: {vaults: {name: x}}}
  id_tokens: {TOKEN: {aud: {}}}
";
        insta::assert_snapshot!(told(text).join("\n"), @r"
        4:21 Warning: GitLab's schema does not know `ship:secrets:TOKEN:vaults` (did you mean `vault`?)
        5:23 Error: `ship:id_tokens:TOKEN:aud` must not be a mapping ()
        ");
    }

    fn told(text: &str) -> Vec<String> {
        let (documents, _) = crate::yaml::read(text, 0).unwrap();
        let mut faults = Faults::default();
        check(documents[0].as_map().unwrap(), &mut faults);
        let shown = faults.iter().map(|one| {
            format!(
                "{}:{} {:?}: {} ({})",
                one.at.line,
                one.at.column,
                one.severity,
                one.text,
                one.hint.clone().unwrap_or_default()
            )
        });
        shown.collect()
    }
}
