//! Where the audit tables are, connected to once for each region.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use super::persistently;
use crate::aws::{AssumeRole, Aws};
use crate::error::{Cause, Error, Result};
use crate::settings::{AuditSettings, AwsSettings};

pub(crate) struct Tables<'a> {
    pub(super) settings: &'a AuditSettings,
    aws: &'a AwsSettings,
    /// Names this program's sessions in CloudTrail.
    session: String,
    known: Mutex<BTreeMap<String, Arc<Table>>>,
}

pub(super) struct Table {
    pub(super) aws: Aws,
    pub(super) name: String,
}

impl<'a> Tables<'a> {
    /// Asks nothing of anybody.
    pub(crate) fn of(settings: &'a AuditSettings, aws: &'a AwsSettings, session: String) -> Self {
        Tables {
            settings,
            aws,
            session,
            known: Mutex::new(BTreeMap::new()),
        }
    }

    pub(super) async fn table(&self, region: &str) -> Result<Arc<Table>> {
        let mut known = self.known.lock().await;
        if let Some(table) = known.get(region) {
            return Ok(Arc::clone(table));
        }
        let role = self.settings.role_arn.clone().map(|role_arn| AssumeRole {
            role_arn,
            external_id: self.settings.external_id.clone(),
            session_name: self.session.clone(),
            ..AssumeRole::default()
        });
        let aws = Aws::connect(self.aws, role.as_ref(), region).await;
        let name = match (&self.settings.table, &self.settings.table_parameter) {
            (Some(name), _) => name.clone(),
            (None, Some(parameter)) => named_by(&aws, parameter, region).await?,
            (None, None) => return Err(no_table()),
        };
        let table = Arc::new(Table { aws, name });
        known.insert(region.to_owned(), Arc::clone(&table));
        Ok(table)
    }
}

async fn named_by(aws: &Aws, parameter: &str, region: &str) -> Result<String> {
    let found = persistently(async || aws.parameter(parameter).await).await?;
    let name = found.filter(|name| !name.trim().is_empty());
    name.ok_or_else(|| {
        Error::precondition(format!(
            "the parameter `{parameter}` in `{region}` does not name the audit table"
        ))
        .caused_by(Cause::line("it is not there, or empty"))
        .hint("the operator checks `table_parameter` and `region` in `[audit]`, or names the table by `table`")
    })
}

fn no_table() -> Error {
    Error::precondition("this host has no audit table").hint(
        "the operator names it by `table` or `table_parameter` in `[audit]` of the settings, such as `table_parameter = \"/baws/Audit\"`",
    )
}
