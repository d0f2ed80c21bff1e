//! `artifacts:` into what a job uploads: one archive, and one entry for each report.

use crate::job::ArtifactSpec;
use crate::yaml::{Key, Map, Node};

use super::duration;
use super::fault::{Fault, Faults, Rule};
use super::value::{flag, flat_strings, given, list, must, one_of, text};

pub(super) fn read(found: &Node, of: &str, faults: &mut Faults) -> Vec<ArtifactSpec> {
    let Some(map) = found.as_map() else {
        if !found.is_null() {
            faults.add(must(
                found,
                "artifacts",
                of,
                "a mapping with `paths`, `untracked` or `reports`",
            ));
        }
        return Vec::new();
    };
    let mut specs = Vec::new();
    let archive = archive(map, of, faults);
    if !archive.paths.is_empty() || archive.untracked {
        specs.push(archive);
    }
    match given(map, "reports") {
        None => {}
        Some(node) => match node.as_map() {
            Some(reports) => {
                for (kind, files) in reports.iter().filter(|(_, files)| !files.is_null()) {
                    let read = report(kind, files, of);
                    specs.extend(faults.take(read));
                }
            }
            None => faults.add(must(
                node,
                "artifacts:reports",
                of,
                "kinds of reports with files",
            )),
        },
    }
    one_of(
        map,
        "artifacts:access",
        &["all", "developer", "maintainer", "none"],
        of,
        faults,
    );
    flag(map, "artifacts:public", of, faults);
    if let Some(node) = given(map, "expose_as")
        && !map.contains("paths")
    {
        faults.add(Fault::new(
            Rule::Value,
            node.at,
            format!("`artifacts:expose_as` of {of} needs `artifacts:paths`"),
        ));
    }
    specs
}

fn archive(map: &Map, of: &str, faults: &mut Faults) -> ArtifactSpec {
    let words = ["on_success", "on_failure", "always"];
    let when = one_of(map, "artifacts:when", &words, of, faults)
        .unwrap_or("on_success")
        .to_owned();
    let expire_in = text(map, "artifacts:expire_in", of, faults).unwrap_or_default();
    if !expire_in.is_empty()
        && expire_in != "never"
        && !expire_in.contains('$')
        && duration::seconds(&expire_in).is_none()
        && let Some(node) = map.get("expire_in")
    {
        let text = format!("`artifacts:expire_in` of {of} is no duration: `{expire_in}`");
        faults.add(Fault::new(Rule::Value, node.at, text).hint(duration::HINT));
    }
    ArtifactSpec {
        name: text(map, "artifacts:name", of, faults).unwrap_or_default(),
        untracked: flag(map, "artifacts:untracked", of, faults).unwrap_or(false),
        paths: list(map, "artifacts:paths", of, faults).unwrap_or_default(),
        exclude: list(map, "artifacts:exclude", of, faults).unwrap_or_default(),
        when,
        artifact_type: "archive".to_owned(),
        artifact_format: "zip".to_owned(),
        expire_in,
    }
}

/// Reports are uploaded whatever became of the script. Source: GitLab, `lib/gitlab/ci/build/artifacts`.
fn report(kind: &Key, files: &Node, of: &str) -> Result<ArtifactSpec, Fault> {
    let name = &*kind.text;
    let paths = match files.as_map() {
        Some(detail) if name == "coverage_report" => detail.get("path").and_then(flat_strings),
        Some(_) => None,
        None => flat_strings(files),
    };
    let Some(paths) = paths else {
        return Err(must(
            files,
            &format!("artifacts:reports:{name}"),
            of,
            "a path or a list of paths",
        ));
    };
    Ok(ArtifactSpec {
        name: if name == "dotenv" {
            String::new()
        } else {
            format!("{name}.xml")
        },
        paths,
        when: "always".to_owned(),
        artifact_type: name.to_owned(),
        artifact_format: "gzip".to_owned(),
        ..ArtifactSpec::default()
    })
}
