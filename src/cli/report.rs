//! The command line of `executor report`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct JobReportArgs {
    /// How far back, as a number with m, h or d
    #[arg(long, value_name = "TIME", default_value = "24h")]
    pub(crate) since: String,
    /// The file of records [default: `job_records` in `[executor]` of the settings]
    #[arg(long, value_name = "FILE")]
    pub(crate) records: Option<PathBuf>,
    /// Write one HTML page that needs nothing else
    #[arg(long, short, value_name = "FILE.html")]
    pub(crate) output: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long, conflicts_with = "output")]
    pub(crate) json: bool,
}
