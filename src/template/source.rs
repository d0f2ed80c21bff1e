//! Where a version of the templates comes from: this program, or a tag of the reference repository.

use super::edition::Edition;
use crate::error::{Error, Result};
use crate::gitlab::{Gitlab, Of};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Shipped,
    /// The tag of that version.
    Published(String),
}

/// # Errors
/// `Precondition`: it is not published.
pub(crate) async fn edition_of(source: &Source, gitlab: &Gitlab, project: &str) -> Result<Edition> {
    match source {
        Source::Shipped => Edition::shipped(),
        Source::Published(version) => {
            let found = published(version, gitlab, project).await?;
            found.ok_or_else(|| {
                Error::precondition(format!(
                    "version `{version}` of the templates is not to be found in `{project}`"
                ))
                .hint(format!(
                    "the operator publishes it: baws-ci template publish --project {project}"
                ))
            })
        }
    }
}

/// `None`: there is no tag of that version.
///
/// # Errors
/// Also where the tag holds another one.
pub(super) async fn published(
    version: &str,
    gitlab: &Gitlab,
    project: &str,
) -> Result<Option<Edition>> {
    let Some(bytes) = gitlab.archive(&Of::Path(project), version).await? else {
        return Ok(None);
    };
    let edition = Edition::of_archive(&bytes)?;
    match edition.version.to_string() == version {
        true => Ok(Some(edition)),
        false => Err(Error::precondition(format!(
            "the tag `{version}` of `{project}` holds version {} of the templates",
            edition.version
        ))
        .hint("the operator removes that tag and publishes again")),
    }
}
