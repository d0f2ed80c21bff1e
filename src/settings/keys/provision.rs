//! The keys of `[provision]`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "provision.reference",
        "string",
        "\"baws-admin/backstage-reference\"",
        "The project of GitLab that holds the portal's catalog of environments and their providers.",
    ),
    key(
        "provision.poll_ms",
        "integer",
        "4000",
        "Milliseconds between two looks at an execution of the state machine that is followed; where nothing happens they move apart, four times as far at most.",
    ),
];
