//! What a pull or push failed with, as far as there is a remedy.

use super::Reason;

/// Reasons that callers act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegistryReason {
    /// The login is too old: a fresh one helps.
    Expired,
    /// No login, or one the registry does not know.
    Unauthorized,
    /// The login may not do this there.
    Denied,
    /// The registry has no such repository or image.
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

impl RegistryReason {
    /// Pauses before further tries of a pull, in seconds: none where trying again does not help.
    ///
    /// An engine does not pass on what a registry says of when to come back (`Retry-After`); ECR's own quotas are counted
    /// by the second.
    pub(crate) fn pauses(self) -> &'static [u64] {
        match self {
            RegistryReason::TooMany => &[2, 5, 12],
            RegistryReason::ServerError | RegistryReason::Network | RegistryReason::Other => &[1],
            RegistryReason::Expired
            | RegistryReason::Unauthorized
            | RegistryReason::Denied
            | RegistryReason::NotFound
            | RegistryReason::TagImmutable
            | RegistryReason::Unreachable => &[],
        }
    }
}

/// What to do about a failed pull or push.
///
/// The engine passes a registry's refusal on as text only, in a stream it answered with 200, so here, and only here,
/// text is matched. Sources: moby `distribution/errors.go` and docker/distribution `registry/client/errors.go` for the
/// forms (`denied: …`, `unauthorized: …`, `received unexpected HTTP status: 503 …`), ECR's own sentences behind them as
/// its users report them; an engine with the containerd image store says `… : 429 Too Many Requests` in its place. The order
/// matters: ECR's expiry begins with `denied:` too.
pub(super) fn registry_reason(reason: Reason, detail: &str) -> RegistryReason {
    const TEXTS: [(RegistryReason, &[&str]); 10] = [
        // The image to push is not here: nothing a registry could be blamed for.
        (
            RegistryReason::Other,
            &["does not exist locally", "tag does not exist"],
        ),
        (
            RegistryReason::Expired,
            &["token has expired", "token is expired", "token is invalid"],
        ),
        (
            RegistryReason::TagImmutable,
            &[
                "cannot be overwritten",
                "is immutable",
                "tag invalid",
                "imagetagalreadyexists",
            ],
        ),
        (
            RegistryReason::TooMany,
            &[
                "toomanyrequests",
                "too many requests",
                "rate exceeded",
                "status: 429",
            ],
        ),
        // Before the general words that an engine puts around it.
        (RegistryReason::Denied, &["not authorized to perform"]),
        (
            RegistryReason::NotFound,
            &[
                "manifest unknown",
                "manifest_unknown",
                "name unknown",
                "name_unknown",
                "does not exist in the registry",
                "repository does not exist",
            ],
        ),
        (
            RegistryReason::Denied,
            &[
                "denied: ",
                "insufficient_scope",
                "403 forbidden",
                // A refused HEAD has no body, on which the engine stumbles.
                "error parsing http 403 response body",
            ],
        ),
        (
            RegistryReason::Unauthorized,
            &[
                "no basic auth credentials",
                "unauthorized",
                "authentication required",
                "incorrect username",
            ],
        ),
        (
            RegistryReason::ServerError,
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
            RegistryReason::Network,
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
    if reason == Reason::Unreachable {
        return RegistryReason::Unreachable;
    }
    let text = detail.to_ascii_lowercase();
    TEXTS
        .iter()
        .find(|(_, texts)| texts.iter().any(|one| text.contains(one)))
        .map_or(RegistryReason::Other, |(reason, _)| *reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_of_a_registry_has_its_remedy() {
        let reason = |text: &str| registry_reason(Reason::Other, text);
        let expired = "denied: Your authorization token has expired. Reauthenticate and try again.";
        let immutable = "tag invalid: The image tag '1' already exists in the 'a' repository and cannot be overwritten because the repository is immutable.";
        let missing =
            "name unknown: The repository with name 'a' does not exist in the registry with id '1'";
        let user = "denied: User: arn:aws:iam::1:user/a is not authorized to perform: ecr:InitiateLayerUpload on resource: b because c";
        assert_eq!(
            [expired, immutable, missing, user].map(reason),
            [
                RegistryReason::Expired,
                RegistryReason::TagImmutable,
                RegistryReason::NotFound,
                RegistryReason::Denied
            ]
        );
        let others = [
            ("no basic auth credentials", RegistryReason::Unauthorized),
            (
                "unauthorized: authentication required",
                RegistryReason::Unauthorized,
            ),
            ("toomanyrequests: Rate exceeded", RegistryReason::TooMany),
            (
                "received unexpected HTTP status: 503 Service Unavailable",
                RegistryReason::ServerError,
            ),
            (
                "Get \"https://r/v2/\": dial tcp 203.0.113.11:443: i/o timeout",
                RegistryReason::Network,
            ),
            (
                "An image does not exist locally with the tag: r/a",
                RegistryReason::Other,
            ),
            ("something else", RegistryReason::Other),
        ];
        for (text, expected) in others {
            assert_eq!(reason(text), expected, "{text}");
        }
        let gone = registry_reason(Reason::Unreachable, "connection reset by peer");
        assert_eq!(gone, RegistryReason::Unreachable);
    }
}
