//! What a job's build starts from: every image its Dockerfile names is judged, fetched and looked at by the host.
//!
//! The engine then finds them all, and asks no registry itself. Refuses images that the job may not read (its grant says
//! which), names that only this host knows, and images whose ONBUILD instructions break the rules of a Dockerfile.

use std::collections::BTreeMap;

use super::dockerfile::{Place, Reference, judge_triggers};
use super::preparation::Asked;
use super::request::{Bases, BuildRequest};
use super::{Maker, owner, stranger};
use crate::docker::{ImageFacts, PullFailure, RegistryReason};
use crate::error::{Cause, Error, Result};
use crate::image_ref::ImageRef;
use crate::job::Credential;
use crate::output;
use crate::policy::BaseRight;
use crate::registry::Freshness;

/// Whether the engine is given another name for an image, or reads the one that stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Rewritten,
    AsItIs,
}

/// The names under which the engine finds the images, and what follows from them.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// As written in the Dockerfile → as the engine is to look for it.
    pub(super) names: BTreeMap<String, String>,
    /// Some of them bring instructions that run before the first of the Dockerfile's own.
    pub(super) with_triggers: bool,
}

/// # Errors
/// `Refused` for an image that may not be read; `Precondition` for one that is not there.
pub(super) async fn find(
    maker: &Maker<'_>,
    request: &BuildRequest,
    asked: &Asked<'_>,
) -> Result<Found> {
    let mut found = Found::default();
    // What triggers name is looked for too.
    let own = asked
        .judged
        .references()
        .iter()
        .map(|one| (one.clone(), Written::Rewritten));
    let mut open: Vec<(Reference, Written)> = own.collect();
    while let Some((reference, written)) = open.pop() {
        if written == Written::Rewritten && found.names.contains_key(&reference.image) {
            continue;
        }
        let (image, platform) = named(request, &reference)?;
        if written == Written::AsItIs {
            cannot_mean_another(maker, &image).await?;
        }
        let (name, facts) = one(maker, &image, platform, request.bases).await?;
        maker.uses(&name);
        if facts.env.iter().any(|pair| pair.starts_with("BAWS_CACHE=")) {
            return Err(Error::refused(format!(
                "the image `{image}` sets `BAWS_CACHE`, which is reserved"
            )));
        }
        // Only a stage's base runs its triggers.
        if reference.place == Place::From && !facts.on_build.is_empty() {
            found.with_triggers = true;
            let named = judge_triggers(
                &reference.image,
                &facts.on_build,
                asked.dockerfile,
                asked.rules,
            )?;
            open.extend(named.into_iter().map(|one| (one, Written::AsItIs)));
        }
        match written {
            Written::Rewritten => {
                found.names.insert(reference.image, name);
            }
            Written::AsItIs => {}
        }
    }
    Ok(found)
}

/// The image that a Dockerfile names, and the platform it is wanted for; empty: the engine's own.
///
/// # Errors
/// It is no reference, or one that only this host knows.
pub(super) fn named<'r>(
    request: &'r BuildRequest,
    reference: &'r Reference,
) -> Result<(ImageRef, &'r str)> {
    let what = format!("line {} of the Dockerfile: the image", reference.line);
    let image = owner::reference(&reference.image, &what)?;
    let platform = reference
        .platform
        .as_deref()
        .or(request.platform.as_deref())
        .unwrap_or_default();
    Ok((image, platform))
}

/// What a trigger names cannot be written anew: it has to mean the same to the engine as it does here.
async fn cannot_mean_another(maker: &Maker<'_>, image: &ImageRef) -> Result<()> {
    let own = maker.owner.local(image);
    let like_an_id =
        image.registry().is_none() && image.name().chars().all(|c| c.is_ascii_hexdigit());
    if like_an_id || maker.engine.image(&own).await?.is_some() {
        return Err(Error::refused(format!(
            "an ONBUILD instruction of a base image names the image `{image}`, which means another one here"
        ))
        .hint("start from an image without such an instruction"));
    }
    Ok(())
}

/// Fetches an image for those who will start from it; gives the name under which the engine has it.
///
/// # Errors
/// It is no reference, or its registry does not give it.
pub(crate) async fn fetch(maker: &Maker<'_>, name: &str) -> Result<String> {
    let image = owner::reference(name, "the image")?;
    let (name, facts) = one(maker, &image, "", Bases::Always).await?;
    maker.note(format!(
        "`{image}` is here: {}",
        facts.digest.unwrap_or(facts.id)
    ));
    Ok(name)
}

