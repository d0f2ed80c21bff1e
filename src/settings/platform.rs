//! `[platform]`: which platform this host belongs to, for `doctor`, which looks whether all of it is there.

use serde::{Deserialize, Serialize};

use super::aws::Wrong;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct PlatformSettings {
    /// `None`: nobody says, and the platform is not looked at.
    pub(crate) revision: Option<PlatformRevision>,
    /// `None`: that of the revision, `baws` or `opa`.
    pub(crate) prefix: Option<String>,
    /// Where the platform is; `None`: `AWS_REGION`.
    pub(crate) region: Option<String>,
    /// Twelve digits; `None`: whichever it is.
    pub(crate) account: Option<String>,
    /// Of the second revision: names of its environment providers.
    pub(crate) providers: Vec<String>,
    /// Path of the reference repository; `None`: `backstage-reference` of the platform's administrator.
    pub(crate) reference: Option<String>,
    /// Names of applications' repositories in ECR.
    pub(crate) repositories: Vec<String>,
}

/// The two shapes of the platform.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PlatformRevision {
    /// May 2023.
    First,
    /// September 2024.
    Second,
}

impl PlatformRevision {
    pub(crate) fn name(self) -> &'static str {
        match self {
            PlatformRevision::First => "first",
            PlatformRevision::Second => "second",
        }
    }

    /// The prefix of its own names.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            PlatformRevision::First => "baws",
            PlatformRevision::Second => "opa",
        }
    }
}

impl PlatformSettings {
    pub(super) fn check(&self) -> Result<(), Wrong> {
        let digits = |text: &String| text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit());
        match &self.account {
            Some(account) if !digits(account) => {
                Err(("platform.account", "must be twelve digits".to_owned()))
            }
            Some(_) | None => Ok(()),
        }
    }
}
