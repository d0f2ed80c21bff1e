//! Whether a version of the templates may be published: every template is one that GitLab takes, and what is published stays.

use std::collections::{BTreeMap, BTreeSet};

use super::blob::blob_id;
use super::edition::{Edition, belongs};
use super::publish::Publication;
use super::version::Version;
use crate::error::{Cause, Error, Result};
use crate::gitlab::Blob;

/// A tag is what hundreds of repositories stand on.
pub(super) fn unmoved(publication: &Publication<'_>, tagged: &[Blob]) -> Result<()> {
    let there: BTreeMap<&str, &str> = tagged
        .iter()
        .filter(|blob| blob.mode != "040000" && belongs(&blob.path))
        .map(|blob| (blob.path.as_str(), blob.id.as_str()))
        .collect();
    let own = &publication.edition.files;
    let paths: BTreeSet<&str> = there
        .keys()
        .copied()
        .chain(own.keys().map(String::as_str))
        .collect();
    let differs = |path: &&str| {
        own.get(*path).map(|bytes| blob_id(bytes)).as_deref() != there.get(*path).copied()
    };
    // What people read about them changes no repository.
    let papers = ["README.md", "CHANGELOG.md"];
    let paths = paths.into_iter().filter(|path| !papers.contains(path));
    let others: Vec<&str> = paths.filter(differs).collect();
    if others.is_empty() {
        return Ok(());
    }
    let version = publication.edition.version;
    let mut error = Error::precondition(format!(
        "version {version} is published in `{}` with other contents; nothing was changed",
        publication.project
    ));
    for path in others.iter().take(10) {
        error = error.caused_by(Cause::line(format!("`{path}` differs")));
    }
    Err(error.hint(
        "what is published stays as it is: raise VERSION among the templates, and publish that",
    ))
}

/// Every template is one that GitLab takes.
pub(super) fn sound(edition: &Edition) -> Result<()> {
    if edition.kinds().next().is_none() {
        return Err(Error::usage("there is no template in templates/"));
    }
    for kind in edition.kinds() {
        let read = edition.read(kind, &BTreeMap::new())?;
        if read.faults.has_errors() {
            let mut error = Error::usage(format!(
                "the template `{kind}` is not one that GitLab takes; nothing was published"
            ));
            for fault in read.faults.iter().take(10) {
                error = error.caused_by(Cause::line(format!(
                    "{}: {}",
                    read.files.shown(fault.at),
                    fault.text
                )));
            }
            return Err(error.hint("`baws-ci template lint` shows the places"));
        }
    }
    Ok(())
}

/// What is published goes upwards: a version between others would have no place on the branch.
pub(super) fn outdated(publication: &Publication<'_>, newer: Version) -> Error {
    Error::precondition(format!(
        "`{}` holds version {newer} of the templates already; nothing was changed",
        publication.project
    ))
    .hint(format!(
        "version {} was never published: raise VERSION above {newer}",
        publication.edition.version
    ))
}
