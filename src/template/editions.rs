//! Versions of the templates, each fetched once, whoever asks for it.

use std::collections::BTreeMap;
use std::rc::Rc;

use tokio::sync::Mutex;

use super::edition::Edition;
use super::source::published;
use super::version::Version;
use crate::error::{Error, Result};
use crate::gitlab::{Gitlab, Of};

pub(super) struct Editions<'a> {
    gitlab: &'a Gitlab,
    held: Mutex<BTreeMap<(String, Version), Held>>,
}

/// `None`: it is not published.
type Held = Option<Rc<Edition>>;

impl<'a> Editions<'a> {
    pub(super) fn of(gitlab: &'a Gitlab) -> Self {
        Editions {
            gitlab,
            held: Mutex::new(BTreeMap::new()),
        }
    }

    /// `None`: it is not to be had.
    pub(super) async fn get(&self, project: &str, version: Version) -> Result<Option<Rc<Edition>>> {
        // One at a time: all who wait want the same.
        let mut held = self.held.lock().await;
        let key = (project.to_owned(), version);
        if let Some(known) = held.get(&key) {
            return Ok(known.clone());
        }
        let found = published(&version.to_string(), self.gitlab, project).await?;
        let found = found.map(Rc::new);
        held.insert(key, found.clone());
        Ok(found)
    }
}

/// The newest version that is published.
pub(super) async fn newest(gitlab: &Gitlab, project: &str) -> Result<Version> {
    let tags = match gitlab.tags(&Of::Path(project)).await {
        Ok(tags) => tags,
        Err(failure) if failure.is_not_found() => Vec::new(),
        Err(failure) => return Err(failure.into()),
    };
    let versions = tags.iter().filter_map(|tag| tag.parse::<Version>().ok());
    versions.max().ok_or_else(|| {
        Error::precondition(format!(
            "no version of the templates is published in `{project}`, or the token may not see it"
        ))
        .hint(format!(
            "the operator publishes them: baws-ci template publish --project {project}"
        ))
    })
}
