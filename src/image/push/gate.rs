//! The gate: waits for the registry's scan of an image, and does not let pass what is worse than asked for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Target;
use super::preflight::ecr_of;
use crate::aws::{Reason, Scan, ScanStatus, Severity};
use crate::error::{Cause, Class, Error, Result};
use crate::image::Maker;
use crate::image::request::{Gate, ScanSummary};

const LOOK_AGAIN: Duration = Duration::from_secs(2);
const REMIND: Duration = Duration::from_secs(30);
/// Findings that are shown.
const TOP: usize = 10;

/// # Errors
/// Class `Script` where the scan found something of that severity or worse; `Precondition` where there is no scan to wait
/// for.
pub(in crate::image) async fn pass(
    maker: &Maker<'_>,
    target: &Target,
    digest: &str,
    gate: &Gate,
) -> Result<ScanSummary> {
    let name = target.repository.name();
    let worst = severity(&gate.severity)?;
    let Some(host) = ecr_of(target) else {
        return Err(Error::usage(format!(
            "there is no scan to wait for: `{name}` is not in ECR"
        )));
    };
    let aws = maker
        .access
        .aws(&target.repository, &host, target.role.as_ref())
        .await?;
    let until = Instant::now() + Duration::from_secs(gate.timeout_secs);
    maker.note(format!("Waiting for the scan of `{name}@{digest}`"));
    let mut waited = Instant::now();
    let scan = loop {
        match aws
            .scan_findings(host.account(), target.repository.repository(), digest, TOP)
            .await
        {
            Ok(scan) if scan.status != ScanStatus::Running => break scan,
            Ok(_) => {}
            // Normal just after a push. Source: ECR API reference, ScanNotFoundException.
            Err(failure) if failure.reason == Reason::NotFound => {}
            Err(failure) => return Err(failure.into()),
        }
        if Instant::now() >= until {
            return Err(Error::precondition(format!("the scan of `{name}` did not end within {} s", gate.timeout_secs))
                .hint("the operator checks that ECR scans this repository on push; or give it more time: `--gate-timeout`"));
        }
        if waited.elapsed() >= REMIND {
            waited = Instant::now();
            maker.note("Still waiting for the scan");
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    judge(name, digest, worst, &scan)?;
    let summary = ScanSummary {
        status: "complete".to_owned(),
        counts: scan
            .counts
            .iter()
            .map(|(severity, count)| (word(*severity).to_owned(), *count))
            .collect::<BTreeMap<_, _>>(),
    };
    maker.note(format!("Scan of `{name}`: {}", counted(&scan)));
    Ok(summary)
}

fn judge(name: &str, digest: &str, worst: Severity, scan: &Scan) -> Result<()> {
    match &scan.status {
        ScanStatus::Ready => {}
        ScanStatus::Running => {
            return Err(Error::system(format!("the scan of `{name}` still runs")));
        }
        ScanStatus::Impossible(why) => {
            let error =
                Error::precondition(format!("the scan of `{name}` came to no result: {why}"));
            return Err(match &scan.description {
                Some(text) => error.caused_by(Cause::line(text)),
                None => error,
            });
        }
    }
    let bad: u32 = scan
        .counts
        .iter()
        .filter(|(severity, _)| *severity <= worst)
        .map(|(_, count)| count)
        .sum();
    if bad == 0 {
        return Ok(());
    }
    let error = Error::new(
        Class::Script(1),
        format!(
            "the scan of `{name}@{digest}` found {bad} of severity {} or worse",
            word(worst)
        ),
    );
    let shown = scan
        .findings
        .iter()
        .filter(|finding| finding.severity <= worst)
        .map(|finding| {
            let package = finding.package.as_deref().unwrap_or_default();
            format!("{} {} {package}", word(finding.severity), finding.name)
        });
    let error = shown.fold(
        error.caused_by(Cause::line(counted(scan))),
        |error, line| error.caused_by(Cause::line(line)),
    );
    Err(error.hint("update what is named above, or a newer base image; the image was pushed, but is not to be deployed"))
}

fn counted(scan: &Scan) -> String {
    match scan.counts.as_slice() {
        [] => "nothing found".to_owned(),
        counts => counts
            .iter()
            .map(|(severity, count)| format!("{count} {}", word(*severity)))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// As ECR writes them.
const SEVERITIES: [(&str, Severity); 6] = [
    ("CRITICAL", Severity::Critical),
    ("HIGH", Severity::High),
    ("MEDIUM", Severity::Medium),
    ("LOW", Severity::Low),
    ("INFORMATIONAL", Severity::Informational),
    ("UNDEFINED", Severity::Undefined),
];

fn severity(text: &str) -> Result<Severity> {
    let found = SEVERITIES.iter().find(|(name, _)| *name == text);
    found.map(|(_, severity)| *severity).ok_or_else(|| {
        Error::usage(format!("`{text}` is no severity"))
            .hint("write `CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `INFORMATIONAL`")
    })
}

fn word(severity: Severity) -> &'static str {
    let found = SEVERITIES.iter().find(|(_, known)| *known == severity);
    found.map_or("UNDEFINED", |(name, _)| name)
}
