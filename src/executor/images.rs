//! Every image a job needs, on the engine: found or pulled, by its policies in turn.

use std::path::Path;
use std::time::{Duration, Instant};

use super::turns::{Turn, turn};
use crate::docker::{Engine, Failure, ImageFacts, Progress, Reason};
use crate::error::{Cause, Error, Result};
use crate::job::Credential;
use crate::output::{self, Output};
use crate::policy::{AdmittedImage, PullPolicy};

/// A registry that does not answer is asked again, so long as GitLab's own retry would take longer.
const TRIES: u32 = 2;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// A pull that takes long tells so often how far it is.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Who fetches, and for whom.
#[derive(Clone, Copy)]
pub(super) struct Fetcher<'a> {
    pub(super) engine: &'a Engine,
    pub(super) output: &'a Output,
    /// Where all jobs of this host take turns.
    pub(super) locks: &'a Path,
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
            None => return fetched(fetcher, wanted).await,
        },
    };
    let facts = fetched(fetcher, wanted).await?;
    fetch.over();
    Ok(facts)
}

async fn fetched(fetcher: Fetcher<'_>, wanted: Wanted<'_>) -> Result<ImageFacts> {
    let Fetcher { engine, output, .. } = fetcher;
    let Wanted {
        name,
        platform,
        login,
    } = wanted;
    output.status(format!("Pulling `{name}` …"));
    let begun = Instant::now();
    let mut told = begun;
    let mut tell = |progress: &Progress| {
        if told.elapsed() < TELL_EVERY {
            return;
        }
        told = Instant::now();
        let (done, layers, bytes, of) = progress.counts();
        output.status(format!(
            "Pulling `{name}`: {done} of {layers} layers, {} of {}, for {}",
            output::bytes(bytes),
            output::bytes(of),
            output::duration(begun.elapsed())
        ));
    };
    let mut tries = 1;
    let pulled = loop {
        match engine.pull(name, platform, login, &mut tell).await {
            Ok(pulled) => break pulled,
            Err(failure) if failure.reason == Reason::Other && tries < TRIES => {
                output.warning(format!("{}; trying once more", Error::from(failure)));
                pause(BETWEEN_TRIES).await;
                tries += 1;
            }
            Err(failure) => return Err(explain(failure, name)),
        }
    };
    let facts = engine
        .image(name)
        .await?
        .ok_or_else(|| Error::system(format!("the image `{name}` was pulled and is gone again")))?;
    output.status(format!(
        "Pulled `{name}` in {}: {}",
        output::duration(pulled.took),
        describe(&facts)
    ));
    Ok(facts)
}

fn explain(failure: Failure, name: &str) -> Error {
    match failure.reason {
        Reason::NotFound | Reason::Invalid => {
            Error::refused(format!("there is no image `{name}` to pull, or this job may not pull it")).caused_by(Cause::line(&failure.detail))
        }
        Reason::Conflict | Reason::Already | Reason::Unreachable | Reason::Other => failure
            .into_error()
            .hint("whoever operates the runner checks that this host reaches the registry and may pull from it"),
    }
}

fn describe(facts: &ImageFacts) -> String {
    let digest = facts.digest.as_deref().unwrap_or(&facts.id);
    format!("{}, {digest}", output::bytes(facts.size_bytes))
}

/// The pause between two tries of a registry, or two looks at a service.
pub(super) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}
