//! `cache:`: one or several, each with a key that may come from files.

use crate::yaml::{Key, Kind, Map, Node};

use super::fault::{Fault, Faults, Rule};
use super::value::{flag, flat_strings, given, list, must, one_of, text};

/// Most caches of a job. Source: GitLab's reference, `cache`.
const MOST: usize = 4;
/// Most `key:files`. Source: GitLab, `lib/gitlab/ci/config/entry/key.rb`.
const MOST_FILES: usize = 2;

/// One cache, its key not yet made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cache {
    pub(crate) key: CacheKey,
    pub(crate) fallback_keys: Vec<String>,
    pub(crate) paths: Vec<String>,
    pub(crate) untracked: bool,
    pub(crate) policy: String,
    pub(crate) when: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CacheKey {
    Text(String),
    /// The last commits, or the content, of these files.
    Files {
        files: Vec<String>,
        prefix: String,
    },
}

pub(super) fn read(key: &Key, found: &Node, of: &str, faults: &mut Faults) -> Vec<Cache> {
    let many: Vec<Node> = match &found.kind {
        Kind::List(items) => items.to_vec(),
        Kind::Null => Vec::new(),
        Kind::Map(map) if map.is_empty() => Vec::new(),
        Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Map(_) | Kind::Reference(_) => {
            vec![found.clone()]
        }
    };
    if many.len() > MOST {
        faults.add(Fault::new(
            Rule::Limit,
            key.at,
            format!("{of} has {} caches; GitLab takes {MOST}", many.len()),
        ));
    }
    many.iter()
        .filter_map(|node| match node.as_map() {
            Some(map) => Some(one(map, of, faults)),
            None => {
                faults.add(must(node, "cache", of, "a mapping, or a list of them"));
                None
            }
        })
        .collect()
}

fn one(map: &Map, of: &str, faults: &mut Faults) -> Cache {
    let policies = ["pull-push", "pull", "push"];
    let whens = ["on_success", "on_failure", "always"];
    // A policy may be a variable.
    let policy = given(map, "policy")
        .and_then(Node::as_text)
        .filter(|text| text.contains('$'))
        .map(str::to_owned);
    Cache {
        key: key(map, of, faults),
        fallback_keys: list(map, "cache:fallback_keys", of, faults).unwrap_or_default(),
        paths: list(map, "cache:paths", of, faults).unwrap_or_default(),
        untracked: flag(map, "cache:untracked", of, faults).unwrap_or(false),
        policy: policy.unwrap_or_else(|| {
            one_of(map, "cache:policy", &policies, of, faults)
                .unwrap_or("pull-push")
                .to_owned()
        }),
        when: one_of(map, "cache:when", &whens, of, faults)
            .unwrap_or("on_success")
            .to_owned(),
    }
}

fn key(map: &Map, of: &str, faults: &mut Faults) -> CacheKey {
    let default = || CacheKey::Text("default".to_owned());
    let Some(node) = given(map, "key") else {
        return default();
    };
    let Some(detail) = node.as_map() else {
        return text(map, "cache:key", of, faults).map_or_else(default, CacheKey::Text);
    };
    let prefix = text(detail, "cache:key:prefix", of, faults).unwrap_or_default();
    let names = ["files", "files_commits"];
    let Some(files) = names.iter().find_map(|name| given(detail, name)) else {
        faults.add(Fault::new(
            Rule::Value,
            node.at,
            format!("`cache:key` of {of} holds neither `files` nor a name"),
        ));
        return default();
    };
    let Some(list) = flat_strings(files).filter(|list| !list.is_empty()) else {
        faults.add(must(files, "cache:key:files", of, "a list of paths"));
        return default();
    };
    if list.len() > MOST_FILES {
        let text = format!(
            "`cache:key:files` of {of} has {} entries; GitLab takes {MOST_FILES}",
            list.len()
        );
        faults.add(Fault::new(Rule::Limit, files.at, text));
    }
    CacheKey::Files {
        files: list,
        prefix,
    }
}
