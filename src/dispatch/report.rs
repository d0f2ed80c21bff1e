//! `executor report`: which records, since when, in which form.

use crate::cli::JobReportArgs;
use crate::error::Result;
use crate::output::Output;
use crate::settings::Settings;
use crate::telemetry::{self, Asked, Form};

pub(super) fn report(
    arguments: &JobReportArgs,
    settings: &Settings,
    output: &Output,
) -> Result<()> {
    let named = arguments.records.clone();
    let asked = Asked {
        records: named.or_else(|| settings.executor.job_records.clone()),
        since: arguments.since.clone(),
        form: match (&arguments.output, arguments.json) {
            (Some(file), _) => Form::Page(file.clone()),
            (None, true) => Form::Json,
            (None, false) => Form::Words,
        },
    };
    telemetry::report(&asked, output)
}
