//! The upload: once a repository by the engine, the other tags by manifest, then the proof.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::explain::{Remedy, explain, explain_own, remedy};
use super::told::Told;
use super::{REGISTRY_LIMIT, Target, lock, own};
use crate::error::{Cause, Error, Result};
use crate::image::request::Pushed;
use crate::image::{Compression, Maker, Owner};
use crate::output;
use crate::registry::{self, Freshness, Registry};

/// The engine tries each blob several times by itself; this is about everything else.
const TRIES: u32 = 5;

pub(super) async fn upload(
    maker: &Maker<'_>,
    source: &str,
    target: &Target,
    format: Compression,
) -> Result<Pushed> {
    let (first, others) = target
        .tags
        .split_first()
        .expect("a target has at least one tag");
    let by_us = by_own_hand(maker, source, target, format).await?;
    let (digest, others) = match by_us {
        Some(digest) => (digest, &[][..]),
        None => {
            if format == Compression::Zstd {
                maker.warn("the image is pushed by the engine, whose layers are compressed by gzip, not by zstd as was asked".to_owned());
            }
            (by_engine(maker, source, target, first).await?, others)
        }
    };
    let registry = maker
        .access
        .registry(&target.repository, target.role.as_ref(), REGISTRY_LIMIT)
        .await?;
    if !others.is_empty() {
        retag(maker, source, target, &registry, &digest, others).await?;
    }
    verify(maker, target, &registry, &digest).await?;
    Ok(Pushed {
        repository: target.repository.name().to_owned(),
        tags: target.tags.clone(),
        digest,
    })
}

/// Pushes all tags; gives the digest. `None`: the engine has to.
async fn by_own_hand(
    maker: &Maker<'_>,
    source: &str,
    target: &Target,
    format: Compression,
) -> Result<Option<String>> {
    let id = match (maker.owner, format) {
        (Owner::Caller, Compression::Gzip) => return Ok(None),
        // A name of the caller's.
        (Owner::Caller, Compression::Zstd) => maker.engine.image(source).await?.map(|it| it.id),
        (Owner::Project(_), _) => None,
    };
    match own::push(maker, id.as_deref().unwrap_or(source), target, format).await {
        Ok(digest) => Ok(Some(digest)),
        Err(own::Not::Readable) => Ok(None),
        Err(own::Not::Pushed(failure, at)) => {
            match explain_own(&failure, target, at.as_deref().unwrap_or(&target.tags[0])) {
                Some(error) => Err(error),
                None => {
                    let error = Error::from(failure);
                    maker.note(format!("The engine is asked to push it: {error}"));
                    Ok(None)
                }
            }
        }
    }
}

/// Pushes one tag; gives the digest.
async fn by_engine(maker: &Maker<'_>, source: &str, target: &Target, tag: &str) -> Result<String> {
    let repository = target.repository.name();
    let name = format!("{repository}:{tag}");
    let _lock = lock::hold(maker.state, &name).await?;
    let before = match maker.owner {
        Owner::Caller => None,
        Owner::Project(_) => maker.engine.image(&name).await?,
    };
    match maker.owner {
        // The image has this name already, and keeps it.
        Owner::Caller if source == name => {}
        Owner::Caller | Owner::Project(_) => maker.engine.tag(source, repository, tag).await?,
    }
    let pushed = with_patience(maker, source, target, tag).await;
    match maker.owner {
        Owner::Caller => {}
        // No other job is to find it under the registry's name; what had it before has it again.
        Owner::Project(_) => match before {
            Some(facts) => maker.engine.tag(&facts.id, repository, tag).await?,
            None => maker.engine.untag(&name).await?,
        },
    }
    pushed
}

