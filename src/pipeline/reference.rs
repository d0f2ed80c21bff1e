//! `!reference [job, keyword, …]`: replaced by what it names, in the merged files.
//!
//! Source: GitLab, `lib/gitlab/ci/config/yaml/tags/reference.rb` and `resolver.rb`: ten levels deep, no circles.

use std::collections::HashMap;

use crate::yaml::{Kind, Map, Node};

use super::fault::{Fault, Faults, Rule};
use super::tree::changed;

const DEEPEST: usize = 10;
/// References of references may multiply.
const MOST: usize = 20_000;

pub(super) fn resolve(top: &Map, faults: &mut Faults) -> Map {
    let mut resolver = Resolver {
        top,
        faults,
        path: Vec::new(),
        done: HashMap::new(),
        count: 0,
    };
    let mut result = Map::default();
    for (key, value) in top.iter() {
        let value = resolver.node(value);
        result.set(key.clone(), value);
    }
    result
}

struct Resolver<'a> {
    top: &'a Map,
    faults: &'a mut Faults,
    /// References that are being replaced, outermost first.
    path: Vec<Vec<String>>,
    done: HashMap<Vec<String>, Node>,
    count: usize,
}

impl Resolver<'_> {
    fn node(&mut self, node: &Node) -> Node {
        changed(node, &mut |inner| match &inner.kind {
            Kind::Reference(names) => Some(self.one(inner, names)),
            Kind::Null
            | Kind::Bool(_)
            | Kind::Number(_)
            | Kind::Text(_)
            | Kind::List(_)
            | Kind::Map(_) => None,
        })
    }

    fn one(&mut self, node: &Node, names: &[Node]) -> Node {
        let nothing = Node {
            kind: Kind::Null,
            at: node.at,
        };
        let fault = |text: String| Fault::new(Rule::Reference, node.at, text);
        let path: Option<Vec<String>> = names.iter().map(Node::scalar).collect();
        let Some(path) = path.filter(|path| !path.is_empty()) else {
            self.faults.add(
                fault("`!reference` must be a list of names".to_owned())
                    .hint("write `!reference [job, keyword]`"),
            );
            return nothing;
        };
        let shown = format!("!reference [{}]", path.join(", "));
        if self.path.contains(&path) {
            self.faults
                .add(fault(format!("`{shown}` leads back to itself")));
            return nothing;
        }
        self.count += 1;
        if self.path.len() >= DEEPEST || self.count > MOST {
            self.faults.add(fault(format!(
                "`{shown}` nests more than {DEEPEST} levels deep"
            )));
            return nothing;
        }
        if let Some(known) = self.done.get(&path) {
            return known.clone();
        }
        let Some(found) = self.find(&path) else {
            let jobs = self.top.iter().map(|(key, _)| &*key.text);
            let fault = Fault::new(
                Rule::Name,
                node.at,
                format!("`{shown}` names nothing that is there"),
            );
            self.faults.add(match self.top.contains(&path[0]) {
                true => fault,
                false => fault.near(&path[0], jobs),
            });
            return nothing;
        };
        self.path.push(path.clone());
        let resolved = self.node(&found);
        self.path.pop();
        self.done.insert(path, resolved.clone());
        resolved
    }

    /// What stands at the end of the path; a reference on the way is followed.
    fn find(&mut self, path: &[String]) -> Option<Node> {
        let mut at = self.top.get(&path[0])?.clone();
        for name in &path[1..] {
            at = match &at.kind {
                Kind::Reference(names) => {
                    let names = names.clone();
                    self.one(&at, &names)
                }
                Kind::Null
                | Kind::Bool(_)
                | Kind::Number(_)
                | Kind::Text(_)
                | Kind::List(_)
                | Kind::Map(_) => at,
            };
            at = match &at.kind {
                Kind::Map(map) => map.get(name)?.clone(),
                Kind::List(items) => items.get(name.parse::<usize>().ok()?)?.clone(),
                Kind::Null
                | Kind::Bool(_)
                | Kind::Number(_)
                | Kind::Text(_)
                | Kind::Reference(_) => return None,
            };
        }
        Some(at)
    }
}
