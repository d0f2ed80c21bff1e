//! What a job runs, and what of it only GitLab can give.

use crate::yaml::{Key, Map};

use super::super::fault::{Fault, Faults, Rule as Kind};
use super::super::needs;
use super::super::value::{given, script};

pub(super) fn lines(
    body: &Map,
    keyword: &str,
    of: &str,
    faults: &mut Faults,
) -> Option<Vec<String>> {
    let found = given(body, keyword)?;
    let read = script(found, keyword, of);
    faults.take(read)
}

/// What the job runs: nothing for one that triggers a pipeline. `None`: not a job.
pub(super) fn script_of(
    key: &Key,
    body: &Map,
    of: &str,
    faults: &mut Faults,
) -> Option<Vec<String>> {
    if given(body, "trigger").is_some() {
        for keyword in ["script", "run"] {
            if let Some((other, _)) = body.entry(keyword) {
                let text = format!("{of} has `trigger` and `{keyword}`: one job does one of them");
                faults.add(Fault::new(Kind::Value, other.at, text));
            }
        }
        return Some(Vec::new());
    }
    if given(body, "run").is_some() {
        return Some(Vec::new());
    }
    let at = body.get("script").map_or(key.at, |node| node.at);
    let Some(found) = given(body, "script") else {
        // Source: GitLab: a job that takes artifacts from another pipeline and no more is a bridge without a trigger.
        if body
            .get("needs")
            .is_some_and(|node| needs::from_elsewhere(node) || node.get("pipeline").is_some())
        {
            return Some(Vec::new());
        }
        faults.add(
            Fault::new(Kind::Empty, at, format!("the job {of} has no `script`"))
                .hint("a template that runs nothing begins its name with a dot"),
        );
        return None;
    };
    let read = script(found, "script", of);
    let own = faults.take(read)?;
    if own.is_empty() || own.iter().all(|line| line.trim().is_empty()) {
        faults.add(Fault::new(
            Kind::Empty,
            found.at,
            format!("the `script` of {of} is empty"),
        ));
    }
    let before = lines(body, "before_script", of, faults).unwrap_or_default();
    Some(before.into_iter().chain(own).collect())
}

pub(super) fn beyond(body: &Map) -> Vec<&'static str> {
    let mut beyond: Vec<&'static str> = [
        "id_tokens",
        "secrets",
        "identity",
        "release",
        "run",
        "dast_configuration",
    ]
    .into_iter()
    .filter(|keyword| given(body, keyword).is_some())
    .collect();
    if given(body, "needs").is_some_and(needs::from_elsewhere) {
        beyond.push("needs:project");
    }
    beyond
}
