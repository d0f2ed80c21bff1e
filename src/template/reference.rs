//! What the operator keeps in the reference repository beside the templates: the portal's entities, its software templates,
//! boilerplates. Placeholders are filled in, and what the portal or the state machine would stumble over is told before it is
//! published. Pure but for reading a directory.
//!
//! Sources: the platform's reference repository, both revisions; Backstage, "Descriptor Format of Catalog Entities".

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize as _;
use serde_yaml::Value;

use super::edition::belongs;
use crate::error::{Cause, Error, Result};

/// What Backstage is configured to read, in both revisions of the platform.
const LOCATIONS: [&str; 3] = [
    "catalog/all-environments.yaml",
    "catalog/all-environment-providers.yaml",
    "templates/all-templates.yaml",
];
const MOST_FILES: usize = 5000;
const MOST_BYTES: u64 = 8 << 20;

/// A file and whether it may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) executable: bool,
}

pub(super) type Files = BTreeMap<String, Content>;

/// What placeholders stand for.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) gitlab_host: String,
    /// Twelve digits.
    pub(crate) account: Option<String>,
}

/// Everything below the directory but `.git`.
pub(super) fn read(directory: &Path, places: &Places) -> Result<Files> {
    let unread = |error: std::io::Error| {
        Error::usage(format!(
            "cannot read the reference files in `{}`",
            directory.display()
        ))
        .caused_by(error)
    };
    let mut files = Files::new();
    gather(directory, "", &mut files).map_err(unread)?;
    let mut wrong = Vec::new();
    for (path, content) in &mut files {
        if belongs(path) {
            wrong.push(format!(
                "`{path}`: this place is the pipeline templates' own"
            ));
        }
        if path.ends_with(".yaml")
            && let Ok(text) = std::str::from_utf8(&content.bytes)
        {
            match filled(text, places) {
                Ok(text) => content.bytes = text.into_bytes(),
                Err(why) => {
                    wrong.push(format!("`{path}`: {why}"));
                    // What else is wrong with it is told as if an account had been named.
                    let any = Places {
                        account: Some("0".repeat(12)),
                        ..places.clone()
                    };
                    if let Ok(text) = filled(text, &any) {
                        content.bytes = text.into_bytes();
                    }
                }
            }
        }
    }
    wrong.extend(check(&files));
    if wrong.is_empty() {
        return Ok(files);
    }
    let mut error = Error::usage(format!(
        "`{}` is not fit to be published; nothing was",
        directory.display()
    ));
    for one in wrong.iter().take(20) {
        error = error.caused_by(Cause::line(one));
    }
    Err(error)
}

fn gather(directory: &Path, inner: &str, files: &mut Files) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut entries: Vec<_> = std::fs::read_dir(directory)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| {
            std::io::Error::other(format!("`{}` is no UTF-8", name.to_string_lossy()))
        })?;
        let path = format!("{inner}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && name != ".git" && name != "node_modules" {
            gather(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file() {
            let metadata = entry.metadata()?;
            if files.len() >= MOST_FILES || metadata.len() > MOST_BYTES {
                return Err(std::io::Error::other(format!(
                    "`{path}` is too much: at most {MOST_FILES} files of {MOST_BYTES} bytes"
                )));
            }
            let content = Content {
                bytes: std::fs::read(entry.path())?,
                executable: metadata.permissions().mode() & 0o100 != 0,
            };
            files.insert(path, content);
        } else if kind.is_symlink() {
            return Err(std::io::Error::other(format!(
                "`{path}` is a link: GitLab's commits know none"
            )));
        }
    }
    Ok(())
}

