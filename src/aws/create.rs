//! Making an ECR repository, as the settings want it.

use std::collections::BTreeMap;

use aws_sdk_ecr::types::{
    EncryptionConfiguration, EncryptionType, ImageScanningConfiguration, ImageTagMutability,
    ImageTagMutabilityExclusionFilter, ImageTagMutabilityExclusionFilterType, Tag,
};

use super::{Aws, Failure, Mutability, Reason, Resource};
use crate::error::{Error, Result};
use crate::settings::{EcrSettings, EncryptionKind};

/// A repository to make.
#[derive(Clone, Debug)]
pub(crate) struct NewRepository {
    account: String,
    name: String,
    scan_on_push: bool,
    encryption: Encryption,
    mutability: Mutability,
    tags: BTreeMap<String, String>,
    /// JSON
    lifecycle_policy: Option<String>,
}

#[derive(Clone, Debug)]
enum Encryption {
    Aes256,
    /// `None`: the account's own key for ECR.
    Kms {
        key: Option<String>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Created {
    pub(crate) how: CreatedHow,
    /// What is not as it was wished, in a sentence.
    pub(crate) warning: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CreatedHow {
    Made,
    /// By someone else, perhaps a moment ago; it is left as it is.
    AlreadyThere,
}

impl NewRepository {
    /// A repository as the settings want it.
    ///
    /// # Errors
    /// The lifecycle policy's file cannot be read or is no JSON.
    pub(crate) fn wanted(settings: &EcrSettings, account: &str, name: &str) -> Result<Self> {
        let mutability = match (
            settings.immutable_tags,
            settings.immutable_except.as_slice(),
        ) {
            (false, _) => Mutability::Mutable,
            (true, []) => Mutability::Immutable,
            (true, except) => Mutability::ImmutableExcept(except.to_vec()),
        };
        let encryption = match settings.encryption {
            EncryptionKind::Aes256 => Encryption::Aes256,
            EncryptionKind::Kms => Encryption::Kms {
                key: settings.kms_key.clone(),
            },
        };
        Ok(NewRepository {
            account: account.to_owned(),
            name: name.to_owned(),
            scan_on_push: settings.scan_on_push,
            encryption,
            mutability,
            tags: settings.tags.clone(),
            lifecycle_policy: lifecycle_policy(settings)?,
        })
    }
}

fn lifecycle_policy(settings: &EcrSettings) -> Result<Option<String>> {
    let Some(file) = &settings.lifecycle_policy_file else {
        return Ok(None);
    };
    let wrong =
        |error: Error| error.hint("the operator corrects `[aws.ecr] lifecycle_policy_file`");
    let cannot = || {
        Error::usage(format!(
            "cannot use the lifecycle policy `{}`",
            file.display()
        ))
    };
    let text = std::fs::read_to_string(file).map_err(|error| wrong(cannot().caused_by(error)))?;
    serde_json::from_str::<serde_json::Value>(&text)
        .map_err(|error| wrong(cannot().caused_by(error)))?;
    Ok(Some(text))
}

impl Aws {
    /// Makes the repository, unless it is there. A lifecycle policy that cannot be set is a warning: the push can go on.
    pub(crate) async fn create_repository(
        &self,
        wanted: &NewRepository,
    ) -> Result<Created, Failure> {
        let (account, name) = (wanted.account.as_str(), wanted.name.as_str());
        let (mutability, filters) = mutability_asked(&wanted.mutability);
        let scan = ImageScanningConfiguration::builder().scan_on_push(wanted.scan_on_push);
        let tag =
            |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build().ok();
        let tags: Vec<Tag> = wanted.tags.iter().filter_map(tag).collect();
        let request = self
            .ecr
            .create_repository()
            .registry_id(account)
            .repository_name(name)
            .image_tag_mutability(mutability)
            .set_image_tag_mutability_exclusion_filters(filters)
            .image_scanning_configuration(scan.build())
            .encryption_configuration(encryption_asked(&wanted.encryption))
            .set_tags(Some(tags).filter(|tags| !tags.is_empty()));
        if let Err(error) = request.send().await {
            let doing = format!("make the repository `{name}` in account `{account}`");
            let about = Resource::Repository { account, name };
            let failure = self
                .ecr_call("CreateRepository", about, doing)
                .failed(error);
            return match failure.reason {
                Reason::AlreadyExists => Ok(Created {
                    how: CreatedHow::AlreadyThere,
                    warning: None,
                }),
                _ => Err(failure),
            };
        }
        let warning = match &wanted.lifecycle_policy {
            Some(policy) => self.put_lifecycle_policy(account, name, policy).await.err(),
            None => None,
        };
        Ok(Created {
            how: CreatedHow::Made,
            warning: warning.map(|failure| failure.into_error().to_string()),
        })
    }

    async fn put_lifecycle_policy(
        &self,
        account: &str,
        name: &str,
        policy: &str,
    ) -> Result<(), Failure> {
        let request = self
            .ecr
            .put_lifecycle_policy()
            .registry_id(account)
            .repository_name(name);
        let answer = request.lifecycle_policy_text(policy).send().await;
        let doing = format!("set the lifecycle policy of the repository `{name}`");
        let about = Resource::Repository { account, name };
        answer.map_err(|error| {
            self.ecr_call("PutLifecyclePolicy", about, doing)
                .failed(error)
        })?;
        Ok(())
    }
}

fn mutability_asked(
    wanted: &Mutability,
) -> (
    ImageTagMutability,
    Option<Vec<ImageTagMutabilityExclusionFilter>>,
) {
    let filter = |pattern: &String| {
        ImageTagMutabilityExclusionFilter::builder()
            .filter_type(ImageTagMutabilityExclusionFilterType::Wildcard)
            .filter(pattern)
            .build()
            .expect("both of its fields are set")
    };
    let filters = |patterns: &[String]| Some(patterns.iter().map(filter).collect());
    match wanted {
        Mutability::Mutable => (ImageTagMutability::Mutable, None),
        Mutability::Immutable => (ImageTagMutability::Immutable, None),
        Mutability::ImmutableExcept(patterns) => (
            ImageTagMutability::ImmutableWithExclusion,
            filters(patterns),
        ),
        Mutability::MutableExcept(patterns) => {
            (ImageTagMutability::MutableWithExclusion, filters(patterns))
        }
    }
}

fn encryption_asked(wanted: &Encryption) -> EncryptionConfiguration {
    let (kind, key) = match wanted {
        Encryption::Aes256 => (EncryptionType::Aes256, None),
        Encryption::Kms { key } => (EncryptionType::Kms, key.clone()),
    };
    let configuration = EncryptionConfiguration::builder()
        .encryption_type(kind)
        .set_kms_key(key);
    configuration
        .build()
        .expect("its one required field is set")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifecycle_policy_that_is_no_json_is_the_operators_turn() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "{").unwrap();
        let settings = EcrSettings {
            lifecycle_policy_file: Some(file.path().to_owned()),
            ..EcrSettings::default()
        };
        let error = NewRepository::wanted(&settings, "123456789012", "app").unwrap_err();
        assert_eq!(
            error.hints(),
            ["the operator corrects `[aws.ecr] lifecycle_policy_file`"]
        );
        std::fs::write(file.path(), "{}").unwrap();
        let wanted = NewRepository::wanted(&settings, "123456789012", "app").unwrap();
        assert_eq!(wanted.lifecycle_policy.as_deref(), Some("{}"));
    }
}
