//! `rules`: the first that holds says whether a job exists, and how.
//!
//! Source: GitLab, `lib/gitlab/ci/build/rules` and `lib/gitlab/ci/config/entry/rules`.

use crate::job::Variable;
use crate::yaml::{Map, Node};

use super::expression::Expression;
use super::fault::{Fault, Faults, Rule as Kind};
use super::glob::Glob;
use super::job::{AllowFailure, When};
use super::needs::Need;
use super::value::{flag, flat_strings, flattened, given, must, one_of, seconds};
use super::{Conditions, needs, variables};

/// Most paths of `changes` or `exists`. Source: GitLab's reference, `rules:changes`.
const MOST_PATHS: usize = 50;

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// With its text.
    condition: Option<(String, Option<Expression>)>,
    changes: Option<Changes>,
    exists: Option<Vec<String>>,
    pub(crate) when: Option<When>,
    pub(crate) start_in_secs: Option<u64>,
    pub(crate) allow_failure: Option<AllowFailure>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) needs: Option<Vec<Need>>,
}

#[derive(Clone, Debug)]
struct Changes {
    paths: Vec<String>,
    compare_to: Option<String>,
}

/// Which `rules` they are: of a job, or of the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Job,
    Workflow,
}

const WHENS: [&str; 6] = [
    "on_success",
    "on_failure",
    "always",
    "manual",
    "delayed",
    "never",
];

pub(super) fn read(node: &Node, of: &str, whose: Of, faults: &mut Faults) -> Vec<Rule> {
    let Some(items) = node.as_list() else {
        if !node.is_null() {
            faults.add(must(node, "rules", of, "a list"));
        }
        return Vec::new();
    };
    if items.is_empty() {
        faults.add(Fault::new(
            Kind::Rules,
            node.at,
            format!("`rules` of {of} are empty"),
        ));
    }
    let mut rules = Vec::new();
    for item in flattened(items) {
        match item.as_map() {
            Some(map) => rules.push(one(map, &item, of, whose, faults)),
            None => faults.add(
                must(&item, "rules", of, "a list of mappings")
                    .hint("write `- if: …`, with a dash before each rule"),
            ),
        }
    }
    rules
}

fn one(map: &Map, item: &Node, of: &str, whose: Of, faults: &mut Faults) -> Rule {
    let condition = given(map, "if").map(|node| {
        let text = node.scalar().unwrap_or_default();
        let read = match node.scalar() {
            Some(text) => condition(&text, node, of),
            None => Err(must(node, "rules:if", of, "an expression")),
        };
        (text, faults.take(read))
    });
    let when = match whose {
        Of::Job => one_of(map, "rules:when", &WHENS, of, faults),
        Of::Workflow => one_of(map, "rules:when", &["always", "never"], of, faults),
    };
    let when = when.and_then(When::of);
    let start_in_secs = seconds(map, "rules:start_in", of, faults);
    if when == Some(When::Delayed) && !map.contains("start_in") {
        faults.add(Fault::new(
            Kind::Rules,
            item.at,
            format!("a rule of {of} has `when: delayed` and no `start_in`"),
        ));
    }
    Rule {
        condition,
        changes: given(map, "changes").and_then(|node| changes(node, of, faults)),
        exists: given(map, "exists").and_then(|node| paths(node, "exists", of, faults)),
        when,
        start_in_secs,
        allow_failure: given(map, "allow_failure").map(|_| {
            match flag(map, "rules:allow_failure", of, faults) {
                Some(true) => AllowFailure::Yes,
                Some(false) | None => AllowFailure::No,
            }
        }),
        variables: given(map, "variables")
            .map(|node| variables::read(node, of, faults))
            .unwrap_or_default(),
        needs: given(map, "needs").map(|node| needs::read(node, of, faults)),
    }
}

/// An expression, or a fault that says where in it the trouble is.
pub(super) fn condition(text: &str, node: &Node, of: &str) -> Result<Expression, Fault> {
    Expression::parse(text).map_err(|wrong| {
        let fault = Fault::new(
            Kind::Expression,
            node.at,
            format!("`{text}` of {of} is no condition: {}", wrong.text),
        );
        match wrong.hint {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    })
}

fn changes(node: &Node, of: &str, faults: &mut Faults) -> Option<Changes> {
    let compare_to = node.get("compare_to").and_then(Node::scalar);
    let list = match node.as_map() {
        Some(map) => map.get("paths").unwrap_or(node),
        None => node,
    };
    Some(Changes {
        paths: paths(list, "changes", of, faults)?,
        compare_to,
    })
}

fn paths(node: &Node, keyword: &str, of: &str, faults: &mut Faults) -> Option<Vec<String>> {
    let list = match node.as_map() {
        Some(map) if keyword == "exists" => map.get("paths").unwrap_or(node),
        Some(_) | None => node,
    };
    let Some(found) = flat_strings(list) else {
        faults.add(must(
            list,
            &format!("rules:{keyword}"),
            of,
            "a list of paths",
        ));
        return None;
    };
    if found.len() > MOST_PATHS {
        let text = format!(
            "`rules:{keyword}` of {of} has {} paths; GitLab takes {MOST_PATHS}",
            found.len()
        );
        faults.add(Fault::new(Kind::Limit, list.at, text));
    }
    Some(found)
}

impl Rule {
    pub(crate) fn holds(&self, known: &Conditions<'_>) -> bool {
        let condition = match &self.condition {
            None => true,
            Some((_, Some(expression))) => expression.is_true(known.variables),
            // Told as a fault.
            Some((_, None)) => false,
        };
        condition
            && self
                .changes
                .as_ref()
                .is_none_or(|changes| any(&changes.paths, known.changed, known))
            && self
                .exists
                .as_ref()
                .is_none_or(|paths| any(paths, known.files, known))
    }

    /// The rule in its own words.
    pub(crate) fn shown(&self) -> String {
        let mut parts = Vec::new();
        if let Some((text, _)) = &self.condition {
            parts.push(format!("`if: {text}`"));
        }
        if let Some(changes) = &self.changes {
            let to = changes
                .compare_to
                .as_ref()
                .map_or(String::new(), |to| format!(" against {to}"));
            parts.push(format!("`changes: {}`{to}", changes.paths.join(", ")));
        }
        if let Some(paths) = &self.exists {
            parts.push(format!("`exists: {}`", paths.join(", ")));
        }
        match parts.is_empty() {
            true => "the rule without a condition".to_owned(),
            false => parts.join(" and "),
        }
    }

    /// Whether these variables alone decide whether it holds.
    pub(super) fn asks_only_for(&self, variables: &[&str]) -> bool {
        let asked = self.names();
        self.changes.is_none()
            && self.exists.is_none()
            && asked.iter().all(|name| variables.contains(name))
    }

    /// The variables its condition asks for.
    pub(crate) fn names(&self) -> Vec<&str> {
        match &self.condition {
            Some((_, Some(expression))) => expression.names(),
            Some((_, None)) | None => Vec::new(),
        }
    }
}

/// Where the files are not known, a rule about them holds, as in GitLab for an event without a range.
fn any(patterns: &[String], files: Option<&[String]>, known: &Conditions<'_>) -> bool {
    let Some(files) = files else { return true };
    let globs: Vec<Glob> = patterns
        .iter()
        .map(|pattern| Glob::new(&super::expand::expand(pattern, known.variables)))
        .collect();
    files
        .iter()
        .any(|file| globs.iter().any(|glob| glob.fits(file)))
}

/// The first that holds.
pub(crate) fn first<'a>(rules: &'a [Rule], known: &Conditions<'_>) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.holds(known))
}
