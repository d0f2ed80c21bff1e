//! What can be known before a build: whether its push could end well.
//!
//! Every look needs a permission that a push does not need; where it is missing the look is left out, and one line names
//! the permission.

use super::Target;
use crate::aws::{Aws, CreatedHow, Failure, ImageId, NewRepository, Reason, Repository};
use crate::ecr_host::EcrHost;
use crate::error::{Cause, Error, Result};
use crate::image::Maker;
use crate::registry::Freshness;

/// # Errors
/// `Precondition` for a repository that is missing and may not be made, and for a tag that is taken for good; `Denied`
/// without credentials.
pub(in crate::image) async fn preflight(maker: &Maker<'_>, targets: &[Target]) -> Result<()> {
    for target in targets {
        let Some(host) = ecr_of(target) else {
            continue;
        };
        // A login that cannot be had is told before anything is built.
        maker
            .access
            .credential(&target.repository, target.role.as_ref(), Freshness::Cached)
            .await?;
        let aws = maker
            .access
            .aws(&target.repository, &host, target.role.as_ref())
            .await?;
        let name = target.repository.repository();
        match aws.repository(host.account(), name).await {
            Ok(Some(repository)) => tags_are_free(maker, &aws, &host, target, &repository).await?,
            Ok(None) => make(maker, &aws, &host, target).await?,
            Err(failure) => degrade(maker, failure, "whether the repository exists")?,
        }
    }
    Ok(())
}

pub(in crate::image) fn ecr_of(target: &Target) -> Option<EcrHost> {
    target.repository.registry()?.parse().ok()
}

/// A missing permission to look is no error; everything else is.
pub(super) fn degrade(maker: &Maker<'_>, failure: Failure, unknown: &str) -> Result<()> {
    match &failure.reason {
        Reason::Denied { action, .. } => {
            maker.note(format!(
                "Not known: {unknown} (the runner's role lacks `{action}`)"
            ));
            Ok(())
        }
        Reason::NotFound
        | Reason::AlreadyExists
        | Reason::Expired
        | Reason::Throttled
        | Reason::InvalidParameter
        | Reason::NoCredentials
        | Reason::Unsupported
        | Reason::Unmet
        | Reason::Unreachable
        | Reason::Other => Err(failure.into()),
    }
}

async fn tags_are_free(
    maker: &Maker<'_>,
    aws: &Aws,
    host: &EcrHost,
    target: &Target,
    repository: &Repository,
) -> Result<()> {
    let name = target.repository.repository();
    for tag in &target.tags {
        if !repository.fixes(tag) {
            continue;
        }
        match aws.image(host.account(), name, ImageId::Tag(tag)).await {
            Ok(None) => {}
            Ok(Some(image)) => {
                return Err(Error::precondition(format!(
                    "the tag `{tag}` of `{}` is taken, and the repository is immutable",
                    target.repository.name()
                ))
                .caused_by(Cause::line(format!("it is {}", image.digest)))
                .hint("push another tag, such as the commit's; or use the image that is there by its digest"));
            }
            Err(failure) => degrade(maker, failure, "whether the tag is free")?,
        }
    }
    Ok(())
}

async fn make(maker: &Maker<'_>, aws: &Aws, host: &EcrHost, target: &Target) -> Result<()> {
    let name = target.repository.repository();
    if !maker.grant.may_create(&target.repository) {
        return Err(missing(target));
    }
    let wanted = NewRepository::wanted(maker.ecr, host.account(), name)?;
    let created = aws.create_repository(&wanted).await?;
    match created.how {
        CreatedHow::Made => maker.note(format!(
            "Made the repository `{}`",
            target.repository.name()
        )),
        CreatedHow::AlreadyThere => {}
    }
    if let Some(warning) = created.warning {
        maker.warn(warning);
    }
    Ok(())
}

/// The repository is not there.
pub(super) fn missing(target: &Target) -> Error {
    let name = target.repository.name();
    Error::precondition(format!("there is no repository `{name}`"))
        .hint("check its spelling, account and region; repositories are made when an application is provisioned")
        .hint(format!(
            "or the operator of the runner lets pushes make it: `create = [\"{name}\"]` in a rule of [[grants]]"
        ))
}
