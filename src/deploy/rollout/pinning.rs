//! The image by its digest in a copy of the task definition, and what is sent with it.

use super::short;
use crate::deploy::end::Outcome;
use crate::deploy::expected::{Expected, image_of};
use crate::deploy::place::{Place, Update};
use crate::deploy::preflight::Before;
use crate::deploy::request::DeployRequest;
use crate::deploy::work::{Ended, Work};
use crate::rollout::Definition;

/// The images to put into a copy of the definition; empty: they are in it already.
pub(super) fn pinned(
    definition: &Definition,
    expected: &Expected,
    request: &DeployRequest,
) -> Result<Vec<(String, String)>, Ended> {
    let text = request.image.as_deref().unwrap_or_default();
    let image = image_of(text)?;
    let mut images = Vec::new();
    for wanted in &expected.containers {
        let digest = image
            .digest()
            .or(wanted.digests.first().map(String::as_str));
        let Some(digest) = digest else {
            return Err(Ended::of(
                Outcome::Precondition,
                format!("the digest of `{image}` is not known, so that it cannot be pinned"),
            )
            .hint(
                "give the image by its digest, as a push has printed it: `repository@sha256:…`",
            ));
        };
        let pinned = format!("{}@{digest}", image.name());
        if !definition.has(&wanted.container, &pinned) {
            images.push((wanted.container.clone(), pinned));
        }
    }
    Ok(images)
}

/// What to send; `None`: nothing has to be, as the definition and the count are what they are to be.
pub(super) async fn update<P: Place>(
    work: &Work<'_, P>,
    definition: &Definition,
    pinned: Option<Vec<(String, String)>>,
    desired: Option<u32>,
) -> Result<Option<Update>, Ended> {
    let Some(images) = pinned else {
        return Ok(Some(Update {
            definition: None,
            force: true,
            desired,
        }));
    };
    if images.is_empty() {
        work.status("the task definition has this digest already");
        let raise = Update {
            desired,
            ..Update::default()
        };
        return Ok(desired.is_some().then_some(raise));
    }
    let arn = work.place.register(&definition.copy_with(&images)).await?;
    work.status(format!("registered {}", short(&arn)));
    Ok(Some(Update {
        definition: Some(arn),
        force: false,
        desired,
    }))
}

pub(super) fn plan<P: Place>(
    work: &Work<'_, P>,
    before: &Before,
    pinned: Option<&Vec<(String, String)>>,
    raised: Option<u32>,
) -> String {
    let what = match pinned {
        None => format!(
            "a new deployment of {} as it is",
            short(&before.service.task_definition)
        ),
        Some(images) if images.is_empty() => {
            "nothing: the digest is in the task definition already".to_owned()
        }
        Some(images) => {
            let each: Vec<String> = images
                .iter()
                .map(|(name, image)| format!("`{name}` with `{image}`"))
                .collect();
            format!(
                "a copy of {} with {}, and a new deployment of it",
                short(&before.service.task_definition),
                each.join(", ")
            )
        }
    };
    let count = raised.map_or_else(String::new, |count| {
        format!(", the desired count raised to {count}")
    });
    format!("would be done to {}: {what}{count}", work.target)
}
