//! ECR repositories: whether one is there, and which of its tags stay. Read next: `create`, which makes one.

use aws_sdk_ecr::types::{EncryptionType, ImageTagMutability, Repository as Described};

use super::{Aws, Failure, Reason, Resource};

#[derive(Clone, Debug)]
pub(crate) struct Repository {
    mutability: Mutability,
    /// By a key of KMS, not by one that ECR keeps.
    pub(crate) has_kms: bool,
    /// Each pushed image, as far as the repository itself says.
    pub(crate) scans: bool,
}

/// Whether a tag may be moved to another image. Patterns: `*` is any text.
#[derive(Clone, Debug)]
pub(super) enum Mutability {
    Mutable,
    Immutable,
    ImmutableExcept(Vec<String>),
    MutableExcept(Vec<String>),
}

impl Repository {
    /// Whether `tag`, once pushed, stays on its image.
    pub(crate) fn fixes(&self, tag: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, tag));
        match &self.mutability {
            Mutability::Mutable => false,
            Mutability::Immutable => true,
            Mutability::ImmutableExcept(patterns) => !any(patterns),
            Mutability::MutableExcept(patterns) => any(patterns),
        }
    }
}

impl Aws {
    /// The repository of this name in this account's registry, if it is there.
    pub(crate) async fn repository(
        &self,
        account: &str,
        name: &str,
    ) -> Result<Option<Repository>, Failure> {
        let request = self
            .ecr
            .describe_repositories()
            .registry_id(account)
            .repository_names(name);
        match request.send().await {
            Ok(answer) => Ok(answer.repositories().first().map(described)),
            Err(error) => {
                let about = Resource::Repository { account, name };
                let doing = format!("look at the repository `{name}` of account `{account}`");
                match self
                    .ecr_call("DescribeRepositories", about, doing)
                    .failed(error)
                {
                    failure if failure.reason == Reason::NotFound => Ok(None),
                    failure => Err(failure),
                }
            }
        }
    }
}

fn described(found: &Described) -> Repository {
    let filters = found.image_tag_mutability_exclusion_filters();
    let patterns = || {
        filters
            .iter()
            .map(|filter| filter.filter().to_owned())
            .collect()
    };
    let mutability = match found.image_tag_mutability() {
        Some(ImageTagMutability::Immutable) => Mutability::Immutable,
        Some(ImageTagMutability::ImmutableWithExclusion) => Mutability::ImmutableExcept(patterns()),
        Some(ImageTagMutability::MutableWithExclusion) => Mutability::MutableExcept(patterns()),
        // Of the SDK's own: it is non-exhaustive. What is not known to be fixed is tried.
        Some(_) | None => Mutability::Mutable,
    };
    let encryption = found.encryption_configuration();
    let kind = encryption.map(|encryption| encryption.encryption_type());
    let scanning = found.image_scanning_configuration();
    Repository {
        mutability,
        has_kms: matches!(kind, Some(EncryptionType::Kms | EncryptionType::KmsDsse)),
        scans: scanning.is_some_and(|scanning| scanning.scan_on_push()),
    }
}

/// Whether a whole tag is what the pattern says.
fn matches(pattern: &str, tag: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == tag,
        Some((beginning, rest)) => tag.strip_prefix(beginning).is_some_and(|tail| {
            let mut starts = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            starts.any(|at| matches(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_whole_tags() {
        for (pattern, tag, fits) in [
            ("latest", "latest", true),
            ("latest", "latest2", false),
            ("cache*", "cache", true),
            ("cache*", "cache-main", true),
            ("*-dev", "1.0-dev", true),
            ("*-dev", "1.0-dev2", false),
            ("v*-*", "v1-x", true),
            ("v*-*", "v1", false),
        ] {
            assert_eq!(matches(pattern, tag), fits, "{pattern} {tag}");
        }
    }
}