pub(super) async fn one(
    maker: &Maker<'_>,
    image: &ImageRef,
    platform: &str,
    policy: Bases,
) -> Result<(String, ImageFacts)> {
    let own = maker.owner.local(image);
    if own_comes_first(image, policy)
        && let Some(facts) = maker.engine.image(&own).await?
    {
        return Ok((own, facts));
    }
    let right = stranger::right(maker, image).await?;
    let name = image.canonical().to_string();
    if here_will_do(&right, policy)
        && let Some(facts) = maker.engine.image(&name).await?
        && facts.fits(platform)
    {
        return Ok((name, facts));
    }
    let role = right.role();
    let role = role.as_ref();
    let mut login = maker
        .access
        .credential(image, role, Freshness::Cached)
        .await?;
    let begun = std::time::Instant::now();
    let mut tries = Tries::default();
    loop {
        match maker
            .engine
            .pull(&name, platform, login.as_ref(), &mut |_| {})
            .await
        {
            Ok(_) => break,
            Err(failure) => match tries.next(&failure, login.as_ref()) {
                Next::Fresh => {
                    login = maker
                        .access
                        .credential(image, role, Freshness::Fresh)
                        .await?;
                }
                Next::After(secs) => {
                    tokio::time::sleep(std::time::Duration::from_secs(secs)).await;
                }
                Next::GiveUp => return Err(unavailable(image, failure, login.as_ref())),
            },
        }
    }
    let facts = maker.engine.image(&name).await?.ok_or_else(|| {
        Error::system(format!("the image `{image}` was pulled and is gone again"))
    })?;
    maker.note(format!(
        "Pulled `{image}` in {}: {}",
        output::duration(begun.elapsed()),
        output::bytes(facts.size_bytes)
    ));
    Ok((name, facts))
}

/// Whether what the owner has built under that name is taken before anything of a registry.
pub(super) fn own_comes_first(image: &ImageRef, policy: Bases) -> bool {
    let may = match policy {
        Bases::IfMissing => true,
        // Of an image that has a registry the newest is wanted.
        Bases::Always => image.registry().is_none(),
    };
    may && image.digest().is_none()
}

/// Whether what this host has of a registry is taken without asking it.
pub(super) fn here_will_do(right: &BaseRight, policy: Bases) -> bool {
    match (right, policy) {
        (BaseRight::Named(_) | BaseRight::Public, Bases::IfMissing) => true,
        (BaseRight::AskRegistry, Bases::IfMissing | Bases::Always)
        | (BaseRight::Named(_) | BaseRight::Public, Bases::Always) => false,
    }
}

#[derive(Default)]
struct Tries {
    fresh: u32,
    again: usize,
}

enum Next {
    Fresh,
    /// In so many seconds.
    After(u64),
    GiveUp,
}

impl Tries {
    /// A login may have expired; what may pass is asked again.
    fn next(&mut self, failure: &PullFailure, login: Option<&Credential>) -> Next {
        let is_refusal = matches!(
            failure.reason,
            RegistryReason::Expired
                | RegistryReason::Unauthorized
                | RegistryReason::Denied
                | RegistryReason::NotFound
        );
        if is_refusal && login.is_some() && self.fresh == 0 {
            self.fresh += 1;
            return Next::Fresh;
        }
        let pause = failure.reason.pauses().get(self.again);
        self.again += 1;
        pause.map_or(Next::GiveUp, |secs| Next::After(*secs))
    }
}

fn unavailable(image: &ImageRef, failure: PullFailure, login: Option<&Credential>) -> Error {
    let who = match login {
        Some(login) => format!("asked as `{}`", login.username),
        None => "asked without a login".to_owned(),
    };
    match failure.reason {
        RegistryReason::NotFound
        | RegistryReason::Denied
        | RegistryReason::Unauthorized
        | RegistryReason::Expired => Error::precondition(format!(
            "there is no image `{image}` to start from, or this job may not read it"
        ))
        .caused_by(Cause::line(&failure.failure.detail))
        .caused_by(Cause::line(who))
        .hint("check its spelling and its tag in the Dockerfile"),
        RegistryReason::TooMany
        | RegistryReason::ServerError
        | RegistryReason::Network
        | RegistryReason::TagImmutable
        | RegistryReason::Unreachable
        | RegistryReason::Other => failure.failure.into_error(),
    }
}
