//! What a registry's refusal means: its status, the code in its body, and for ECR the three texts that have no code.

use serde::Deserialize;

use super::Reason;

/// A registry's answer that is no success, as far as it is understood.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    /// Such as `NAME_UNKNOWN`.
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    /// What IAM would have to allow it on.
    pub(super) resource: Option<String>,
}

/// Source: OCI distribution specification, "Error Codes".
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    errors: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

const LONGEST_MESSAGE: usize = 2000;

/// Whether the registry is ECR, whose texts are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Ecr,
    Other,
}

pub(super) fn read(status: u16, body: &[u8], kind: Kind) -> Refusal {
    let told = serde_json::from_slice::<Body>(body)
        .ok()
        .and_then(|body| body.errors.into_iter().next());
    let (code, message) = told.map_or((None, None), |one| (filled(one.code), filled(one.message)));
    let text = message.as_deref().unwrap_or_default();
    let known = if kind == Kind::Ecr { ecr(text) } else { None };
    let (reason, resource) = match known {
        Some((reason, resource)) => (reason, resource),
        None => (by_code(status, code.as_deref().unwrap_or_default()), None),
    };
    Refusal {
        reason,
        code,
        message,
        resource,
    }
}

/// ECR's refusals that share a code with others.
///
/// Source: ECR user guide, "Troubleshooting errors with Docker commands when using Amazon ECR" (expired token, not
/// authorized) and "Preventing image tags from being overwritten" (immutable).
fn ecr(message: &str) -> Option<(Reason, Option<String>)> {
    if message
        .to_ascii_lowercase()
        .contains("authorization token has expired")
    {
        return Some((Reason::Expired, None));
    }
    if message.contains("cannot be overwritten because the repository is immutable") {
        return Some((Reason::TagImmutable, None));
    }
    let (_, rest) = message.split_once("is not authorized to perform: ")?;
    let (action, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let resource = rest
        .strip_prefix("on resource: ")
        .and_then(|rest| rest.split(' ').next());
    let action = Some(action.to_owned()).filter(|action| action.starts_with("ecr:"));
    Some((Reason::Denied { action }, resource.map(str::to_owned)))
}

fn by_code(status: u16, code: &str) -> Reason {
    match (status, code) {
        (401, _) | (_, "UNAUTHORIZED") => Reason::Unauthorized,
        // ECR's answer to a token that it cannot read.
        (400, "DENIED") => Reason::Unauthorized,
        (_, "NAME_UNKNOWN") => Reason::NameUnknown,
        (_, "MANIFEST_UNKNOWN") => Reason::ManifestUnknown,
        (
            _,
            "BLOB_UNKNOWN"
            | "BLOB_UPLOAD_UNKNOWN"
            | "BLOB_UPLOAD_INVALID"
            | "MANIFEST_BLOB_UNKNOWN",
        ) => Reason::BlobUnknown,
        (429, _) | (_, "TOOMANYREQUESTS") => Reason::TooManyRequests,
        (403, _) | (_, "DENIED") => Reason::Denied { action: None },
        (413, _) => Reason::TooLarge,
        (500.., _) => Reason::Server(status),
        (_, _) => Reason::Other,
    }
}

/// In one line, and of a length that fits a log.
fn filled(text: String) -> Option<String> {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_MESSAGE)
        .collect();
    Some(clean.trim().to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(code: &str, message: &str) -> Vec<u8> {
        serde_json::json!({"errors": [{"code": code, "message": message, "detail": null}]})
            .to_string()
            .into_bytes()
    }

    #[test]
    fn codes_and_statuses_become_reasons() {
        for (status, code, reason) in [
            (401, "UNAUTHORIZED", Reason::Unauthorized),
            (401, "", Reason::Unauthorized),
            (403, "DENIED", Reason::Denied { action: None }),
            (404, "NAME_UNKNOWN", Reason::NameUnknown),
            (404, "MANIFEST_UNKNOWN", Reason::ManifestUnknown),
            (404, "BLOB_UPLOAD_UNKNOWN", Reason::BlobUnknown),
            (429, "TOOMANYREQUESTS", Reason::TooManyRequests),
            (413, "SIZE_INVALID", Reason::TooLarge),
            (503, "", Reason::Server(503)),
            (404, "", Reason::Other),
            (405, "UNSUPPORTED", Reason::Other),
            (400, "MANIFEST_INVALID", Reason::Other),
        ] {
            assert_eq!(
                read(status, &body(code, "x"), Kind::Other).reason,
                reason,
                "{status} {code}"
            );
        }
        assert_eq!(
            read(502, b"<html>", Kind::Other).reason,
            Reason::Server(502)
        );
    }

    #[test]
    fn ecrs_texts_are_known_from_ecr_only() {
        let expired = body(
            "DENIED",
            "Your authorization token has expired. Reauthenticate and try again.",
        );
        assert_eq!(read(403, &expired, Kind::Ecr).reason, Reason::Expired);
        assert_eq!(
            read(403, &expired, Kind::Other).reason,
            Reason::Denied { action: None }
        );
        let taken = "The image tag 'v1' already exists in the 'app' repository and cannot be overwritten because the repository is immutable.";
        assert_eq!(
            read(400, &body("TAG_INVALID", taken), Kind::Ecr).reason,
            Reason::TagImmutable
        );
        let denied = "User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: ecr:PutImage on resource: \
            arn:aws:ecr:eu-west-1:1:repository/app because no identity-based policy allows the ecr:PutImage action";
        let refusal = read(403, &body("DENIED", denied), Kind::Ecr);
        assert_eq!(
            refusal.reason,
            Reason::Denied {
                action: Some("ecr:PutImage".to_owned())
            }
        );
        assert_eq!(
            refusal.resource.as_deref(),
            Some("arn:aws:ecr:eu-west-1:1:repository/app")
        );
    }

    #[test]
    fn a_message_cannot_write_lines_of_its_own_into_a_log() {
        let refusal = read(400, &body("X", "a\nerror: b\u{1b}[2J"), Kind::Other);
        assert_eq!(refusal.message.as_deref(), Some("a error: b [2J"));
    }
}
