//! The registry's side: the image that a key stands for, looked at before it is believed; and the key of a new one.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::future::{try_join, try_join_all};

use super::super::push::{Target, ecr_of};
use super::super::request::{BuildRequest, Image, Pushed, Reused};
use super::super::{Maker, push};
use super::key::Key;
use crate::aws::ImageId;
use crate::error::{Class, Error, Result};
use crate::output;
use crate::registry::{self, Manifest, Place, Registry};

/// For all questions to one repository.
const LIMIT: Duration = Duration::from_secs(60);

/// An image that a key stands for.
pub(in crate::image) struct Found {
    /// One a target, in order.
    places: Vec<Kept>,
    digest: String,
    tag: String,
    age: Duration,
    begun: Instant,
    /// What made its time short.
    risks: Vec<String>,
}

/// What one repository has under the key.
struct Kept {
    registry: Registry,
    manifest: Manifest,
    age: Duration,
}

/// There is none to take; where there is more to say than that, the reason.
pub(in crate::image) type Missing = Option<String>;

/// # Errors
/// `Refused` where the operator's rules give no role for it. What cannot be looked at is [`Missing`], and built.
pub(super) async fn find(
    maker: &Maker<'_>,
    targets: &[Target],
    key: &Key,
    max_age: Duration,
    risks: &[(usize, &'static str)],
) -> Result<std::result::Result<Found, Missing>> {
    let begun = Instant::now();
    let mut places = Vec::new();
    for target in targets {
        match one(maker, target, key).await {
            Ok(Ok(kept)) => places.push(kept),
            Ok(Err(missing)) => return Ok(Err(missing)),
            Err(error) if matches!(error.class(), Class::Refused) => return Err(error),
            Err(error) => {
                let why = format!("Not known whether this was built before: {error}");
                return Ok(Err(Some(why)));
            }
        }
    }
    let Some(first) = places.first() else {
        return Ok(Err(None));
    };
    let digest = first.manifest.digest.clone();
    if places.iter().any(|kept| kept.manifest.digest != digest) {
        // Two repositories that disagree: one of them is somebody else's story.
        return Ok(Err(None));
    }
    let age = places.iter().map(|kept| kept.age).max().unwrap_or_default();
    let risks: Vec<String> = risks
        .iter()
        .map(|(line, what)| format!("line {line}: `{what}`"))
        .collect();
    if age > max_age {
        let why = match risks.is_empty() {
            true => String::new(),
            false => format!(
                ", for nothing pins what it takes from the network ({})",
                risks.join(", ")
            ),
        };
        return Ok(Err(Some(format!(
            "Nothing changed, and it is built all the same: the image of these inputs is {} old, and may be {} old{why}",
            output::age(age),
            output::age(max_age)
        ))));
    }
    Ok(Ok(Found {
        places,
        digest,
        tag: key.tag.clone(),
        age,
        begun,
        risks,
    }))
}

/// What a repository has under the key, where that is fit to be used.
async fn one(
    maker: &Maker<'_>,
    target: &Target,
    key: &Key,
) -> Result<std::result::Result<Kept, Missing>> {
    let path = target.repository.repository();
    let registry = registry_of(maker, target).await?;
    let manifest = match registry.manifest(path, &key.tag).await {
        Ok(Some(manifest)) => manifest,
        Ok(None) => return Ok(Err(None)),
        // The push makes the repository, or tells that it is missing.
        Err(failure) if failure.reason == registry::Reason::NameUnknown => return Ok(Err(None)),
        Err(failure) => return Err(failure.into()),
    };
    let Some(host) = ecr_of(target) else {
        return Ok(Err(None));
    };
    let place = Place {
        registry: &registry,
        repository: path,
    };
    // Both only wait for others.
    let (detail, is_whole) = try_join(
        async {
            let (image, role) = (&target.repository, target.role.as_ref());
            let aws = maker.access.aws(image, &host, role).await?;
            let id = ImageId::Digest(&manifest.digest);
            Ok::<_, Error>(aws.image(host.account(), path, id).await?)
        },
        async { Ok(registry::has_all_of(place, &manifest).await?) },
    )
    .await?;
    let Some(detail) = detail else {
        return Ok(Err(None));
    };
    let unfit = |why: &str| {
        Ok(Err(Some(format!(
            "Nothing changed, and it is built all the same: the image of these inputs, `{}@{}`, {why}",
            target.repository.name(),
            manifest.digest
        ))))
    };
    if detail.is_archived {
        return unfit("is archived");
    }
    let Some(pushed_secs) = detail.pushed_secs else {
        return unfit("has no time at which it was pushed");
    };
    if !is_whole {
        return unfit("lacks a part");
    }
    let pushed = UNIX_EPOCH + Duration::from_secs(u64::try_from(pushed_secs).unwrap_or(0));
    // Their clock may be ahead of ours.
    let age = SystemTime::now().duration_since(pushed).unwrap_or_default();
    Ok(Ok(Kept {
        registry,
        manifest,
        age,
    }))
}

/// Gives the image the tags that are asked for; `None` where that did not work, and it is built.
pub(super) async fn take(
    maker: &Maker<'_>,
    request: &BuildRequest,
    targets: &[Target],
    found: Found,
) -> Result<Option<Image>> {
    let mut pushed = Vec::new();
    for (target, kept) in targets.iter().zip(&found.places) {
        match tagged(maker, target, kept).await {
            Ok(one) => pushed.push(one),
            Err(error) if matches!(error.class(), Class::Refused) => return Err(error),
            Err(error) => {
                maker.note(format!(
                    "The image of these inputs could not be used: {error}"
                ));
                return Ok(None);
            }
        }
    }
    let scan = match (
        request.push.as_ref().and_then(|push| push.gate.as_ref()),
        targets.first(),
    ) {
        (Some(gate), Some(target)) => {
            Some(push::pass_gate(maker, target, &found.digest, gate).await?)
        }
        (Some(_), None) | (None, _) => None,
    };
    let context = request.context.as_ref();
    maker.note(format!(
        "Skipped the build: the same inputs made {} {} ago; {} in {} entries did not travel",
        found.digest,
        output::age(found.age),
        output::bytes(context.map_or(0, |context| context.bytes)),
        context.map_or(0, |context| context.entries)
    ));
    if !found.risks.is_empty() {
        maker.note(format!(
            "It is built anew after {}, for nothing pins what it takes from the network: {}",
            output::age(super::RISKY_AGE),
            found.risks.join(", ")
        ));
    }
    Ok(Some(Image {
        pushed,
        scan,
        took_ms: u64::try_from(found.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        reused: Some(Reused {
            key: found.tag,
            age_secs: found.age.as_secs(),
        }),
        ..Image::default()
    }))
}

/// The registry has the image: only its manifest travels, as the very bytes that it gave.
async fn tagged(maker: &Maker<'_>, target: &Target, kept: &Kept) -> Result<Pushed> {
    let path = target.repository.repository();
    let put = async |tag: &String| {
        let put = kept.registry.put_manifest(path, tag, &kept.manifest).await;
        put.map(drop)
    };
    try_join_all(target.tags.iter().map(put)).await?;
    push::verify(maker, target, &kept.registry, &kept.manifest.digest).await?;
    Ok(Pushed {
        repository: target.repository.name().to_owned(),
        tags: target.tags.clone(),
        digest: kept.manifest.digest.clone(),
    })
}

/// The key, for the next build. What fails here fails no build.
pub(super) async fn keep(maker: &Maker<'_>, targets: &[Target], pushed: &[Pushed], key: &Key) {
    for (target, pushed) in targets.iter().zip(pushed) {
        let tags = std::slice::from_ref(&key.tag);
        let kept: Result<(), Error> = async {
            let registry = registry_of(maker, target).await?;
            give(&registry, target, &pushed.digest, tags).await
        }
        .await;
        if let Err(error) = kept {
            maker.note(format!(
                "The next build like this one cannot be skipped: {error}"
            ));
        }
    }
}

async fn give(registry: &Registry, target: &Target, digest: &str, tags: &[String]) -> Result<()> {
    let place = Place {
        registry,
        repository: target.repository.repository(),
    };
    let unseen: registry::Moved = Arc::new(|_| {});
    registry::copy_image(place, digest, place, tags, &unseen).await?;
    Ok(())
}

async fn registry_of(maker: &Maker<'_>, target: &Target) -> Result<Registry> {
    maker
        .access
        .registry(&target.repository, target.role.as_ref(), LIMIT)
        .await
}
