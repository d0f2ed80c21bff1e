//! `[aws]`: which role the host uses, and what ECR repositories look like that it makes.
//!
//! Values are checked when the settings are read, so that a wrong one is told at the start and not after a build.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct AwsSettings {
    /// Assumed on top of the host's own credentials for every call without a role of its own.
    pub(crate) role_arn: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) ecr: EcrSettings,
}

/// What a repository is made with. One that exists is left as it is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct EcrSettings {
    pub(crate) scan_on_push: bool,
    pub(crate) encryption: EncryptionKind,
    /// Key id, alias or ARN; `None` with KMS: the account's own key for ECR.
    pub(crate) kms_key: Option<String>,
    pub(crate) immutable_tags: bool,
    /// At most five patterns of tags that may be moved although `immutable_tags` holds; `*` is any text.
    pub(crate) immutable_except: Vec<String>,
    /// A lifecycle policy as JSON, on this host.
    pub(crate) lifecycle_policy_file: Option<PathBuf>,
    pub(crate) tags: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) enum EncryptionKind {
    #[default]
    #[serde(rename = "AES256")]
    Aes256,
    #[serde(rename = "KMS")]
    Kms,
}

impl Default for EcrSettings {
    fn default() -> Self {
        EcrSettings {
            scan_on_push: true,
            encryption: EncryptionKind::Aes256,
            kms_key: None,
            immutable_tags: false,
            immutable_except: Vec::new(),
            lifecycle_policy_file: None,
            tags: BTreeMap::new(),
        }
    }
}

/// A key whose value cannot be, and why.
pub(super) type Wrong = (&'static str, String);

impl AwsSettings {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        if let Some(arn) = &self.role_arn
            && !is_role_arn(arn)
        {
            let why = "must be a role's ARN, such as `arn:aws:iam::123456789012:role/builder`";
            return Err(("aws.role_arn", why.to_owned()));
        }
        match &self.external_id {
            Some(_) if self.role_arn.is_none() => {
                return Err(("aws.external_id", "needs `aws.role_arn`".to_owned()));
            }
            Some(id) if !is_external_id(id) => {
                let why = "must be 2 to 1224 letters, digits or `_+=,.@:/-`";
                return Err(("aws.external_id", why.to_owned()));
            }
            Some(_) | None => {}
        }
        self.ecr.check()
    }
}

impl EcrSettings {
    fn check(&self) -> Result<(), Wrong> {
        if self.kms_key.is_some() && self.encryption != EncryptionKind::Kms {
            let why = "needs `aws.ecr.encryption = \"KMS\"`";
            return Err(("aws.ecr.kms_key", why.to_owned()));
        }
        if !self.immutable_except.is_empty() && !self.immutable_tags {
            let why = "needs `aws.ecr.immutable_tags = true`";
            return Err(("aws.ecr.immutable_except", why.to_owned()));
        }
        if self.immutable_except.len() > 5 {
            let why = "has more than the five patterns that ECR takes";
            return Err(("aws.ecr.immutable_except", why.to_owned()));
        }
        if let Some(bad) = self.immutable_except.iter().find(|one| !is_tag_filter(one)) {
            let why = format!(
                "has `{}`; a pattern is 1 to 128 letters, digits or `._*-`, with at most two `*`",
                bad.escape_debug()
            );
            return Err(("aws.ecr.immutable_except", why));
        }
        if self
            .lifecycle_policy_file
            .as_ref()
            .is_some_and(|file| !file.is_absolute())
        {
            return Err((
                "aws.ecr.lifecycle_policy_file",
                "must be an absolute path".to_owned(),
            ));
        }
        self.check_tags()
    }

