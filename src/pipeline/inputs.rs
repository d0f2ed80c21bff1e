//! `spec:inputs`: what a file declares, what it is given, and `$[[ … ]]` replaced by it.
//!
//! Source: GitLab, `lib/gitlab/ci/config/interpolation`; types, options and patterns are checked before anything is replaced.

mod blocks;
mod declared;
mod header;

use std::collections::BTreeMap;

use crate::yaml::{Node, Place};

use super::expression::Lookup;
use super::fault::{Fault, Faults, Rule};

pub(crate) use declared::Declared;
pub(super) use header::{Header, split};

/// Longest text of one value, characters. Source: GitLab, `input` strings.
const LONGEST: usize = 1024 * 1024;

/// Names and values, as `include:inputs` or `--input` give them.
pub(crate) type Given = BTreeMap<String, Node>;

/// What `$[[ component.… ]]` may name.
#[derive(Clone, Debug, Default)]
pub(super) struct Component(pub(super) BTreeMap<&'static str, String>);

/// The content of a file with its inputs in place. `from`: where the inputs were given.
pub(super) fn fill(
    content: &Node,
    header: &Header,
    given: &Given,
    component: &Component,
    from: Place,
    variables: Lookup<'_>,
    faults: &mut Faults,
) -> Node {
    let values = values(header, given, from, faults);
    let names: Vec<&str> = header
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let known = blocks::Known {
        values: &values,
        names: &names,
        component,
        variables,
    };
    blocks::filled(content, &known, faults)
}

/// Every declared input with its value, given or default.
fn values(
    header: &Header,
    given: &Given,
    from: Place,
    faults: &mut Faults,
) -> BTreeMap<String, Node> {
    let mut values: BTreeMap<String, Node> = BTreeMap::new();
    for (name, node) in given {
        if !header.inputs.iter().any(|input| input.name == *name) {
            let known = header.inputs.iter().map(|input| input.name.as_str());
            let at = if node.at.line == 0 { from } else { node.at };
            faults.add(
                Fault::new(Rule::Input, at, format!("there is no input `{name}`"))
                    .near(name, known),
            );
        }
    }
    for input in &header.inputs {
        let now = input.under(&values);
        let value = match given.get(&input.name) {
            Some(node) => Some((node.clone(), true)),
            None => now.default.clone().map(|node| (node, false)),
        };
        let Some((node, was_given)) = value else {
            let text = format!("the input `{}` has no value, and no default", input.name);
            faults.add(Fault::new(Rule::Input, from, text).hint(format!(
                "give it one: below `include`, `inputs: {{{}: …}}`; on the command line, `--input {}=…`",
                input.name, input.name
            )));
            continue;
        };
        let node = if was_given { now.typed(&node) } else { node };
        match now.check(&node) {
            Ok(()) => {
                values.insert(input.name.clone(), node);
            }
            Err(why) => {
                let at = match (was_given, node.at.line) {
                    (true, 0) => from,
                    (true | false, _) => node.at,
                };
                faults.add(Fault::new(Rule::Input, at, why));
            }
        }
    }
    values
}