/// `{{ gitlab_hostname }}`, `{{ aws-account }}` and `{{ awsAccount }}`; what Backstage fills in, `${{ … }}`, stays.
fn filled(text: &str, places: &Places) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let end = found.find("}}").map_or(found.len(), |end| end + 2);
        let (whole, after) = found.split_at(end);
        let name = whole.trim_start_matches("{{").trim_end_matches("}}").trim();
        match name {
            _ if before.ends_with('$') => out.push_str(whole),
            "gitlab_hostname" => out.push_str(&places.gitlab_host),
            "aws-account" | "awsAccount" => match &places.account {
                Some(account) => out.push_str(account),
                None => {
                    return Err(format!(
                        "`{whole}` stands for an account: name it by --account"
                    ));
                }
            },
            _ => out.push_str(whole),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// What would not work once it is published.
fn check(files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, content) in files {
        let top = path.split('/').next().unwrap_or_default();
        let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
        if !is_yaml || path.contains("/content/") || path.contains("/skeleton/") {
            continue;
        }
        let entity = top == "catalog"
            || path.ends_with("/template.yaml")
            || LOCATIONS.contains(&path.as_str());
        let buildspec = top == "common"
            && (path.ends_with("/buildspec.yml") || path.ends_with("/buildspec.yaml"));
        if !entity && !buildspec {
            continue;
        }
        match documents(&content.bytes) {
            Err(why) => wrong.push(format!("`{path}` is no YAML: {why}")),
            Ok(all) if buildspec => {
                if all.len() != 1 {
                    wrong.push(format!(
                        "`{path}` holds {} documents; CodeBuild reads one",
                        all.len()
                    ));
                } else if all[0].get("phases").is_none() {
                    wrong.push(format!("`{path}` has no `phases`"));
                }
            }
            Ok(all) => {
                for one in &all {
                    wrong.extend(entity_faults(path, one, files));
                }
            }
        }
    }
    let boilerplates: std::collections::BTreeSet<&str> = files
        .keys()
        .filter_map(|path| {
            path.strip_prefix("common/")?
                .split_once('/')
                .map(|(name, _)| name)
        })
        // The second revision keeps pipelines of its own there.
        .filter(|name| *name != "cicd")
        .collect();
    for name in boilerplates {
        let has = |file: &str| files.contains_key(&format!("common/{name}/{file}"));
        if !has("buildspec.yml") && !has("buildspec.yaml") {
            wrong.push(format!(
                "`common/{name}` has no buildspec.yml: the state machine could not deploy it"
            ));
        }
    }
    // The later revision has no catalog/; what is there has to be whole.
    let tops: Vec<&str> = files
        .keys()
        .filter_map(|path| path.split('/').next())
        .collect();
    for location in LOCATIONS {
        let top = location.split('/').next().unwrap_or_default();
        if tops.contains(&top) && !files.contains_key(location) {
            wrong.push(format!("`{location}` is missing: Backstage reads it"));
        }
    }
    wrong
}

fn entity_faults(path: &str, entity: &Value, files: &Files) -> Vec<String> {
    let mut wrong = Vec::new();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let kind = text(entity.get("kind"));
    let name = text(
        entity
            .get("metadata")
            .and_then(|metadata| metadata.get("name")),
    );
    if text(entity.get("apiVersion")).is_none() || kind.is_none() || name.is_none() {
        wrong.push(format!(
            "`{path}` holds an entity without apiVersion, kind or metadata.name"
        ));
    }
    if kind.as_deref() == Some("Location") {
        let spec = entity.get("spec");
        let many = spec
            .and_then(|spec| spec.get("targets"))
            .and_then(Value::as_sequence);
        let one = spec.and_then(|spec| spec.get("target"));
        let targets = many
            .into_iter()
            .flatten()
            .chain(one)
            .filter_map(Value::as_str);
        for target in targets.filter(|target| !target.contains("://")) {
            let directory = path.rsplit_once('/').map_or("", |(directory, _)| directory);
            let full = resolved(directory, target);
            if !full.is_some_and(|full| files.contains_key(&full)) {
                wrong.push(format!("`{path}` names `{target}`, which is not there"));
            }
        }
    }
    wrong
}

/// `./a/../b` below a directory; `None` where it leads out.
fn resolved(directory: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn documents(bytes: &[u8]) -> Result<Vec<Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let all = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
    let all: Result<Vec<Value>, _> = all.collect();
    let all = all.map_err(|error| crate::rollout::clean(&error.to_string(), 200))?;
    Ok(all.into_iter().filter(|one| !one.is_null()).collect())
}

#[cfg(test)]
mod tests;
