//! What a failed push means, and whose turn it is.

use super::Target;
use super::preflight::missing;
use crate::docker::{PushFailure, RegistryReason};
use crate::error::{Cause, Class, Error};
use crate::registry::{self, Reason};

/// Whether trying again can help, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    FreshLogin,
    Wait,
    None,
}

pub(super) fn remedy(reason: RegistryReason) -> Remedy {
    match reason {
        RegistryReason::Expired | RegistryReason::Unauthorized => Remedy::FreshLogin,
        RegistryReason::TooMany | RegistryReason::ServerError | RegistryReason::Network => {
            Remedy::Wait
        }
        RegistryReason::Denied
        | RegistryReason::NotFound
        | RegistryReason::TagImmutable
        | RegistryReason::Unreachable
        | RegistryReason::Other => Remedy::None,
    }
}

/// What the engine could not push.
pub(super) fn explain(failure: PushFailure, target: &Target, tag: &str) -> Error {
    let (reason, detail) = (failure.reason, failure.failure.detail.clone());
    told(reason, &detail, target, tag).unwrap_or_else(|| failure.into())
}

/// What a push by our own hand failed with; `None`: the engine may know another way.
pub(super) fn explain_own(
    failure: &registry::Failure,
    target: &Target,
    tag: &str,
) -> Option<Error> {
    let reason = match failure.reason {
        Reason::Unauthorized => RegistryReason::Unauthorized,
        Reason::Expired => RegistryReason::Expired,
        Reason::Denied { .. } => RegistryReason::Denied,
        Reason::NameUnknown => RegistryReason::NotFound,
        Reason::TagImmutable => RegistryReason::TagImmutable,
        Reason::TooManyRequests => RegistryReason::TooMany,
        Reason::Server(_) => RegistryReason::ServerError,
        Reason::Cut | Reason::Unreachable => RegistryReason::Network,
        Reason::ManifestUnknown
        | Reason::BlobUnknown
        | Reason::Certificate
        | Reason::TooLarge
        | Reason::TimedOut
        | Reason::NoLogin
        | Reason::Other => return None,
    };
    told(reason, failure.message(), target, tag)
}

/// `None`: there is nothing to say beyond the failure itself.
fn told(reason: RegistryReason, detail: &str, target: &Target, tag: &str) -> Option<Error> {
    let name = target.repository.name();
    let host = target.repository.registry().unwrap_or("docker.io");
    let detail = Cause::line(detail);
    let of = |class: Class, sentence: String| Error::new(class, sentence);
    Some(match reason {
        RegistryReason::NotFound => missing(target).caused_by(detail),
        RegistryReason::TagImmutable => of(
            Class::Precondition,
            format!("the tag `{tag}` of `{name}` is taken, and the repository is immutable"),
        )
        .caused_by(detail)
        .hint("push another tag, such as the commit's; or use the image that is there by its digest"),
        RegistryReason::Denied => of(Class::Denied, format!("the registry denies the push to `{name}`"))
            .caused_by(detail)
            .hint("the operator adds the action that is named above to the role that pushes, or to the repository's policy in its own account; where none is named it is mostly `ecr:BatchCheckLayerAvailability`"),
        RegistryReason::Expired | RegistryReason::Unauthorized => of(
            Class::Denied,
            format!("the registry `{host}` does not accept the login for `{name}`"),
        )
        .caused_by(detail)
        .hint("a fresh login was tried; the operator checks account and region in the image's name, and the role's `ecr:GetAuthorizationToken`"),
        RegistryReason::TooMany => of(Class::System, format!("the registry `{host}` is being asked too often"))
            .caused_by(detail)
            .hint("it was tried several times; run the job again later, or the operator raises the quota of ECR's PutImage and layer uploads"),
        RegistryReason::ServerError => of(Class::System, format!("the registry `{host}` has a fault of its own"))
            .caused_by(detail)
            .hint("it was tried several times; run the job again later"),
        RegistryReason::Network => of(Class::System, format!("cannot push to `{name}`: the connection to `{host}` broke"))
            .caused_by(detail)
            .hint("it was tried several times; the operator of this host checks its way to the registry, proxy and certificates"),
        RegistryReason::Unreachable | RegistryReason::Other => return None,
    })
}
