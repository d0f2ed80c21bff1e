//! What a build starts from, by digests: an image that this host would use is asked of the engine, any other of its
//! registry, and nothing is pulled.

use std::time::Duration;

use futures_util::future::try_join_all;

use super::super::bases::{here_will_do, named, own_comes_first};
use super::super::dockerfile::Reference;
use super::super::preparation::Asked;
use super::super::request::{Bases, BuildRequest};
use super::super::{Maker, stranger};
use crate::docker::ImageFacts;
use crate::error::Result;
use crate::image_ref::ImageRef;

/// For one question to a registry.
const LIMIT: Duration = Duration::from_secs(20);

/// When it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Nothing was pulled yet.
    Before,
    /// What was built from is here, and may have moved in its registry since.
    After,
}

/// Each image with its platform, and what it is: a digest of its registry, or the engine's id of one that came from none.
/// `None`: of one of them it cannot be told.
///
/// # Errors
/// `Refused` for an image that the job may not read.
pub(super) async fn digests(
    maker: &Maker<'_>,
    request: &BuildRequest,
    asked: &Asked<'_>,
    when: When,
) -> Result<Option<Vec<(String, String)>>> {
    let references = asked.judged.references();
    let all = references
        .iter()
        .map(|reference| one(maker, request, reference, when));
    let all = try_join_all(all).await?;
    Ok(all.into_iter().collect())
}

async fn one(
    maker: &Maker<'_>,
    request: &BuildRequest,
    reference: &Reference,
    when: When,
) -> Result<Option<(String, String)>> {
    let (image, platform) = named(request, reference)?;
    let found = digest(maker, &image, platform, request.bases, when).await?;
    Ok(found.map(|found| (format!("{} {platform}", reference.image), found)))
}

/// The same choice as the build makes when it looks for the image (`image::bases`).
async fn digest(
    maker: &Maker<'_>,
    image: &ImageRef,
    platform: &str,
    policy: Bases,
    when: When,
) -> Result<Option<String>> {
    if own_comes_first(image, policy)
        && let Some(facts) = maker.engine.image(&maker.owner.local(image)).await?
    {
        return Ok(Some(facts.id));
    }
    let right = stranger::right(maker, image).await?;
    let canonical = image.canonical();
    if (when == When::After || here_will_do(&right, policy))
        && let Some(facts) = maker.engine.image(&canonical.to_string()).await?
        && facts.fits(platform)
    {
        return Ok(Some(known_by(&facts, &canonical)));
    }
    let role = right.role();
    let registry = maker
        .access
        .registry(&canonical, role.as_ref(), LIMIT)
        .await?;
    let reference = canonical.digest().or(canonical.tag()).unwrap_or("latest");
    // A registry that does not answer is the build's to tell.
    let found = registry
        .head_manifest(canonical.repository(), reference)
        .await;
    Ok(found.ok().flatten().map(|found| found.digest))
}

/// The digest under which its registry has it, else the engine's id.
fn known_by(facts: &ImageFacts, canonical: &ImageRef) -> String {
    let same = facts.digests.iter().find_map(|name| {
        let named: ImageRef = name.parse().ok()?;
        let is_it = named.canonical().name() == canonical.name();
        is_it.then(|| named.digest().map(str::to_owned)).flatten()
    });
    same.unwrap_or_else(|| facts.id.clone())
}
