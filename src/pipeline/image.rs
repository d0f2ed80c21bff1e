//! `image:` and `services:`, as a name or as a mapping, into the job's own type.

use crate::job::{ExecutorOptions, ImageSpec};
use crate::yaml::{Kind, Map, Node};

use super::fault::{Fault, Faults, Rule};
use super::value::{flat_strings, flattened, given, list, must, text};
use super::variables;

/// Reads one image or service; `keyword` is `image` or `services`.
pub(super) fn read(
    found: &Node,
    keyword: &str,
    of: &str,
    faults: &mut Faults,
) -> Option<ImageSpec> {
    match &found.kind {
        Kind::Text(name) if !name.trim().is_empty() => Some(ImageSpec {
            name: name.to_string(),
            ..ImageSpec::default()
        }),
        Kind::Map(map) => Some(detail(map, found, keyword, of, faults)),
        Kind::Null
        | Kind::Bool(_)
        | Kind::Number(_)
        | Kind::Text(_)
        | Kind::List(_)
        | Kind::Reference(_) => {
            faults.add(must(found, keyword, of, "a name, or hold a `name`"));
            None
        }
    }
}

pub(super) fn read_services(found: &Node, of: &str, faults: &mut Faults) -> Vec<ImageSpec> {
    match &found.kind {
        Kind::List(items) => flattened(items)
            .iter()
            .filter_map(|item| read(item, "services", of, faults))
            .collect(),
        Kind::Null => Vec::new(),
        Kind::Bool(_) | Kind::Number(_) | Kind::Text(_) | Kind::Map(_) | Kind::Reference(_) => {
            faults.add(must(found, "services", of, "a list"));
            Vec::new()
        }
    }
}

fn detail(map: &Map, found: &Node, keyword: &str, of: &str, faults: &mut Faults) -> ImageSpec {
    let mut spec = ImageSpec::default();
    match given(map, "name")
        .and_then(Node::as_text)
        .filter(|name| !name.trim().is_empty())
    {
        Some(name) => spec.name = name.to_owned(),
        None => faults.add(Fault::new(
            Rule::Value,
            found.at,
            format!("`{keyword}` of {of} has no `name`"),
        )),
    }
    let full = |key: &str| format!("{keyword}:{key}");
    spec.entrypoint = list(map, &full("entrypoint"), of, faults).unwrap_or_default();
    spec.command = list(map, &full("command"), of, faults).unwrap_or_default();
    spec.alias = text(map, &full("alias"), of, faults).unwrap_or_default();
    if let Some(node) = given(map, "pull_policy") {
        let known = ["always", "if-not-present", "never"];
        match flat_strings(node).filter(|list| list.iter().all(|one| known.contains(&one.as_str())))
        {
            Some(policies) => spec.pull_policy = policies,
            None => faults.add(must(
                node,
                &full("pull_policy"),
                of,
                "always, if-not-present or never, or a list of them",
            )),
        }
    }
    if let Some(node) = given(map, "docker") {
        match node.as_map() {
            Some(docker) => spec.executor_opts = options(docker),
            None => faults.add(must(node, &full("docker"), of, "a mapping")),
        }
    }
    if let Some(node) = given(map, "variables") {
        spec.variables = variables::read(node, &format!("a service of {of}"), faults);
    }
    spec
}

fn options(docker: &Map) -> ExecutorOptions {
    let mut options = ExecutorOptions::default();
    // A user may be a number; GitLab makes it a string.
    options.docker.user = docker
        .get("user")
        .and_then(Node::scalar)
        .unwrap_or_default();
    options.docker.platform = docker
        .get("platform")
        .and_then(Node::scalar)
        .unwrap_or_default();
    options
}
