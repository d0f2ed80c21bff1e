//! The keys of `[audit]`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "audit.table",
        "string",
        "none",
        "Name of the DynamoDB table for audit rows. Without it and without table_parameter no rows are written.",
    ),
    key(
        "audit.table_parameter",
        "string",
        "none",
        "Parameter of Systems Manager that holds the table's name, such as \"/baws/Audit\", in place of table.",
    ),
    key(
        "audit.region",
        "string",
        "that of the work",
        "Region of the table and of its parameter.",
    ),
    key(
        "audit.role_arn",
        "string",
        "the host's own identity",
        "Role that writes and reads audit rows. Never the role of a grant.",
    ),
    key(
        "audit.external_id",
        "string",
        "none",
        "External id that the role asks for.",
    ),
    key(
        "audit.shape",
        "\"baws\" or \"opa\"",
        "\"baws\"",
        "What a row looks like: 14 attributes, or 17 with prefix, provider and application.",
    ),
    key(
        "audit.prefix",
        "string",
        "\"\"",
        "The platform's prefix, for the shape opa.",
    ),
    key(
        "audit.provider",
        "string",
        "\"\"",
        "Name of the environment provider that the table belongs to, for the shape opa.",
    ),
    key(
        "audit.deploy",
        "\"fail-closed\", \"fail-open\" or \"off\"",
        "\"fail-closed\"",
        "Work on services whose first row cannot be written: fail-closed does not do it, fail-open does it with a warning, off writes no rows.",
    ),
    key(
        "audit.build",
        "\"fail-closed\", \"fail-open\" or \"off\"",
        "\"fail-open\"",
        "The same for images that are pushed to ECR.",
    ),
];
