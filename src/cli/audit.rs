//! The command line of `audit`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List who did what to an application, newest first
    List(AuditListArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditListArgs {
    /// The application, as the portal's catalog calls it
    #[arg(required_unless_present = "id")]
    pub(crate) component: Option<String>,
    /// The rows of one key, `account#region#user#action#moment`: read by query, where an application takes a scan
    #[arg(long, value_name = "ID", conflicts_with = "component")]
    pub(crate) id: Option<String>,
    /// None older than this day or moment, such as 2026-11-01 (UTC)
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<String>,
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Where the table is [default: `region` in `[audit]` of the settings, else AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
