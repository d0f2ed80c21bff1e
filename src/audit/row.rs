//! One row of the audit table, in the shapes of the platform's two revisions.
//!
//! The portal reads every attribute of every row without looking whether it is there: all are texts, and none is missing.
//! Source: platform revision of May 2023 (`AuditTable.tsx`, 14 attributes) and of September 2024 (17 attributes).

use serde::{Deserialize, Serialize};

use crate::aws::Texts;
use crate::output::utc;
use crate::rollout::clean;
use crate::settings::{AuditSettings, AuditShape};

/// The partition key in both shapes; `CREATED_AT` is the sort key.
pub(super) const ID: &str = "id";
pub(super) const CREATED_AT: &str = "createdAt";
/// What the application is called, in one shape and the other.
pub(super) const COMPONENT: [&str; 2] = ["name", "appName"];

const LONGEST_TEXT: usize = 1000;
/// Parts of the key are joined by `#`.
const LONGEST_PART: usize = 128;

/// What is done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Action {
    BuildImage,
    PushImage,
    PromoteImage,
    /// Deploy, restart, start, stop and roll back: the portal's own word for them.
    UpdateService,
    RunTask,
    GetCredentials,
    BootstrapRepository,
    /// The state machine's own words for an order, where it is one of its two.
    CreateApp,
    CreateResource,
    Provision,
    StopExecution,
}

impl Action {
    fn text(self) -> &'static str {
        match self {
            Action::BuildImage => "Build Image",
            Action::PushImage => "Push Image",
            Action::PromoteImage => "Promote Image",
            Action::UpdateService => "Update ECS Service",
            Action::RunTask => "Run ECS Task",
            Action::GetCredentials => "Get Credentials",
            Action::BootstrapRepository => "Bootstrap Repository",
            Action::CreateApp => "Create App",
            Action::CreateResource => "Create Resource",
            Action::Provision => "Provision",
            Action::StopExecution => "Stop Execution",
        }
    }
}

/// The platform knows these three and no other.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) enum Status {
    InProgress,
    Success,
    Failed,
}

impl Status {
    fn text(self) -> &'static str {
        match self {
            Status::InProgress => "IN PROGRESS",
            Status::Success => "SUCCESS",
            Status::Failed => "FAILED",
        }
    }
}

/// What is done, by whom and to what.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Deed {
    pub(crate) action: Action,
    /// Twelve digits.
    pub(crate) account: String,
    pub(crate) region: String,
    /// Who began it.
    pub(crate) user: String,
    /// Which program: `GitLab-CI`, or `baws-ci` outside a job.
    pub(crate) origin: String,
    /// The application, as the portal's catalog calls it.
    pub(crate) component: String,
    /// `cluster#service`, or the repository.
    pub(crate) subject: String,
    /// ARN; empty: the host's own identity.
    pub(crate) role: String,
    /// What was asked for, in words.
    pub(crate) request: String,
}

impl Deed {
    /// The row for it at that moment, in milliseconds since 1970.
    pub(super) fn row(
        &self,
        settings: &AuditSettings,
        at_ms: u64,
        status: Status,
        message: &str,
    ) -> Texts {
        let action = self.action.text();
        let moment = moment(at_ms);
        let text = |text: &str| clean(text, LONGEST_TEXT);
        let part = |text: &str| clean(text, LONGEST_PART).replace('#', "-");
        let (prefix, provider) = (part(&settings.prefix), part(&settings.provider));
        let (component, user) = (part(&self.component), part(&self.user));
        let mut parts = vec![self.account.as_str(), &self.region];
        if settings.shape == AuditShape::Opa {
            parts.extend([prefix.as_str(), &provider, &component]);
        }
        parts.extend([user.as_str(), action, &moment]);
        let id = parts.join("#");
        let mut row: Vec<(&str, String)> = vec![
            (ID, id),
            (CREATED_AT, moment.clone()),
            ("createdDate", moment[..10].to_owned()),
            ("origin", text(&self.origin)),
            ("actionType", action.to_owned()),
            ("initiatedBy", user.clone()),
            ("owner", String::new()),
            ("assumedRole", text(&self.role)),
            ("targetAccount", self.account.clone()),
            ("targetRegion", self.region.clone()),
            ("request", text(&self.request)),
            ("status", status.text().to_owned()),
            ("message", text(message)),
        ];
        match settings.shape {
            AuditShape::Baws => row.push((COMPONENT[0], component)),
            AuditShape::Opa => row.extend([
                (COMPONENT[1], component),
                ("actionName", text(&self.subject)),
                ("prefix", prefix),
                ("providerName", provider),
            ]),
        }
        let owned = |(name, text): (&str, String)| (name.to_owned(), text);
        row.into_iter().map(owned).collect()
    }
}

