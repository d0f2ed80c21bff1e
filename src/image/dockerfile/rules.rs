//! Who asks, and with which arguments.

use std::collections::BTreeMap;

/// Whose Dockerfile it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A job's: the engine is the host's, and whoever wrote the file may not have the host's rights.
    Job,
    /// That of whoever runs `baws-ci` on their own engine: what docker allows is allowed.
    Caller,
}

#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) trust: Trust,
    /// As given with `--build-arg`.
    pub(crate) build_args: BTreeMap<String, String>,
    /// What builders predefine: `BUILDPLATFORM`, `TARGETPLATFORM`, `TARGETARCH` and their like.
    pub(crate) platform_args: BTreeMap<String, String>,
}

/// Names that the host gives a meaning of its own.
pub(super) const RESERVED: [&str; 3] = [CACHE_ARG, "BUILDKIT_CACHE_MOUNT_NS", "BUILDKIT_SYNTAX"];

/// Parts the engine's layer cache by project and protection.
pub(super) const CACHE_ARG: &str = "BAWS_CACHE";
