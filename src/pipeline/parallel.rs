//! `parallel`: one job as several, by number or by a matrix of variables.
//!
//! Source: GitLab, `lib/gitlab/ci/config/normalizer`: names are `job 1/3` and `job: [a, b]`; at most 200.

use crate::yaml::{Kind, Map, Node};

use super::fault::{Fault, Faults, Rule};
use super::value::{given, must};

const MOST: usize = 200;

/// What makes one of several jobs different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    /// Counted from 1.
    pub(crate) index: usize,
    pub(crate) total: usize,
    /// Of a matrix.
    pub(crate) variables: Vec<(String, String)>,
}

impl Instance {
    /// The name of this one of the jobs called `job`.
    pub(super) fn name(&self, job: &str) -> String {
        match self.variables.is_empty() {
            true => format!("{job} {}/{}", self.index, self.total),
            false => {
                let values: Vec<&str> = self
                    .variables
                    .iter()
                    .map(|(_, value)| value.as_str())
                    .collect();
                format!("{job}: [{}]", values.join(", "))
            }
        }
    }
}

/// The jobs that `parallel` makes of one.
pub(super) fn read(node: &Node, of: &str, faults: &mut Faults) -> Vec<Instance> {
    match &node.kind {
        Kind::Number(number) => match number
            .int()
            .and_then(|n| usize::try_from(n).ok())
            .filter(|n| (1..=MOST).contains(n))
        {
            Some(total) => (1..=total)
                .map(|index| Instance {
                    index,
                    total,
                    variables: Vec::new(),
                })
                .collect(),
            None => {
                faults.add(Fault::new(
                    Rule::Limit,
                    node.at,
                    format!("`parallel` of {of} must be from 1 to {MOST}"),
                ));
                Vec::new()
            }
        },
        Kind::Map(_) => {
            let all = combinations(node, of, faults).unwrap_or_default();
            let total = all.len();
            if total > MOST {
                let text =
                    format!("`parallel:matrix` of {of} makes {total} jobs; GitLab takes {MOST}");
                faults.add(Fault::new(Rule::Limit, node.at, text));
                return Vec::new();
            }
            let number = |(n, variables)| Instance {
                index: n + 1,
                total,
                variables,
            };
            all.into_iter().enumerate().map(number).collect()
        }
        Kind::Null => Vec::new(),
        Kind::Bool(_) | Kind::Text(_) | Kind::List(_) | Kind::Reference(_) => {
            faults.add(must(node, "parallel", of, "a number, or hold a `matrix`"));
            Vec::new()
        }
    }
}

/// Every combination of the values of a `matrix`, in order.
pub(super) fn combinations(
    node: &Node,
    of: &str,
    faults: &mut Faults,
) -> Option<Vec<Vec<(String, String)>>> {
    let map = node.as_map()?;
    let Some(items) = given(map, "matrix").and_then(Node::as_list) else {
        faults.add(must(node, "parallel:matrix", of, "a list"));
        return None;
    };
    let mut all = Vec::new();
    for item in items {
        match item.as_map() {
            Some(map) => all.extend(product(map, of, faults)),
            None => faults.add(must(
                item,
                "parallel:matrix",
                of,
                "a list of names with values",
            )),
        }
        // Far too many are counted no further.
        if all.len() > MOST * 10 {
            break;
        }
    }
    Some(all)
}

fn product(map: &Map, of: &str, faults: &mut Faults) -> Vec<Vec<(String, String)>> {
    let mut rows: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for (key, node) in map.iter() {
        let values: Option<Vec<String>> = match node.as_list() {
            Some(items) => items.iter().map(Node::scalar).collect(),
            None => node.scalar().map(|one| vec![one]),
        };
        let Some(values) = values.filter(|values| !values.is_empty()) else {
            faults.add(must(
                node,
                &format!("parallel:matrix:{}", key.text),
                of,
                "a string or a list of strings",
            ));
            continue;
        };
        let longer = rows.iter().flat_map(|row| {
            values.iter().map(|value| {
                let mut row = row.clone();
                row.push((key.text.to_string(), value.clone()));
                row
            })
        });
        // What is refused anyway needs no more memory.
        rows = longer.take(MOST * 10 + 1).collect();
    }
    rows
}
