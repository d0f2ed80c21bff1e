//! Failures of AWS as troubles of a deployment.

use crate::aws::{Failure, Landed, Reason};
use crate::deploy::place::{Trouble, TroubleKind};

/// Whether a call changes something: then a lost answer leaves open whether it did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Effect {
    Read,
    Write,
}

pub(super) fn trouble(failure: Failure, effect: Effect) -> Trouble {
    let perhaps = effect == Effect::Write && failure.landed() == Landed::Perhaps;
    let kind = match &failure.reason {
        Reason::Denied { .. } | Reason::NoCredentials | Reason::Expired => TroubleKind::Denied,
        Reason::Throttled if perhaps => TroubleKind::Unknown,
        Reason::Throttled => TroubleKind::Throttled,
        Reason::NotFound => TroubleKind::NotFound,
        Reason::Unsupported => TroubleKind::Unsupported,
        Reason::InvalidParameter | Reason::AlreadyExists | Reason::Unmet => TroubleKind::Invalid,
        _ if perhaps => TroubleKind::Unknown,
        Reason::Unreachable if effect == Effect::Write => TroubleKind::NotSent,
        Reason::Unreachable => TroubleKind::Unavailable,
        Reason::Other if failure.is_transient() => TroubleKind::Unavailable,
        Reason::Other => TroubleKind::Other,
    };
    Trouble {
        kind,
        error: failure.into(),
    }
}
