//! What a job inherits: keywords of `default:` and of the top level, unless `inherit` says otherwise.

use crate::yaml::{Map, Node};

use super::super::fault::{Fault, Faults, Rule};
use super::super::value::{flat_strings, given, must};

/// What may stand in `default`. Source: GitLab, `lib/gitlab/ci/config/entry/default.rb`.
pub(in super::super) const KEYWORDS: [&str; 13] = [
    "image",
    "services",
    "before_script",
    "after_script",
    "artifacts",
    "cache",
    "hooks",
    "id_tokens",
    "identity",
    "interruptible",
    "retry",
    "tags",
    "timeout",
];
/// What may stand at the top level in its place, as older files have it.
const GLOBALS: [&str; 5] = [
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
];

/// `inherit:default` or `inherit:variables`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inherit {
    All,
    Nothing,
    Only(Vec<String>),
}

impl Inherit {
    pub(super) fn of(body: &Map, what: &str, of: &str, faults: &mut Faults) -> Self {
        let node = given(body, "inherit")
            .and_then(Node::as_map)
            .and_then(|inherit| given(inherit, what));
        let Some(node) = node else {
            return Inherit::All;
        };
        match (node.as_bool(), flat_strings(node)) {
            (Some(true), _) => Inherit::All,
            (Some(false), _) => Inherit::Nothing,
            (None, Some(names)) => Inherit::Only(names),
            (None, None) => {
                faults.add(must(
                    node,
                    &format!("inherit:{what}"),
                    of,
                    "true, false or a list of names",
                ));
                Inherit::All
            }
        }
    }

    pub(crate) fn takes(&self, name: &str) -> bool {
        match self {
            Inherit::All => true,
            Inherit::Nothing => false,
            Inherit::Only(names) => names.iter().any(|one| one == name),
        }
    }
}

/// What a job has when it does not say otherwise.
#[derive(Debug, Default)]
pub(in super::super) struct Defaults(Map);

impl Defaults {
    pub(in super::super) fn read(top: &Map, faults: &mut Faults) -> Self {
        let nothing = Map::default();
        let default = top
            .get("default")
            .and_then(Node::as_map)
            .unwrap_or(&nothing);
        let mut merged = Map::default();
        for keyword in KEYWORDS {
            let global = top.entry(keyword).filter(|_| GLOBALS.contains(&keyword));
            let own = default.entry(keyword);
            if let (Some((key, _)), Some(_)) = (global, own) {
                let text = format!("`{keyword}` stands in `default` and at the top level");
                faults
                    .add(Fault::new(Rule::Keyword, key.at, text).hint("keep the one in `default`"));
            }
            if let Some((key, value)) = own.or(global) {
                merged.set(key.clone(), value.clone());
            }
        }
        Defaults(merged)
    }

    /// The body with what it inherits. A job that starts a pipeline inherits nothing it could use.
    pub(super) fn under(&self, body: &Map, inherit: &Inherit) -> Map {
        let mut whole = body.clone();
        if body.contains("trigger") {
            return whole;
        }
        for (key, value) in self.0.iter() {
            if !body.contains(&key.text) && inherit.takes(&key.text) {
                whole.set(key.clone(), value.clone());
            }
        }
        whole
    }
}
