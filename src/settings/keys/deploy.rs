//! The keys of `[deploy]`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[key(
    "deploy.poll_ms",
    "integer",
    "4000",
    "Milliseconds between two looks at a service whose deployment is watched. Several services of one command share the same number of calls.",
)];
