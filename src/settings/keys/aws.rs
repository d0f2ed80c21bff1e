//! The keys of `[aws]`.

use super::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        "aws.role_arn",
        "string",
        "none: the host's own credentials",
        "A role the host assumes for its calls to AWS, on top of its own credentials.",
    ),
    key(
        "aws.external_id",
        "string",
        "none",
        "What that role's trust policy asks for.",
    ),
    key(
        "aws.ecr.scan_on_push",
        "boolean",
        "true",
        "ECR repositories that are made scan each image pushed to them.",
    ),
    key(
        "aws.ecr.encryption",
        "\"AES256\" or \"KMS\"",
        "\"AES256\"",
        "How repositories that are made are encrypted. It cannot be changed later.",
    ),
    key(
        "aws.ecr.kms_key",
        "string",
        "the account's key for ECR",
        "Key id, alias or ARN for encryption with KMS.",
    ),
    key(
        "aws.ecr.immutable_tags",
        "boolean",
        "false",
        "In repositories that are made a tag, once pushed, stays on its image.",
    ),
    key(
        "aws.ecr.immutable_except",
        "list of patterns",
        "none",
        "Up to five patterns of tags that may be moved all the same, such as \"latest\" and \"cache*\".",
    ),
    key(
        "aws.ecr.lifecycle_policy_file",
        "path",
        "none",
        "File on this host with the lifecycle policy of repositories that are made, as JSON.",
    ),
    key(
        "aws.ecr.tags",
        "table of strings",
        "none",
        "Tags of repositories that are made.",
    ),
];
