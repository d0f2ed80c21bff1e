//! Every image a job needs, on the engine: found or pulled, by its policies in turn.

use std::path::Path;
use std::time::Duration;

use super::ecr::Logins;
use super::pulling::fetched;
use super::turns::{Turn, turn};
use crate::docker::{Engine, ImageFacts};
use crate::error::{Error, Result};
use crate::image_ref::ImageRef;
use crate::job::Credential;
use crate::output::{self, Output};
use crate::policy::{AdmittedImage, PullPolicy};
use crate::telemetry::{Diary, End, Work};

/// Who fetches, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Fetcher<'a> {
    pub(super) engine: &'a Engine,
    pub(super) output: &'a Output,
    /// Where all jobs of this host take turns.
    pub(super) locks: &'a Path,
    pub(super) logins: &'a Logins<'a>,
    pub(super) diary: &'a Diary,
}

/// An image that is there, and what is still to be said about it: a pull has told its own story.
pub(super) struct Ensured {
    pub(super) facts: ImageFacts,
    pub(super) line: Option<String>,
}

/// Gets the image and tells about it.
///
/// # Errors
/// `Refused` where the registry knows no such image: trying again would not help. `System` where it could not be reached.
pub(super) async fn ensure(
    fetcher: Fetcher<'_>,
    image: &AdmittedImage,
    what: &str,
) -> Result<Ensured> {
    let name = image.reference.to_string();
    let mut last = None;
    for (index, policy) in image.pull.iter().enumerate() {
        if let Some(error) = last.take() {
            fetcher.output.warning(format!(
                "{error}; trying the next pull policy, `{policy}` ({} of {})",
                index + 1,
                image.pull.len()
            ));
        }
        match attempt(fetcher, image, *policy, what).await {
            Ok(ensured) => return Ok(ensured),
            Err(error) => last = Some(error),
        }
    }
    let error =
        last.unwrap_or_else(|| Error::system(format!("there is no way to get the image `{name}`")));
    Err(error.hint(format!(
        "{what} names this image; check its spelling and its tag"
    )))
}

async fn attempt(
    fetcher: Fetcher<'_>,
    image: &AdmittedImage,
    policy: PullPolicy,
    what: &str,
) -> Result<Ensured> {
    let name = &image.reference.to_string();
    if policy != PullPolicy::Always
        && let Some(facts) = fetcher.engine.image(name).await?
        && facts.fits(&image.platform)
    {
        let line = format!(
            "Image of {what}: `{name}`, on this host, {}",
            describe(&facts)
        );
        return Ok(Ensured {
            facts,
            line: Some(line),
        });
    }
    match policy {
        PullPolicy::Never => Err(Error::system(format!(
            "the image `{name}`{} is not on this host, and its pull policy is `never`",
            if image.platform.is_empty() {
                String::new()
            } else {
                format!(" for `{}`", image.platform)
            }
        ))
        .hint("the operator of the runner loads the image, or allows another pull policy")),
        PullPolicy::Always | PullPolicy::IfNotPresent => {
            let wanted = Wanted {
                name,
                platform: &image.platform,
                login: image.login.as_ref(),
                hosts_login_for: image.login_is_the_hosts.then_some(&image.reference),
            };
            let facts = pull(fetcher, wanted).await?;
            Ok(Ensured { facts, line: None })
        }
    }
}

/// What is asked of a registry.
#[derive(Clone, Copy, Default)]
pub(super) struct Wanted<'a> {
    pub(super) name: &'a str,
    /// Empty: this host's.
    pub(super) platform: &'a str,
    pub(super) login: Option<&'a Credential>,
    /// The image, where the login is one of the host's.
    pub(super) hosts_login_for: Option<&'a ImageRef>,
}

/// Fetches an image and looks at it. Of several jobs that want it at a time, with one login, one fetches.
pub(super) async fn pull(fetcher: Fetcher<'_>, wanted: Wanted<'_>) -> Result<ImageFacts> {
    let Fetcher { engine, output, .. } = fetcher;
    let name = wanted.name;
    let fetch = match turn(fetcher.locks, wanted, output).await {
        Turn::Ours(fetch) => fetch,
        Turn::Fetched => match engine.image(name).await? {
            Some(facts) => return Ok(facts),
            // It is gone again.
            None => return fetch_and_note(fetcher, wanted).await,
        },
        Turn::Failed(error) => return Err(error),
    };
    let outcome = fetch_and_note(fetcher, wanted).await;
    fetch.over(outcome.as_ref().err());
    outcome
}

async fn fetch_and_note(fetcher: Fetcher<'_>, wanted: Wanted<'_>) -> Result<ImageFacts> {
    let span = fetcher.diary.span(Work::Pull(wanted.name.to_owned()));
    let outcome = fetched(fetcher, wanted).await;
    span.end(End::of(&outcome));
    outcome
}

pub(super) fn describe(facts: &ImageFacts) -> String {
    let digest = facts.digest.as_deref().unwrap_or(&facts.id);
    format!("{}, {digest}", output::bytes(facts.size_bytes))
}

/// The pause between two tries of a registry, or two looks at a service.
pub(super) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}
