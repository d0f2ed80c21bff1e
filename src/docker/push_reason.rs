//! What a push failed with, as far as there is a remedy.

use super::Reason;
use super::wire::Fault;

/// Reasons that callers act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PushReason {
    /// The login is too old: a fresh one helps.
    Expired,
    /// No login, or one the registry does not know.
    Unauthorized,
    /// The login may not push there.
    Denied,
    /// The registry has no such repository.
    NotFound,
    /// The tag exists, and the repository lets none be overwritten.
    TagImmutable,
    TooMany,
    /// The registry answered 5xx, also after the engine's own retries.
    ServerError,
    /// Between the engine and the registry.
    Network,
    /// The engine itself did not answer, or went away.
    Unreachable,
    Other,
}

/// What to do about a failed push.
///
/// The engine passes a registry's refusal on as text only, in a stream it answered with 200, so here, and only here,
/// text is matched. Sources: moby `distribution/errors.go` and docker/distribution `registry/client/errors.go` for the
/// forms (`denied: …`, `unauthorized: …`, `received unexpected HTTP status: 503 …`), ECR's own sentences behind them as
/// its users report them. The order matters: ECR's expiry begins with `denied:` too.
pub(super) fn push_reason(fault: &Fault) -> PushReason {
    const TEXTS: [(PushReason, &[&str]); 9] = [
        // The image to push is not here: nothing a registry could be blamed for.
        (
            PushReason::Other,
            &["does not exist locally", "tag does not exist"],
        ),
        (
            PushReason::Expired,
            &["token has expired", "token is expired"],
        ),
        (
            PushReason::TagImmutable,
            &[
                "cannot be overwritten",
                "is immutable",
                "tag invalid",
                "imagetagalreadyexists",
            ],
        ),
        (
            PushReason::TooMany,
            &[
                "toomanyrequests",
                "too many requests",
                "rate exceeded",
                "status: 429",
            ],
        ),
        (
            PushReason::NotFound,
            &[
                "name unknown",
                "name_unknown",
                "does not exist in the registry",
                "repository does not exist",
            ],
        ),
        (
            PushReason::Denied,
            &[
                "denied: ",
                "not authorized to perform",
                "insufficient_scope",
                "403 forbidden",
                // A refused HEAD has no body, on which the engine stumbles.
                "error parsing http 403 response body",
            ],
        ),
        (
            PushReason::Unauthorized,
            &[
                "no basic auth credentials",
                "unauthorized",
                "authentication required",
                "incorrect username",
            ],
        ),
        (
            PushReason::ServerError,
            &[
                "http status: 5",
                "500 internal",
                "502 bad",
                "503 service",
                "504 gateway",
                "unknown: internal",
            ],
        ),
        (
            PushReason::Network,
            &[
                "dial tcp",
                "i/o timeout",
                "connection refused",
                "connection reset",
                "no such host",
                "broken pipe",
                "timeout exceeded",
                "tls handshake",
                "no route to host",
                "network is unreachable",
                "x509:",
                "eof",
                "deadline exceeded",
            ],
        ),
    ];
    if fault.reason == Reason::Unreachable {
        return PushReason::Unreachable;
    }
    let text = fault.detail.to_ascii_lowercase();
    TEXTS
        .iter()
        .find(|(_, texts)| texts.iter().any(|one| text.contains(one)))
        .map_or(PushReason::Other, |(reason, _)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_a_registry_has_its_remedy() {
        let reason = |text: &str| push_reason(&Fault::new(Reason::Other, text));
        let expired = "denied: Your authorization token has expired. Reauthenticate and try again.";
        let immutable = "tag invalid: The image tag '1' already exists in the 'a' repository and cannot be overwritten because the repository is immutable.";
        let missing =
            "name unknown: The repository with name 'a' does not exist in the registry with id '1'";
        let user = "denied: User: arn:aws:iam::1:user/a is not authorized to perform: ecr:InitiateLayerUpload on resource: b because c";
        assert_eq!(
            [expired, immutable, missing, user].map(reason),
            [
                PushReason::Expired,
                PushReason::TagImmutable,
                PushReason::NotFound,
                PushReason::Denied
            ]
        );
        let others = [
            ("no basic auth credentials", PushReason::Unauthorized),
            (
                "unauthorized: authentication required",
                PushReason::Unauthorized,
            ),
            ("toomanyrequests: Rate exceeded", PushReason::TooMany),
            (
                "received unexpected HTTP status: 503 Service Unavailable",
                PushReason::ServerError,
            ),
            (
                "Get \"https://r/v2/\": dial tcp 203.0.113.11:443: i/o timeout",
                PushReason::Network,
            ),
            (
                "An image does not exist locally with the tag: r/a",
                PushReason::Other,
            ),
            ("something else", PushReason::Other),
        ];
        for (text, expected) in others {
            assert_eq!(reason(text), expected, "{text}");
        }
        let gone = Fault::new(Reason::Unreachable, "connection reset by peer");
        assert_eq!(push_reason(&gone), PushReason::Unreachable);
    }
}