    /// Source: "Tag restrictions" of the ECR user guide; the limits are those of every tagged AWS resource.
    fn check_tags(&self) -> Result<(), Wrong> {
        let wrong = |why: String| Err(("aws.ecr.tags", why));
        if self.tags.len() > 50 {
            return wrong("has more than the 50 tags that AWS takes".to_owned());
        }
        for (name, value) in &self.tags {
            let shown = name.escape_debug();
            if name.is_empty() || name.chars().count() > 128 || value.chars().count() > 256 {
                return wrong(format!(
                    "has `{shown}`; a name has 1 to 128 characters, a value up to 256"
                ));
            }
            if name.to_ascii_lowercase().starts_with("aws:") {
                return wrong(format!(
                    "has `{shown}`; names that begin with `aws:` belong to AWS"
                ));
            }
            let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
            if !name.chars().chain(value.chars()).all(allowed) {
                return wrong(format!(
                    "has `{shown}`; letters, digits, spaces and `_.:/=+-@` are allowed"
                ));
            }
        }
        Ok(())
    }
}

/// `arn:<partition>:iam::<12 digits>:role/<path and name>`.
pub(super) fn is_role_arn(text: &str) -> bool {
    let mut parts = text.splitn(6, ':');
    let mut next = || parts.next().unwrap_or_default();
    let (arn, partition, service, region, account, resource) =
        (next(), next(), next(), next(), next(), next());
    let name = resource.strip_prefix("role/").unwrap_or_default();
    arn == "arn"
        && partition.starts_with("aws")
        && service == "iam"
        && region.is_empty()
        && account.len() == 12
        && account.bytes().all(|c| c.is_ascii_digit())
        && !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c))
}

/// Source: STS `AssumeRole`, `ExternalId`: `[\w+=,.@:\/-]*`, 2 to 1224 characters.
fn is_external_id(text: &str) -> bool {
    (2..=1224).contains(&text.len())
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c))
}

/// Source: ECR `ImageTagMutabilityExclusionFilter`: `^[0-9a-zA-Z._*-]{1,128}$`, at most two wildcards.
fn is_tag_filter(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.matches('*').count() <= 2
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._*-".contains(c))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Settings;

    fn refusal(text: &str) -> String {
        Settings::parse(text, Path::new("c"))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn what_aws_would_refuse_later_is_refused_at_the_start() {
        for (text, key) in [
            ("[aws]\nrole_arn = \"builder\"\n", "aws.role_arn"),
            ("[aws]\nexternal_id = \"abc\"\n", "aws.external_id"),
            ("[aws.ecr]\nkms_key = \"alias/x\"\n", "aws.ecr.kms_key"),
            (
                "[aws.ecr]\nimmutable_except = [\"latest\"]\n",
                "aws.ecr.immutable_except",
            ),
            (
                "[aws.ecr]\nimmutable_tags = true\nimmutable_except = [\"a b\"]\n",
                "aws.ecr.immutable_except",
            ),
            (
                "[aws.ecr]\nimmutable_tags = true\nimmutable_except = [\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]\n",
                "aws.ecr.immutable_except",
            ),
            (
                "[aws.ecr]\nlifecycle_policy_file = \"policy.json\"\n",
                "aws.ecr.lifecycle_policy_file",
            ),
            ("[aws.ecr.tags]\n\"aws:x\" = \"y\"\n", "aws.ecr.tags"),
            ("[aws.ecr.tags]\nteam = \"a;b\"\n", "aws.ecr.tags"),
        ] {
            let told = refusal(text);
            assert!(told.contains(&format!("are wrong: `{key}`")), "{told}");
        }
        assert!(refusal("[aws.ecr]\nencryption = \"none\"\n").contains("are malformed"));
        assert!(refusal("[aws.ecr]\nscan = true\n").contains("unknown key `aws.ecr.scan`"));
    }

    #[test]
    fn a_full_table_is_taken() {
        let text = "[aws]\nrole_arn = \"arn:aws:iam::123456789012:role/ci/builder\"\n\
            external_id = \"team:1\"\n[aws.ecr]\nencryption = \"KMS\"\nkms_key = \"alias/ecr\"\nimmutable_tags = true\n\
            immutable_except = [\"latest\", \"cache*\"]\nlifecycle_policy_file = \"/etc/baws-ci/lifecycle.json\"\n\
            [aws.ecr.tags]\nteam = \"Build & ship\"\n"
            .replace(" & ", " and ");
        let settings = Settings::parse(&text, Path::new("c")).unwrap();
        assert_eq!(settings.aws.ecr.tags["team"], "Build and ship");
    }
}
