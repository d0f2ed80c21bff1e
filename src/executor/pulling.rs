//! One pull from a registry: told while it lasts, tried again where that can help, and explained where it cannot.

use std::time::{Duration, Instant};

use super::images::{Fetcher, Wanted, describe, pause};
use crate::docker::{ImageFacts, Progress, PullFailure, RegistryReason};
use crate::error::{Cause, Error, Result};
use crate::job::Credential;
use crate::output;

/// A pull that takes long tells so often how far it is.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// Fetches an image and looks at it.
///
/// # Errors
/// `Refused` where the job names what is not there or what it may not have; `System` for all else.
pub(super) async fn fetched(fetcher: Fetcher<'_>, wanted: Wanted<'_>) -> Result<ImageFacts> {
    let Fetcher { engine, output, .. } = fetcher;
    let name = wanted.name;
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
    let mut fresh: Option<Credential> = None;
    let mut tries = 0;
    let pulled = loop {
        let login = fresh.as_ref().or(wanted.login);
        let failure = match engine.pull(name, wanted.platform, login, &mut tell).await {
            Ok(pulled) => break pulled,
            Err(failure) => failure,
        };
        let is_about_login = matches!(
            failure.reason,
            RegistryReason::Expired | RegistryReason::Unauthorized
        );
        if let Some(image) = wanted.hosts_login_for
            && is_about_login
            && fresh.is_none()
        {
            fresh = fetcher.logins.fresh(image).await?;
            continue;
        }
        let pauses = failure.reason.pauses();
        let Some(secs) = pauses.get(tries).copied() else {
            return Err(explain(failure, wanted));
        };
        let then = match pauses.len() {
            1 => "trying once more".to_owned(),
            _ => format!("trying again in {secs} s"),
        };
        output.warning(format!("{}; {then}", Error::from(failure.failure)));
        pause(Duration::from_secs(secs)).await;
        tries += 1;
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

fn explain(failure: PullFailure, wanted: Wanted<'_>) -> Error {
    let name = wanted.name;
    let detail = Cause::line(&failure.failure.detail);
    match failure.reason {
        RegistryReason::NotFound => {
            Error::refused(format!("there is no image `{name}` to pull, or this job may not pull it")).caused_by(detail)
        }
        RegistryReason::Denied | RegistryReason::Unauthorized | RegistryReason::Expired => {
            denied(wanted).caused_by(detail)
        }
        RegistryReason::TooMany => Error::system(format!("the registry of `{name}` is being asked too often"))
            .caused_by(detail)
            .hint("it was tried several times; run the job again later")
            .hint("the operator lets jobs use what is on the host (`pull_policy = \"if-not-present\"`), or a registry mirror; at Docker Hub a login is asked less strictly"),
        RegistryReason::ServerError => Error::system(format!("the registry of `{name}` has a fault of its own"))
            .caused_by(detail)
            .hint("it was tried again; run the job again later"),
        RegistryReason::TagImmutable
        | RegistryReason::Network
        | RegistryReason::Unreachable
        | RegistryReason::Other => {
            let hint = match is_of_unknown_form(&failure.failure.detail) {
                true => "its layers may be compressed by zstd, which Docker unpacks from version 23 on: the operator takes a newer engine, or whoever builds the image `--compression gzip`",
                false => "whoever operates the runner checks that this host reaches the registry and may pull from it",
            };
            failure.failure.into_error().hint(hint)
        }
    }
}

/// What an engine that takes a zstd layer for a tar says of it. Source: engine 20.10.
fn is_of_unknown_form(detail: &str) -> bool {
    detail.contains("archive/tar: invalid tar header")
}

/// By whose login it was asked, somebody else can mend it.
fn denied(wanted: Wanted<'_>) -> Error {
    let name = wanted.name;
    match (wanted.hosts_login_for, wanted.login) {
        (Some(_), _) => Error::system(format!("the registry does not let this host pull the image `{name}`"))
            .hint("the operator gives the host's role, or that of the grant, `ecr:BatchGetImage` and `ecr:GetDownloadUrlForLayer` on the repository"),
        (None, Some(login)) => Error::refused(format!("this job may not pull the image `{name}`")).hint(format!(
            "the registry was asked with the login `{}` for `{}`, from DOCKER_AUTH_CONFIG or from GitLab: whoever gave it checks that it is valid and may read the image",
            login.username, login.url
        )),
        (None, None) => Error::refused(format!("this job may not pull the image `{name}`"))
            .hint("the registry was asked without a login; the project's variable DOCKER_AUTH_CONFIG brings one, for ECR the operator's [[grants]]"),
    }
}
