//! `extends`: a job over the jobs and templates it names.
//!
//! Source: GitLab, `lib/gitlab/ci/config/extendable/entry.rb`: at most eleven levels, later names win, the job itself over all.

use std::collections::HashMap;

use crate::yaml::{Map, Node};

use super::fault::{Fault, Faults, Rule};
use super::tree::merged;
use super::value::strings;

const DEEPEST: usize = 11;

pub(super) fn resolve(top: &Map, faults: &mut Faults) -> Map {
    let mut extender = Extender {
        top,
        faults,
        path: Vec::new(),
        done: HashMap::new(),
    };
    let mut result = Map::default();
    for (key, value) in top.iter() {
        let value = match value.as_map() {
            Some(map) if map.contains("extends") => {
                Node::map(extender.job(&key.text, map), value.at)
            }
            Some(_) | None => value.clone(),
        };
        result.set(key.clone(), value);
    }
    result
}

struct Extender<'a> {
    top: &'a Map,
    faults: &'a mut Faults,
    /// Jobs that are being extended, outermost first.
    path: Vec<String>,
    done: HashMap<String, Map>,
}

impl Extender<'_> {
    /// The job with everything it extends; without the keyword.
    fn job(&mut self, name: &str, body: &Map) -> Map {
        if let Some(done) = self.done.get(name) {
            return done.clone();
        }
        let Some((key, found)) = body.entry("extends") else {
            return body.clone();
        };
        let fault = |text: String| Fault::new(Rule::Extends, found.at, text);
        let Some(parents) = strings(found) else {
            self.faults.add(fault(format!(
                "`extends` of `{name}` must be a name or a list of names"
            )));
            return without(body);
        };
        if self.path.len() >= DEEPEST {
            self.faults.add(Fault::new(
                Rule::Extends,
                key.at,
                format!(
                    "`extends` of `{}` is more than {DEEPEST} levels deep",
                    self.path[0]
                ),
            ));
            return without(body);
        }
        self.path.push(name.to_owned());
        let mut base = Map::default();
        for parent in parents {
            if let Some(start) = self.path.iter().position(|known| *known == parent) {
                let mut circle: Vec<String> = self.path[start..]
                    .iter()
                    .map(|one| format!("`{one}`"))
                    .collect();
                circle.push(format!("`{parent}`"));
                self.faults.add(fault(format!(
                    "`extends` runs in a circle: {}",
                    circle.join(" → ")
                )));
                continue;
            }
            match self.top.get(&parent).and_then(Node::as_map) {
                Some(map) => {
                    let map = map.clone();
                    base = merged(&base, &self.job(&parent, &map));
                }
                None => {
                    let known = self
                        .top
                        .iter()
                        .filter(|(_, value)| value.as_map().is_some());
                    let names: Vec<&str> = known.map(|(key, _)| &*key.text).collect();
                    self.faults.add(
                        Fault::new(
                            Rule::Name,
                            found.at,
                            format!("`extends` of `{name}` names `{parent}`, which is not there"),
                        )
                        .near(&parent, names),
                    );
                }
            }
        }
        self.path.pop();
        let whole = merged(&base, &without(body));
        self.done.insert(name.to_owned(), whole.clone());
        whole
    }
}

fn without(body: &Map) -> Map {
    let mut rest = body.clone();
    rest.remove("extends");
    rest
}
