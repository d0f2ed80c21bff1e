//! `artifacts:` into what a job uploads: one archive, and one entry for each report.

use serde_yaml::{Mapping, Value};

use crate::job::ArtifactSpec;

use super::duration;
use super::fault::{Fault, Faults};
use super::value::strings;

pub(super) fn read(found: &Value, place: &str, faults: &mut Faults) -> Vec<ArtifactSpec> {
    let Value::Mapping(map) = found else {
        faults.add(Fault::new(format!(
            "`artifacts` of {place} must hold `paths`, `untracked` or `reports`"
        )));
        return Vec::new();
    };
    let mut specs = Vec::new();
    let archive = archive(map, place, faults);
    if !archive.paths.is_empty() || archive.untracked {
        specs.push(archive);
    }
    match map.get("reports") {
        None => {}
        Some(Value::Mapping(reports)) => {
            let kept = reports
                .iter()
                .filter_map(|(kind, files)| faults.take(report(kind, files, place)));
            specs.extend(kept);
        }
        Some(_) => faults.add(Fault::new(format!(
            "`artifacts:reports` of {place} must be kinds of reports with files"
        ))),
    }
    if specs.is_empty() && faults.is_empty() {
        faults.add(
            Fault::new(format!("`artifacts` of {place} names nothing to keep"))
                .hint("add `paths`, `untracked: true` or `reports`"),
        );
    }
    specs
}

fn archive(map: &Mapping, place: &str, faults: &mut Faults) -> ArtifactSpec {
    let mut list = |key: &str| match map.get(key).map(strings) {
        None => Vec::new(),
        Some(Some(paths)) => paths,
        Some(None) => {
            faults.add(Fault::new(format!(
                "`artifacts:{key}` of {place} must be a list of paths"
            )));
            Vec::new()
        }
    };
    let (paths, exclude) = (list("paths"), list("exclude"));
    let untracked = match map.get("untracked") {
        None => false,
        Some(Value::Bool(flag)) => *flag,
        Some(_) => {
            faults.add(Fault::new(format!(
                "`artifacts:untracked` of {place} must be true or false"
            )));
            false
        }
    };
    let when = text(map, "when").unwrap_or_else(|| "on_success".to_owned());
    if !["on_success", "on_failure", "always"].contains(&when.as_str()) {
        faults.add(Fault::new(format!(
            "`artifacts:when` of {place} must be on_success, on_failure or always"
        )));
    }
    let expire_in = text(map, "expire_in").unwrap_or_default();
    if !expire_in.is_empty() && expire_in != "never" && duration::seconds(&expire_in).is_none() {
        faults.add(
            Fault::new(format!(
                "`artifacts:expire_in` of {place} is no duration: `{expire_in}`"
            ))
            .hint(duration::HINT),
        );
    }
    ArtifactSpec {
        name: text(map, "name").unwrap_or_default(),
        untracked,
        paths,
        exclude,
        when,
        artifact_type: "archive".to_owned(),
        artifact_format: "zip".to_owned(),
        expire_in,
    }
}

/// Reports are uploaded whatever became of the script. Source: GitLab, `lib/gitlab/ci/build/artifacts`.
fn report(kind: &Value, files: &Value, place: &str) -> Result<ArtifactSpec, Fault> {
    let kind = kind.as_str().unwrap_or_default();
    let paths = match files {
        Value::Mapping(detail) if kind == "coverage_report" => detail.get("path").and_then(strings),
        other => strings(other),
    };
    let Some(paths) = paths else {
        return Err(Fault::new(format!(
            "`artifacts:reports:{kind}` of {place} must be a path or a list of paths"
        )));
    };
    Ok(ArtifactSpec {
        name: if kind == "dotenv" {
            String::new()
        } else {
            format!("{kind}.xml")
        },
        paths,
        when: "always".to_owned(),
        artifact_type: kind.to_owned(),
        artifact_format: "gzip".to_owned(),
        ..ArtifactSpec::default()
    })
}

fn text(map: &Mapping, key: &str) -> Option<String> {
    map.get(key).and_then(Value::as_str).map(str::to_owned)
}
