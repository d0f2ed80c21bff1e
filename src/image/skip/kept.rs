//! The registry's side: the image that a key stands for, looked at before it is believed; and the key of a new one.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::super::push::{Target, ecr_of};
use super::super::request::{BuildRequest, Image, Pushed, Reused};
use super::super::{Maker, push};
use super::key::Key;
use crate::aws::ImageId;
use crate::error::{Class, Error, Result};
use crate::output;
use crate::registry::{self, Place, Registry};

/// For all questions to one repository.
const LIMIT: Duration = Duration::from_secs(60);

/// An image that a key stands for.
pub(super) struct Found {
    digest: String,
    tag: String,
    age: Duration,
    begun: Instant,
    /// What made its time short.
    risks: Vec<String>,
}

/// `None`: there is none, it is too old, or it is not fit to be used; then a note says why.
///
/// # Errors
/// None of its own: what cannot be looked at is built.
pub(super) async fn find(
    maker: &Maker<'_>,
    targets: &[Target],
    key: &Key,
    max_age: Duration,
    risks: &[(usize, &'static str)],
) -> Result<Option<Found>> {
    let begun = Instant::now();
    let mut found: Option<(String, Duration)> = None;
    for target in targets {
        let looked = match one(maker, target, key).await {
            Ok(looked) => looked,
            Err(error) if matches!(error.class(), Class::Refused) => return Err(error),
            Err(error) => {
                maker.note(format!("Not known whether this was built before: {error}"));
                return Ok(None);
            }
        };
        let Some((digest, age)) = looked else {
            return Ok(None);
        };
        found = match found {
            Some((same, oldest)) if same == digest => Some((same, oldest.max(age))),
            // Two repositories that disagree: one of them is somebody else's story.
            Some(_) => return Ok(None),
            None => Some((digest, age)),
        };
    }
    let Some((digest, age)) = found else {
        return Ok(None);
    };
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
        maker.note(format!(
            "Nothing changed, and it is built all the same: the image of these inputs is {} old, and may be {} old{why}",
            output::age(age),
            output::age(max_age)
        ));
        return Ok(None);
    }
    Ok(Some(Found {
        digest,
        tag: key.tag.clone(),
        age,
        begun,
        risks,
    }))
}

/// The digest that a repository has under the key, and how old it is.
async fn one(maker: &Maker<'_>, target: &Target, key: &Key) -> Result<Option<(String, Duration)>> {
    let path = target.repository.repository();
    let registry = registry_of(maker, target).await?;
    let Some(found) = registry.head_manifest(path, &key.tag).await? else {
        return Ok(None);
    };
    let Some(host) = ecr_of(target) else {
        return Ok(None);
    };
    let aws = maker
        .access
        .aws(&target.repository, &host, target.role.as_ref())
        .await?;
    let id = ImageId::Digest(&found.digest);
    let Some(detail) = aws.image(host.account(), path, id).await? else {
        return Ok(None);
    };
    let unfit = |why: &str| {
        maker.note(format!(
            "Nothing changed, and it is built all the same: the image of these inputs, `{}@{}`, {why}",
            target.repository.name(),
            found.digest
        ));
        Ok(None)
    };
    if detail.is_archived {
        return unfit("is archived");
    }
    let Some(pushed_secs) = detail.pushed_secs else {
        return unfit("has no time at which it was pushed");
    };
    let place = Place {
        registry: &registry,
        repository: path,
    };
    if !registry::is_whole(place, &found.digest).await? {
        return unfit("lacks a part");
    }
    let pushed = UNIX_EPOCH + Duration::from_secs(u64::try_from(pushed_secs).unwrap_or(0));
    // Their clock may be ahead of ours.
    let age = SystemTime::now().duration_since(pushed).unwrap_or_default();
    Ok(Some((found.digest, age)))
}

/// Gives the image the tags that are asked for; `None` where that did not work, and it is built.
pub(super) async fn take(
    maker: &Maker<'_>,
    request: &BuildRequest,
    targets: &[Target],
    found: Found,
) -> Result<Option<Image>> {
    let mut pushed = Vec::new();
    for target in targets {
        match tagged(maker, target, &found.digest).await {
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

async fn tagged(maker: &Maker<'_>, target: &Target, digest: &str) -> Result<Pushed> {
    let registry = registry_of(maker, target).await?;
    give(&registry, target, digest, &target.tags).await?;
    push::verify(maker, target, &registry, digest).await?;
    Ok(Pushed {
        repository: target.repository.name().to_owned(),
        tags: target.tags.clone(),
        digest: digest.to_owned(),
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
