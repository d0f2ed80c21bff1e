//! Why an image could not be had, or not be used. Source: as in `table`.

use super::table::{Again, Row};
use super::{Kind, Turn};

pub(super) const ROWS: &[Row] = &[
    Row {
        any_of: &[
            &["exec format error"],
            &["descriptor matching platform"],
            &["no matching manifest for"],
            &["no match for platform"],
            &["image platform"],
        ],
        kind: Kind::ImagePlatform,
        plain: "its image is for another processor or operating system than the task",
        turn: Turn::Author,
        act: "build for the platform of the task (`runtimePlatform` in its definition), or for both",
        again: Again::Useless,
    },
    Row {
        any_of: &[&["no space left on device"], &["cannotpull", "disk"]],
        kind: Kind::DiskFull,
        plain: "there is no room on its disk",
        turn: Turn::Operator,
        act: "raise `ephemeralStorage` of the task definition, or make room on the instances",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[&["toomanyrequests"], &["pull rate limit"]],
        kind: Kind::ImageLimit,
        plain: "the registry takes no more pulls for now",
        turn: Turn::Operator,
        act: "give the task credentials for that registry, or let images come from ECR (a pull-through cache)",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["cannotpull", "not authorized"],
            &["cannotpull", "403 forbidden"],
            &["cannotpull", "denied"],
            &["registry auth", "accessdenied"],
            &["registry auth", "not authorized"],
            &["pull access denied"],
            &["cannotpull", "no basic auth credentials"],
            &["role has the permissions", "pull"],
            &["cannotpull", "unauthorized"],
        ],
        kind: Kind::ImageDenied,
        plain: "it may not pull its image",
        turn: Turn::Granter,
        act: "allow the task's execution role `ecr:GetAuthorizationToken`, `ecr:BatchGetImage` and \
              `ecr:GetDownloadUrlForLayer`, and look at the repository's policy if it is of another account; a name \
              that does not exist is answered the same way",
        again: Again::Useless,
    },
    Row {
        any_of: &[
            &["manifest unknown"],
            &["cannotpull", "not found"],
            &["cannotpull", "does not exist"],
            &["repositorynotfound"],
            &["imagenotfound"],
        ],
        kind: Kind::ImageNotFound,
        plain: "its image is not in the registry",
        turn: Turn::Author,
        act: "push it, or correct the image of the task definition; a lifecycle rule of the repository may have \
              removed it",
        again: Again::Useless,
    },
    // A guess: no text of it is documented.
    Row {
        any_of: &[&["resolve", "digest"]],
        kind: Kind::ImageDigest,
        plain: "ECS could not find out which digest the image's tag means",
        turn: Turn::Operator,
        act: "check that the tag exists and that the execution role may read the repository, or deploy with \
              `--strategy pin`",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[
            &["cannotpull", "timeout"],
            &["cannotpull", "deadline exceeded"],
            &["cannotpull", "connection"],
            &["cannotpull", "no such host"],
            &["registry auth"],
            &["cannotpull", "dial tcp"],
            &["cannotpull", "context canceled"],
        ],
        kind: Kind::ImageUnreachable,
        plain: "it could not reach the image's registry",
        turn: Turn::Operator,
        act: "check the way from the task's subnets to the registry: a public address or NAT, or endpoints for ECR \
              and S3 and their security groups",
        again: Again::MayHelp,
    },
    Row {
        any_of: &[&["cannotpull"]],
        kind: Kind::ImageUnreachable,
        plain: "its image could not be pulled",
        turn: Turn::Operator,
        act: "read ECS's own words above; check the image's name, the execution role and the way to the registry",
        again: Again::MayHelp,
    },
];
