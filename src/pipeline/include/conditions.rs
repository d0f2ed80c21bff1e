//! `include:rules`.

use crate::yaml::Node;

use super::super::Conditions;
use super::super::expression::Expression;
use super::super::fault::{Fault, Faults, Rule};
use super::super::glob::Glob;
use super::super::value::{flat_strings, given};

/// Whether `include:rules` let the file in.
pub(super) fn applies(
    rules: &Node,
    conditions: Option<&Conditions<'_>>,
    faults: &mut Faults,
) -> bool {
    let Some(list) = rules.as_list() else {
        faults.add(Fault::new(
            Rule::Include,
            rules.at,
            "`include:rules` must be a list",
        ));
        return true;
    };
    for rule in list.iter().filter_map(Node::as_map) {
        let condition = given(rule, "if")
            .map(|node| (node, Expression::parse(&node.scalar().unwrap_or_default())));
        let holds = match (&condition, conditions) {
            (Some((node, Err(wrong))), _) => {
                let text = format!("`include:rules:if` is no condition: {}", wrong.text);
                faults.add(Fault::new(Rule::Expression, node.at, text));
                return true;
            }
            (_, None) => return true,
            (Some((_, Ok(expression))), Some(known)) => expression.is_true(known.variables),
            (None, Some(_)) => true,
        };
        let Some(known) = conditions else {
            return true;
        };
        let globs = |key: &str| -> Option<Vec<Glob>> {
            let node = given(rule, key)?;
            let paths = node.get("paths").unwrap_or(node);
            Some(
                flat_strings(paths)?
                    .iter()
                    .map(|one| Glob::new(one))
                    .collect(),
            )
        };
        let fits = |globs: Option<Vec<Glob>>, files: Option<&[String]>| match (globs, files) {
            (None, _) | (Some(_), None) => true,
            (Some(globs), Some(files)) => files
                .iter()
                .any(|file| globs.iter().any(|glob| glob.fits(file))),
        };
        if holds && fits(globs("exists"), known.files) && fits(globs("changes"), known.changed) {
            return rule.get("when").and_then(Node::as_text) != Some("never");
        }
    }
    false
}