async fn with_patience(
    maker: &Maker<'_>,
    source: &str,
    target: &Target,
    tag: &str,
) -> Result<String> {
    let mut freshness = Freshness::Cached;
    let mut tried = 1;
    let mut pause = Duration::from_millis(700);
    loop {
        let login = maker
            .access
            .credential(&target.repository, target.role.as_ref(), freshness)
            .await?;
        let name = format!("{}:{tag}", target.repository.name());
        let begun = Instant::now();
        let mut told = Told::of(&name);
        let pushed = maker
            .engine
            .push(
                target.repository.name(),
                tag,
                login.as_ref(),
                &mut |record| {
                    told.read(record)
                        .into_iter()
                        .for_each(|event| (maker.tell)(event));
                },
            )
            .await;
        let failure = match pushed {
            Ok(pushed) => {
                let (layers, took) = (told.layers(), output::duration(begun.elapsed()));
                maker.note(format!("Pushed `{name}` in {took}: {layers}"));
                return Ok(pushed.digest);
            }
            Err(failure) => failure,
        };
        // Where another build made the same image and forgets its own names of it, an engine may take a fresh one with them.
        if failure.is_about_name() && tried < TRIES {
            tried += 1;
            maker
                .engine
                .tag(source, target.repository.name(), tag)
                .await?;
            continue;
        }
        match remedy(failure.reason) {
            Remedy::FreshLogin if freshness == Freshness::Cached => {
                freshness = Freshness::Fresh;
                maker.note("The registry did not accept the login; trying with a fresh one");
            }
            Remedy::Wait if tried < TRIES => {
                maker.note(format!(
                    "The push failed ({}); trying again",
                    failure.failure.detail
                ));
                tokio::time::sleep(pause).await;
                pause *= 2;
                tried += 1;
            }
            Remedy::FreshLogin | Remedy::Wait | Remedy::None => {
                return Err(explain(failure, target, tag));
            }
        }
    }
}

/// Gives the manifest that was pushed its other tags; the bytes are the registry's own, so the digest stays.
async fn retag(
    maker: &Maker<'_>,
    source: &str,
    target: &Target,
    registry: &Registry,
    digest: &str,
    tags: &[String],
) -> Result<()> {
    let path = target.repository.repository();
    let manifest = match registry.manifest(path, digest).await {
        Ok(Some(manifest)) => Some(manifest),
        Ok(None) => return Err(not_served(target, digest)),
        Err(failure) => match failure.reason {
            // Reading is another permission than pushing: without it every tag is pushed.
            registry::Reason::Denied { .. } => None,
            _ => return Err(failure.into()),
        },
    };
    for tag in tags {
        match &manifest {
            Some(manifest) => {
                registry.put_manifest(path, tag, manifest).await?;
            }
            None => {
                let again = by_engine(maker, source, target, tag).await?;
                if again != digest {
                    return Err(Error::system(format!(
                        "the pushes of one image to `{}` have different digests",
                        target.repository.name()
                    ))
                    .caused_by(Cause::line(format!(
                        "`{tag}` is {again}, the first tag is {digest}"
                    ))));
                }
            }
        }
    }
    Ok(())
}

/// Makes sure that the registry serves the digest, and tells of tags that somebody else has moved since.
///
/// # Errors
/// `System` where it does not.
pub(in crate::image) async fn verify(
    maker: &Maker<'_>,
    target: &Target,
    registry: &Registry,
    digest: &str,
) -> Result<()> {
    let path = target.repository.repository();
    match registry.head_manifest(path, digest).await {
        Ok(Some(found)) if found.digest == digest => {}
        Ok(Some(found)) => {
            return Err(not_served(target, digest)
                .caused_by(Cause::line(format!("it answers with {}", found.digest))));
        }
        Ok(None) => return Err(not_served(target, digest)),
        Err(failure) => match &failure.reason {
            registry::Reason::Denied { action } => {
                let action = action.as_deref().unwrap_or("ecr:BatchGetImage");
                maker.note(format!(
                    "Not known: whether the registry serves what was pushed (the runner's role lacks `{action}`)"
                ));
                return Ok(());
            }
            _ => return Err(failure.into()),
        },
    }
    let tags = target.tags.iter();
    let found = join_all(tags.map(|tag| registry.head_manifest(path, tag))).await;
    for (tag, found) in target.tags.iter().zip(found) {
        if let Ok(Some(found)) = found
            && found.digest != digest
        {
            maker.warn(format!(
                "the tag `{tag}` of `{}` is {} by now: somebody else pushed it meanwhile",
                target.repository.name(),
                found.digest
            ));
        }
    }
    Ok(())
}

fn not_served(target: &Target, digest: &str) -> Error {
    Error::system(format!(
        "the registry does not serve what was pushed to `{}`",
        target.repository.name()
    ))
    .caused_by(Cause::line(format!("asked for {digest}")))
    .hint("run the job again; if it stays so, the operator looks at the registry")
}
