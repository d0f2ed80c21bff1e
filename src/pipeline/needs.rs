//! `needs` and `dependencies`.

use crate::yaml::{Kind, Map, Node, Place};

use super::fault::{Fault, Faults, Rule};
use super::value::{flag, flattened, given, must, text};

/// Most needs of a job. Source: GitLab's application setting `ci_needs_size_limit`.
const MOST: usize = 50;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) job: String,
    pub(crate) artifacts: bool,
    pub(crate) optional: bool,
    /// Of a matrix: these values only.
    pub(crate) matrix: Option<Vec<Vec<(String, String)>>>,
    pub(crate) at: Place,
}

impl Need {
    /// Of one of the jobs that a matrix makes: `$[[ matrix.NAME ]]` is its own value.
    ///
    /// Source: GitLab's reference, "Matrix expressions".
    pub(super) fn settle(&mut self, own: &[(String, String)]) {
        for (_, value) in self.matrix.iter_mut().flatten().flatten() {
            for (name, own) in own {
                for block in [
                    format!("$[[ matrix.{name} ]]"),
                    format!("$[[matrix.{name}]]"),
                ] {
                    *value = value.replace(&block, own);
                }
            }
        }
    }
}

pub(super) fn read(found: &Node, of: &str, faults: &mut Faults) -> Vec<Need> {
    let items: Vec<Node> = match &found.kind {
        Kind::List(items) => flattened(items),
        Kind::Text(_) | Kind::Map(_) => vec![found.clone()],
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Reference(_) => {
            faults.add(must(found, "needs", of, "a list of jobs"));
            return Vec::new();
        }
    };
    if items.len() > MOST {
        faults.add(Fault::new(
            Rule::Limit,
            found.at,
            format!("{of} has {} `needs`; GitLab takes {MOST}", items.len()),
        ));
    }
    items
        .iter()
        .filter_map(|item| one(item, of, faults))
        .collect()
}

/// `None`: of another pipeline or project, whose artifacts only GitLab has.
fn one(item: &Node, of: &str, faults: &mut Faults) -> Option<Need> {
    match &item.kind {
        Kind::Text(job) => Some(Need {
            job: job.to_string(),
            artifacts: true,
            optional: false,
            matrix: None,
            at: item.at,
        }),
        Kind::Map(map) => {
            if map.contains("pipeline") || map.contains("project") {
                return None;
            }
            let Some(job) = text(map, "needs:job", of, faults) else {
                faults.add(Fault::new(
                    Rule::Value,
                    item.at,
                    format!("each of `needs` of {of} must be a job, or hold a `job`"),
                ));
                return None;
            };
            Some(Need {
                job,
                artifacts: flag(map, "needs:artifacts", of, faults).unwrap_or(true),
                optional: flag(map, "needs:optional", of, faults).unwrap_or(false),
                matrix: given(map, "parallel")
                    .and_then(|node| super::parallel::combinations(node, of, faults)),
                at: item.at,
            })
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::List(_) | Kind::Reference(_) => {
            faults.add(must(item, "needs", of, "a list of jobs"));
            None
        }
    }
}

/// Whether `needs` names jobs of other pipelines.
pub(super) fn from_elsewhere(found: &Node) -> bool {
    let elsewhere = |map: &Map| map.contains("pipeline") || map.contains("project");
    found
        .as_list()
        .into_iter()
        .flatten()
        .filter_map(Node::as_map)
        .any(elsewhere)
}