/// `2026-11-26T16:02:03.004Z`
fn moment(at_ms: u64) -> String {
    let seconds = i64::try_from(at_ms / 1000).unwrap_or(0);
    format!("{}.{:03}Z", utc(seconds), at_ms % 1000)
}

/// For tests.
#[cfg(test)]
pub(super) fn sample() -> Deed {
    Deed {
        action: Action::UpdateService,
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        user: "gitlab-user-2".to_owned(),
        origin: "GitLab-CI".to_owned(),
        component: "shop".to_owned(),
        subject: "lower#shop-service".to_owned(),
        role: String::new(),
        request: "deploy lower#shop-service".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(row: &Texts) -> Vec<&str> {
        row.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_row_of_the_first_revision_has_its_fourteen_attributes() {
        let settings = AuditSettings::default();
        let row = sample().row(&settings, 1_795_708_923_004, Status::InProgress, "");
        assert_eq!(
            named(&row),
            [
                "actionType",
                "assumedRole",
                "createdAt",
                "createdDate",
                "id",
                "initiatedBy",
                "message",
                "name",
                "origin",
                "owner",
                "request",
                "status",
                "targetAccount",
                "targetRegion"
            ]
        );
        assert_eq!(
            row[ID],
            "123456789012#eu-west-1#gitlab-user-2#Update ECS Service#2026-11-26T16:02:03.004Z"
        );
        assert_eq!(
            (
                row["createdAt"].as_str(),
                row["createdDate"].as_str(),
                row["status"].as_str(),
                row["name"].as_str()
            ),
            (
                "2026-11-26T16:02:03.004Z",
                "2026-11-26",
                "IN PROGRESS",
                "shop"
            )
        );
    }

    #[test]
    fn a_row_of_the_second_revision_has_its_seventeen() {
        let settings = AuditSettings {
            shape: AuditShape::Opa,
            prefix: "opa".to_owned(),
            provider: "lower".to_owned(),
            ..AuditSettings::default()
        };
        let row = sample().row(&settings, 1_795_708_923_004, Status::Success, "good");
        assert_eq!(row.len(), 17, "{row:?}");
        assert_eq!(
            row[ID],
            "123456789012#eu-west-1#opa#lower#shop#gitlab-user-2#Update ECS Service#2026-11-26T16:02:03.004Z"
        );
        let told =
            ["appName", "actionName", "prefix", "providerName"].map(|name| row[name].as_str());
        assert_eq!(told, ["shop", "lower#shop-service", "opa", "lower"]);
        assert!(!row.contains_key("name"));
    }

    #[test]
    fn no_text_of_others_breaks_the_key_or_the_portals_lines() {
        let deed = Deed {
            user: "a#b\u{1b}[31m\n".to_owned(),
            request: "x".repeat(5000),
            ..sample()
        };
        let row = deed.row(&AuditSettings::default(), 0, Status::Failed, "a\nb");
        assert_eq!(row["initiatedBy"], "a-b[31m");
        assert_eq!(row[ID].matches('#').count(), 4, "{}", row[ID]);
        assert_eq!(
            (row["request"].chars().count(), row["message"].as_str()),
            (1000, "a b")
        );
    }
}
