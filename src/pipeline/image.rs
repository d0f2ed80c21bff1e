//! `image:` and `services:`, as a name or as a mapping, into the job's own type.

use serde_yaml::{Mapping, Value};

use crate::job::{ExecutorOptions, ImageSpec};

use super::fault::{Fault, Faults};
use super::value::{scalar, strings};
use super::variables;

/// Reads one image or service; `keyword` is `image` or `services`.
pub(super) fn read(
    found: &Value,
    keyword: &str,
    place: &str,
    faults: &mut Faults,
) -> Option<ImageSpec> {
    match found {
        Value::String(name) if !name.trim().is_empty() => Some(ImageSpec {
            name: name.clone(),
            ..ImageSpec::default()
        }),
        Value::Mapping(map) => Some(detail(map, keyword, place, faults)),
        _ => {
            faults.add(Fault::new(format!(
                "`{keyword}` of {place} must be a name, or hold a `name`"
            )));
            None
        }
    }
}

pub(super) fn read_services(found: &Value, place: &str, faults: &mut Faults) -> Vec<ImageSpec> {
    match found {
        Value::Sequence(items) => items
            .iter()
            .filter_map(|item| read(item, "services", place, faults))
            .collect(),
        _ => {
            faults.add(Fault::new(format!("`services` of {place} must be a list")));
            Vec::new()
        }
    }
}

fn detail(map: &Mapping, keyword: &str, place: &str, faults: &mut Faults) -> ImageSpec {
    let mut spec = ImageSpec::default();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match map
        .get("name")
        .and_then(text)
        .filter(|name| !name.trim().is_empty())
    {
        Some(name) => spec.name = name,
        None => faults.add(Fault::new(format!("`{keyword}` of {place} has no `name`"))),
    }
    let mut wants = |key: &str, kind: &str, read: Option<Option<()>>| {
        if read == Some(None) {
            faults.add(Fault::new(format!(
                "`{keyword}:{key}` of {place} must be {kind}"
            )));
        }
    };
    let words = "a list of strings";
    wants(
        "entrypoint",
        words,
        map.get("entrypoint")
            .map(|found| strings(found).map(|list| spec.entrypoint = list)),
    );
    wants(
        "command",
        words,
        map.get("command")
            .map(|found| strings(found).map(|list| spec.command = list)),
    );
    wants(
        "alias",
        "a string",
        map.get("alias")
            .map(|found| text(found).map(|alias| spec.alias = alias)),
    );
    wants(
        "pull_policy",
        "always, if-not-present or never, or a list of them",
        map.get("pull_policy").map(|found| {
            strings(found)
                .filter(|list| {
                    list.iter().all(|policy| {
                        ["always", "if-not-present", "never"].contains(&policy.as_str())
                    })
                })
                .map(|list| spec.pull_policy = list)
        }),
    );
    wants(
        "docker",
        "a mapping",
        map.get("docker").map(|found| {
            found
                .as_mapping()
                .map(|docker| spec.executor_opts = options(docker))
        }),
    );
    if let Some(found) = map.get("variables") {
        spec.variables = variables::read(found, &format!("a service of {place}"), faults);
    }
    spec
}

fn options(docker: &Mapping) -> ExecutorOptions {
    let mut options = ExecutorOptions::default();
    // A user may be a number; GitLab makes it a string.
    options.docker.user = docker.get("user").and_then(scalar).unwrap_or_default();
    options.docker.platform = docker.get("platform").and_then(scalar).unwrap_or_default();
    options
}
