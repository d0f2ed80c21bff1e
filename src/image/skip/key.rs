//! All that decides what a build comes to, as one digest.
//!
//! Left out on purpose: names of the image; labels that tell of the commit or the job; arguments that the Dockerfile does
//! not declare; times and owners of files, which no image has from its context; resource limits.

use std::collections::BTreeMap;

use super::super::order::is_predefined;
use super::super::preparation::Asked;
use super::super::request::{BuildRequest, Compression, ContextDigest};
use super::super::{Maker, labels};
use crate::digest::digest;
use crate::docker::Builder;
use crate::policy::Side;

/// Changes when what counts does: keys of another scheme are never found.
const SCHEME: &str = "baws-ci/build-key/1";
/// Of tags that the host sets; what unprotected refs built has another, and is never looked for by protected ones.
const PROTECTED: &str = "ctx-";
const UNPROTECTED: &str = "ctxu-";
/// Hexadecimal digits of a tag: 160 bits.
const DIGITS: usize = 40;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) tag: String,
}

/// Whether a tag is one that only the host sets.
pub(in crate::image) fn is_reserved(tag: &str) -> bool {
    [PROTECTED, UNPROTECTED].iter().any(|prefix| {
        tag.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() == DIGITS && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    })
}

impl Key {
    /// `bases`: each image that the Dockerfile names, for its platform, with what it is.
    pub(super) fn of(
        maker: &Maker<'_>,
        request: &BuildRequest,
        asked: &Asked<'_>,
        context: &ContextDigest,
        side: &Side,
        bases: &[(String, String)],
    ) -> Self {
        let declared = asked.dockerfile.declared_args();
        let arguments = request
            .build_args
            .iter()
            .filter(|(name, _)| declared.contains(*name) || is_predefined(name));
        let kept_labels = request
            .labels
            .iter()
            .filter(|(name, _)| !labels::is_volatile(name));
        let mut parts = Parts::default();
        parts.word("scheme", SCHEME);
        parts.word("project", &side.project);
        parts.word("project id", &side.project_id.to_string());
        parts.word("protected", &side.is_protected.to_string());
        parts.word(
            "builder",
            match asked.builder {
                Builder::BuildKit => "buildkit",
                Builder::Classic => "classic",
            },
        );
        parts.word("platform", request.platform.as_deref().unwrap_or_default());
        parts.word("host", std::env::consts::ARCH);
        parts.word("target", request.target.as_deref().unwrap_or_default());
        parts.pairs("arguments", arguments);
        // The proxy among them.
        parts.pairs("operator's arguments", maker.build_args);
        parts.pairs("labels", kept_labels);
        parts.word("network", request.network.as_deref().unwrap_or_default());
        parts.word("shm", request.shm_size.as_deref().unwrap_or_default());
        parts.list("hosts", &request.extra_hosts);
        parts.list("ulimits", &request.ulimits);
        parts.pairs("bases", bases.iter().map(|(name, what)| (name, what)));
        parts.bytes("dockerfile", &request.dockerfile.0);
        parts.word("context", &context.sha256);
        let push = request.push.as_ref();
        match push.map(|push| push.compression).unwrap_or_default() {
            Compression::Gzip => {}
            Compression::Zstd => parts.word("compression", "zstd"),
        }
        let prefix = match side.is_protected {
            true => PROTECTED,
            false => UNPROTECTED,
        };
        Key {
            tag: format!("{prefix}{}", &digest(&parts.0)[..DIGITS]),
        }
    }
}

/// Each with its name, and lists with their length: no two requests run into one another.
#[derive(Default)]
struct Parts(Vec<Vec<u8>>);

impl Parts {
    fn bytes(&mut self, name: &str, value: &[u8]) {
        self.0.push(name.as_bytes().to_vec());
        self.0.push(value.to_vec());
    }

    fn word(&mut self, name: &str, value: &str) {
        self.bytes(name, value.as_bytes());
    }

    fn list(&mut self, name: &str, values: &[String]) {
        self.word(name, &values.len().to_string());
        let values = values.iter().map(|value| value.as_bytes().to_vec());
        self.0.extend(values);
    }

    fn pairs<'p>(&mut self, name: &str, pairs: impl IntoIterator<Item = (&'p String, &'p String)>) {
        let sorted: BTreeMap<&String, &String> = pairs.into_iter().collect();
        self.word(name, &sorted.len().to_string());
        for (key, value) in sorted {
            self.bytes(key, value.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_own_tags_are_reserved() {
        let digits = "0123456789abcdef0123456789abcdef01234567";
        assert!(is_reserved(&format!("ctx-{digits}")));
        assert!(is_reserved(&format!("ctxu-{}", digits.to_uppercase())));
        for tag in ["ctx-1", "latest", "ctx", &format!("ctx-{digits}0")] {
            assert!(!is_reserved(tag), "{tag}");
        }
    }

    #[test]
    fn no_two_lists_run_into_one_another() {
        let of = |hosts: &[&str], ulimits: &[&str]| {
            let own = |texts: &[&str]| -> Vec<String> {
                texts.iter().map(|text| (*text).to_owned()).collect()
            };
            let mut parts = Parts::default();
            parts.list("hosts", &own(hosts));
            parts.list("ulimits", &own(ulimits));
            digest(&parts.0)
        };
        assert_ne!(of(&["a"], &["b"]), of(&["a", "b"], &[]));
        assert_ne!(of(&["a", "ulimits"], &[]), of(&["a"], &["ulimits"]));
    }
}
