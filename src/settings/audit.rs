//! `[audit]`: where rows of the platform's audit trail go, and what happens where one cannot be written.

use serde::{Deserialize, Serialize};

use super::aws::{Wrong, is_role_arn};

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct AuditSettings {
    /// The table's name. Without it and without `table_parameter` there is no audit.
    pub(crate) table: Option<String>,
    /// The parameter of Systems Manager that holds the table's name.
    pub(crate) table_parameter: Option<String>,
    /// Where table and parameter are; `None`: where the work is.
    pub(crate) region: Option<String>,
    /// Who writes and reads rows; `None`: the host's own identity.
    pub(crate) role_arn: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) shape: AuditShape,
    /// Of shape `opa`.
    pub(crate) prefix: String,
    pub(crate) provider: String,
    pub(crate) deploy: OnAuditFailure,
    /// Of images that are pushed.
    pub(crate) build: OnAuditFailure,
}

/// What a row looks like: that of the platform's two revisions.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AuditShape {
    /// 14 attributes.
    #[default]
    Baws,
    /// 17 attributes: prefix, provider and application have their own.
    Opa,
}

/// Where the first row cannot be written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum OnAuditFailure {
    /// The work is not done.
    FailClosed,
    /// The work is done, with a warning.
    FailOpen,
    /// No rows are written.
    Off,
}

impl Default for AuditSettings {
    fn default() -> Self {
        AuditSettings {
            table: None,
            table_parameter: None,
            region: None,
            role_arn: None,
            external_id: None,
            shape: AuditShape::Baws,
            prefix: String::new(),
            provider: String::new(),
            deploy: OnAuditFailure::FailClosed,
            build: OnAuditFailure::FailOpen,
        }
    }
}

impl AuditSettings {
    pub(crate) fn is_on(&self) -> bool {
        self.table.is_some() || self.table_parameter.is_some()
    }

    pub(super) fn check(&self) -> Result<(), Wrong> {
        let wrong = |key, why: &str| Err((key, why.to_owned()));
        if self.table.is_some() && self.table_parameter.is_some() {
            return wrong("audit.table_parameter", "cannot stand beside `audit.table`");
        }
        if self
            .role_arn
            .as_deref()
            .is_some_and(|arn| !is_role_arn(arn))
        {
            let why = "must be a role's ARN, such as `arn:aws:iam::123456789012:role/audit`";
            return wrong("audit.role_arn", why);
        }
        if self.external_id.is_some() && self.role_arn.is_none() {
            return wrong("audit.external_id", "needs `audit.role_arn`");
        }
        let named = !self.prefix.is_empty() && !self.provider.is_empty();
        if self.is_on() && self.shape == AuditShape::Opa && !named {
            return wrong(
                "audit.shape",
                "`opa` needs `audit.prefix` and `audit.provider`",
            );
        }
        Ok(())
    }
}
