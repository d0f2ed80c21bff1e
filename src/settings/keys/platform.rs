//! The keys of `[platform]`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "platform.revision",
        "\"first\" or \"second\"",
        "none",
        "Which of the platform's two shapes `doctor` looks for: May 2023 or September 2024. Without it the platform is not looked at.",
    ),
    key(
        "platform.prefix",
        "string",
        "\"baws\" or \"opa\", by the revision",
        "What the names of the platform's parameters, secrets and clusters begin with.",
    ),
    key(
        "platform.region",
        "string",
        "AWS_REGION",
        "Region of the platform's parameters, tables and secrets.",
    ),
    key(
        "platform.account",
        "string",
        "any",
        "The platform's AWS account, twelve digits: `doctor` says so where the host is in another.",
    ),
    key(
        "platform.providers",
        "list of strings",
        "[]",
        "Of the second revision: names of the environment providers whose parameters `doctor` looks for.",
    ),
    key(
        "platform.reference",
        "string",
        "`PREFIX-admin/backstage-reference`",
        "Path of the reference repository in GitLab.",
    ),
    key(
        "platform.repositories",
        "list of strings",
        "[]",
        "Applications' repositories in ECR that `doctor` looks at, beside those that grants name in full.",
    ),
];
