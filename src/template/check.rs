//! `template check` of one work tree, as a job of its pipeline does it: no GitLab is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use serde_json::json;

use super::blob::blob_id;
use super::edition::Edition;
use super::lock::{Lock, PATH};
use super::report::DriftKind;
use super::repository::drift;
use super::skeleton::kept;
use super::survey;
use super::version::Version;
use crate::error::{Cause, Class, Error, Result};
use crate::output::Output;

/// What is asked for.
pub(crate) struct Check<'a> {
    pub(crate) directory: &'a Path,
    /// What could be had; `None`: nobody asks.
    pub(crate) newest: Option<Version>,
    pub(crate) except: Vec<DriftKind>,
    pub(crate) json: bool,
}

/// # Errors
/// `Drift`: a file is not as it was rendered. `Precondition`: there is no lock.
pub(crate) fn check(check: &Check<'_>, output: &Output) -> Result<()> {
    let path = check.directory.join(PATH);
    let bytes = std::fs::read(&path).map_err(|error| {
        Error::precondition(format!("cannot read `{}`", path.display()))
            .caused_by(error)
            .hint("run it in a work tree that `bootstrap-repo` made; --group looks at repositories in GitLab")
    })?;
    let lock = Lock::read(&bytes)?;
    let shipped = Edition::shipped()?;
    // The files of another version than this program's are not known here.
    let kept = (shipped.version == lock.version()).then(|| kept(&shipped, &lock.template));
    let mut blobs = BTreeMap::new();
    for name in lock.files.keys().chain(kept.iter().flatten()) {
        if let Some(id) = id(check.directory, name)? {
            blobs.insert(name.clone(), id);
        }
    }
    let newest = check.newest.unwrap_or_else(|| lock.version());
    let mut found = drift(&lock, &blobs, newest, kept.as_ref());
    found.retain(|one| !check.except.contains(&one.kind));
    if check.json {
        let drift: Vec<_> = found
            .iter()
            .map(|one| json!({"kind": one.kind.name(), "path": one.path}))
            .collect();
        output.data(format!(
            "{}\n",
            json!({"schema": "baws-ci/template-check/1", "template": lock.template, "version": lock.version().to_string(), "drift": drift})
        ));
    } else {
        for one in &found {
            output.data(format!("{}\n", survey::told(one)));
        }
    }
    let files: BTreeSet<&str> = found.iter().map(|one| one.path.as_str()).collect();
    match files.len() {
        0 => {
            if !check.json {
                output.data(format!("all {} files are as {} {} makes them\n", lock.files.len(), lock.template, lock.version()));
            }
            Ok(())
        }
        count => Err(Error::new(Class::Drift, match count {
            1 => format!("1 file is not as {} {} makes it", lock.template, lock.version()),
            _ => format!("{count} files are not as {} {} makes them", lock.template, lock.version()),
        })
            .hint("what was changed on purpose is passed over with --except modified; the next update keeps it as well")),
    }
}

/// Of a file of the work tree; `None`: it is not there.
fn id(directory: &Path, name: &str) -> Result<Option<String>> {
    // A lock must not lead this program to other files, neither by its words nor by links.
    if !is_within(directory, Path::new(name)) {
        return Ok(Some(String::new()));
    }
    let path = directory.join(name);
    let unread = |error: std::io::Error| {
        Error::precondition(format!("cannot read `{name}`")).caused_by(Cause::line(error))
    };
    match std::fs::symlink_metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(error)),
        Ok(metadata) if !metadata.is_file() => return Ok(Some(String::new())),
        Ok(_) => {}
    }
    Ok(Some(blob_id(&std::fs::read(&path).map_err(unread)?)))
}

/// Whether the way there goes through plain directories of the work tree alone.
fn is_within(directory: &Path, name: &Path) -> bool {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if !name.components().all(plain) {
        return false;
    }
    let parents = name
        .ancestors()
        .skip(1)
        .filter(|parent| !parent.as_os_str().is_empty());
    parents
        .map(|parent| directory.join(parent))
        .all(|parent| std::fs::symlink_metadata(parent).map_or(true, |metadata| metadata.is_dir()))
}
