//! Which containers of a definition an image is for, and whether deploying would run what is wanted.

use super::end::Outcome;
use super::expected::{Expected, image_of, is_of_repository, meaning, wanted};
use super::place::{Digests, Place};
use super::request::{DeployRequest, Strategy};
use super::work::{Ended, Work};
use crate::image_ref::ImageRef;
use crate::rollout::{Definition, clean};

/// What would be right once the deployment is over, and which containers get a new image.
pub(super) async fn expected<P: Place>(
    work: &Work<'_, P>,
    definition: &Definition,
    request: &DeployRequest,
) -> Result<Expected, Ended> {
    let Some(text) = &request.image else {
        return of_definition(work, definition, request.container.as_deref()).await;
    };
    let image = image_of(text)?;
    let containers = containers(work, definition, &image, request.container.as_deref())?;
    let digests = meaning(work, &image).await?;
    if request.strategy == Strategy::Restart {
        for (name, own) in &containers {
            says_the_same(work, name, own, &image, digests.as_ref()).await?;
        }
    }
    let each = containers
        .iter()
        .map(|(name, _)| wanted(name, digests.clone()));
    Ok(Expected {
        containers: each.collect(),
        is_asked: true,
    })
}

/// What the images of a definition mean now.
pub(super) async fn of_definition<P: Place>(
    work: &Work<'_, P>,
    definition: &Definition,
    only: Option<&str>,
) -> Result<Expected, Ended> {
    let mut expected = Expected::default();
    for (name, image) in definition.images() {
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let Ok(reference) = image.parse::<ImageRef>() else {
            continue;
        };
        let digests = meaning(work, &reference).await?;
        expected.containers.push(wanted(name, digests));
    }
    if let Some(only) = only.filter(|_| expected.containers.is_empty()) {
        return Err(no_container(definition, only));
    }
    Ok(expected)
}

/// Those of the definition that the image is for: name and present image.
fn containers<P: Place>(
    work: &Work<'_, P>,
    definition: &Definition,
    image: &ImageRef,
    named: Option<&str>,
) -> Result<Vec<(String, String)>, Ended> {
    let own = |(name, image): (&str, &str)| (name.to_owned(), image.to_owned());
    if let Some(named) = named {
        let found = definition.images().find(|(name, _)| *name == named);
        return match found {
            Some(found) => Ok(vec![own(found)]),
            None => Err(no_container(definition, named)),
        };
    }
    let found: Vec<_> = definition
        .images()
        .filter(|(_, own)| is_of_repository(own, image))
        .map(own)
        .collect();
    if found.is_empty() {
        return Err(Ended::of(
            Outcome::Precondition,
            format!(
                "the task definition of {} does not use the image `{}`: it has {}",
                work.target,
                image.name(),
                listed(definition)
            ),
        )
        .hint("check that the image and the service are of the same application")
        .hint("or say which container it is for, with `--container NAME --strategy pin`"));
    }
    Ok(found)
}

fn no_container(definition: &Definition, name: &str) -> Ended {
    Ended::of(
        Outcome::Precondition,
        format!(
            "the task definition has no container `{}`: it has {}",
            clean(name, 80),
            listed(definition)
        ),
    )
}

fn listed(definition: &Definition) -> String {
    let each: Vec<String> = definition
        .images()
        .map(|(name, image)| format!("`{}` ({})", clean(name, 80), clean(image, 200)))
        .collect();
    each.join(", ")
}

/// Whether a new deployment of the definition as it is would run the wanted image.
async fn says_the_same<P: Place>(
    work: &Work<'_, P>,
    container: &str,
    own: &str,
    image: &ImageRef,
    wanted: Option<&Digests>,
) -> Result<(), Ended> {
    let (Some(digest), Ok(reference)) = (image.digest(), own.parse::<ImageRef>()) else {
        return Ok(());
    };
    let pinned =
        "deploy with `--strategy pin`, which puts the digest into a copy of the task definition";
    let is_right = |one: &str| one == digest || wanted.is_some_and(|wanted| wanted.has(one));
    if let Some(fixed) = reference.digest() {
        if is_right(fixed) {
            return Ok(());
        }
        return Err(Ended::of(
            Outcome::Precondition,
            format!("the container `{container}` is pinned to another digest, {fixed}: a new deployment would run that one"),
        )
        .hint(pinned));
    }
    if reference.canonical().name() != image.canonical().name() {
        return Err(Ended::of(
            Outcome::Precondition,
            format!("the container `{container}` runs `{}`: a new deployment would run that, and not `{image}`", clean(own, 200)),
        )
        .hint(pinned));
    }
    match meaning(work, &reference).await? {
        Some(now) if !is_right(&now.digest) => Err(Ended::of(
            Outcome::Precondition,
            format!(
                "the task definition runs `{reference}`, which means {} now, and not {digest}: somebody has pushed since, or \
                 this image was pushed under another tag",
                now.digest
            ),
        )
        .hint("push the image under that tag too (`baws-ci promote`), or leave it to the pipeline that has pushed last")
        .hint(pinned)),
        Some(_) | None => Ok(()),
    }
}
