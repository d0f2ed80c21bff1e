//! An image to its registries: looked at before the build, pushed once a repository, retagged by manifest, and believed
//! only when the registry serves what was pushed.
//!
//! Refuses to retry what cannot get better (a missing repository, a denied action, a tag that is taken) and to fail where
//! only a permission to look is missing: then one line says which. Read next: `preflight`, `upload`, `own`, `gate`.

mod explain;
mod gate;
mod lock;
mod own;
mod preflight;
mod told;
mod upload;

use std::time::{Duration, Instant};

use super::request::{Image, PushOptions, PushRequest, Pushed, ScanSummary};
use super::skip::is_reserved;
use super::{Maker, Owner, owner};
use crate::error::{Error, Result};
use crate::image_ref::ImageRef;
use crate::policy::GrantedRole;

pub(super) use preflight::{ecr_of, preflight};

/// How long the registry may take for one image, beside the upload itself.
const REGISTRY_LIMIT: Duration = Duration::from_secs(120);

/// A repository with the tags an image is to have there, and the right to put it there.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Without tag.
    pub(super) repository: ImageRef,
    /// At least one.
    pub(super) tags: Vec<String>,
    pub(super) role: Option<GrantedRole>,
}

/// References to targets, one a repository, in the order in which they were given.
///
/// # Errors
/// `Refused` where no grant allows one of them.
pub(super) fn targets(maker: &Maker<'_>, images: &[ImageRef]) -> Result<Vec<Target>> {
    let mut targets: Vec<Target> = Vec::new();
    for image in images {
        if image.digest().is_some() {
            return Err(Error::usage(format!(
                "cannot push to `{image}`: a digest is not chosen but found out"
            ))
            .hint("name a tag: `[registry/]path:tag`"));
        }
        let role = maker.grant.push(image)?;
        let tag = image.tag().unwrap_or("latest").to_owned();
        if is_reserved(&tag) && *maker.owner != Owner::Caller {
            return Err(Error::refused(format!(
                "a job may not set the tag `{tag}`: it says which inputs made an image"
            ))
            .hint("the host sets it; choose another tag"));
        }
        match targets
            .iter_mut()
            .find(|target| target.repository.name() == image.name())
        {
            Some(known) if known.tags.contains(&tag) => {}
            Some(known) => known.tags.push(tag),
            None => targets.push(Target {
                repository: image.clone(),
                tags: vec![tag],
                role,
            }),
        }
    }
    Ok(targets)
}

/// `baws-ci push`: images that were built before, under the names they were given.
///
/// # Errors
/// `Precondition` where one was not built here, for this project and on this side of protection.
pub(crate) async fn push_built(maker: &Maker<'_>, request: &PushRequest) -> Result<Image> {
    let begun = Instant::now();
    let images = request
        .images
        .iter()
        .map(|name| owner::reference(name, "the image"))
        .collect::<Result<Vec<_>>>()?;
    let also = request
        .also
        .iter()
        .map(|name| owner::reference(name, "the tag"))
        .collect::<Result<Vec<_>>>()?;
    let all: Vec<ImageRef> = images.iter().chain(&also).cloned().collect();
    let targets = targets(maker, &all)?;
    let mut ids: Vec<(String, Vec<ImageRef>)> = Vec::new();
    for image in &images {
        let local = maker.owner.local(image);
        let facts = maker.engine.image(&local).await?.ok_or_else(|| {
            Error::precondition(format!("there is no image `{image}` to push"))
                .hint("build it first, with `-t` and this very name; a job sees what earlier jobs of its project built on the same host, on its own side of protection")
        })?;
        match ids.iter_mut().find(|(id, _)| *id == facts.id) {
            Some((_, same)) => same.push(image.clone()),
            None => ids.push((facts.id, vec![image.clone()])),
        }
    }
    for (_, names) in &mut ids {
        let more = also.iter().filter(|image| {
            let same = |name: &ImageRef| name.name() == image.name();
            names.iter().any(same) && !names.contains(image)
        });
        let more: Vec<ImageRef> = more.cloned().collect();
        names.extend(more);
    }
    preflight(maker, &targets).await?;
    let mut result = Image::default();
    for (id, images) in ids {
        let targets = self::targets(maker, &images)?;
        let source = match (maker.owner, images.first()) {
            (Owner::Caller, Some(image)) => image.to_string(),
            (Owner::Caller | Owner::Project(_), _) => id.clone(),
        };
        let (pushed, scan) = push(maker, &source, &targets, &request.options).await?;
        result.pushed.extend(pushed);
        result.scan = result.scan.or(scan);
        result.image_id = Some(id);
    }
    result.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(result)
}

/// Pushes the image that the engine knows as `source` to every target.
pub(super) async fn push(
    maker: &Maker<'_>,
    source: &str,
    targets: &[Target],
    options: &PushOptions,
) -> Result<(Vec<Pushed>, Option<ScanSummary>)> {
    let mut pushed = Vec::new();
    for target in targets {
        pushed.push(upload::upload(maker, source, target, options.compression).await?);
    }
    let scan = match (&options.gate, targets.first(), pushed.first()) {
        (Some(gate), Some(target), Some(pushed)) => {
            Some(gate::pass(maker, target, &pushed.digest, gate).await?)
        }
        _ => None,
    };
    Ok((pushed, scan))
}

pub(super) use gate::pass as pass_gate;
pub(crate) use own::forget_old_layers;
pub(super) use upload::verify;
