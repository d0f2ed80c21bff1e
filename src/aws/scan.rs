//! What ECR's scan found in an image.

use aws_sdk_ecr::types::{
    EnhancedImageScanFinding, FindingSeverity, ImageScanFinding, ImageScanFindings,
    ScanStatus as Status,
};

use super::{Aws, Failure, ImageId, Resource};

#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub(crate) status: ScanStatus,
    /// ECR's own words about the status.
    pub(crate) description: Option<String>,
    /// Worst first; severities without findings are left out.
    pub(crate) counts: Vec<(Severity, u32)>,
    /// Worst first.
    pub(crate) findings: Vec<Finding>,
}

#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// Such as `CVE-2026-1234`.
    pub(crate) name: String,
    pub(crate) severity: Severity,
    /// Name and version.
    pub(crate) package: Option<String>,
}

/// Worst first. Source: ECR `FindingSeverity`; enhanced scans also say `UNTRIAGED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Critical,
    High,
    Medium,
    Low,
    Informational,
    Undefined,
}

/// Source: ECR `ImageScanStatus`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScanStatus {
    /// The counts and findings hold: a scan is complete, or an enhanced one keeps looking.
    Ready,
    /// Ask again later.
    Running,
    /// No scan will come, for the reason ECR names in this word.
    Impossible(String),
}

/// Pages asked for at most; a page has up to 1,000 findings. The counts stand on each page.
const PAGES: usize = 5;

impl Aws {
    /// The findings about an image, the worst `top` of them by name.
    ///
    /// # Errors
    /// `Reason::NotFound` right after a push: the scan has not begun.
    pub(crate) async fn scan_findings(
        &self,
        account: &str,
        name: &str,
        digest: &str,
        top: usize,
    ) -> Result<Scan, Failure> {
        let image = ImageId::Digest(digest);
        let mut scan = Scan {
            status: ScanStatus::Running,
            description: None,
            counts: Vec::new(),
            findings: Vec::new(),
        };
        let mut next = None;
        for _ in 0..PAGES {
            let request = self
                .ecr
                .describe_image_scan_findings()
                .registry_id(account)
                .repository_name(name);
            let request = request
                .image_id(image.asked())
                .max_results(1000)
                .set_next_token(next);
            let answer = request.send().await.map_err(|error| {
                let doing = format!("read the scan of `{}`", image.of(name));
                let about = Resource::Repository { account, name };
                self.ecr_call("DescribeImageScanFindings", about, doing)
                    .failed(error)
            })?;
            if let Some(told) = answer.image_scan_status() {
                scan.status = status(told.status());
                scan.description = told.description().map(str::to_owned);
            }
            if let Some(found) = answer.image_scan_findings() {
                scan.counts = counts(found);
                scan.findings.extend(found.findings().iter().map(basic));
                scan.findings
                    .extend(found.enhanced_findings().iter().map(enhanced));
            }
            next = answer.next_token().map(str::to_owned);
            if next.is_none() {
                break;
            }
        }
        scan.findings
            .sort_by(|a, b| (a.severity, &a.name).cmp(&(b.severity, &b.name)));
        scan.findings.truncate(top);
        Ok(scan)
    }
}

fn status(told: Option<&Status>) -> ScanStatus {
    match told {
        Some(Status::Complete | Status::Active) => ScanStatus::Ready,
        Some(Status::InProgress | Status::Pending) | None => ScanStatus::Running,
        // Of the SDK's own: it is non-exhaustive. Every other one is an end.
        Some(other) => ScanStatus::Impossible(other.as_str().to_owned()),
    }
}

fn severity(text: &str) -> Severity {
    match text {
        "CRITICAL" => Severity::Critical,
        "HIGH" => Severity::High,
        "MEDIUM" => Severity::Medium,
        "LOW" => Severity::Low,
        "INFORMATIONAL" => Severity::Informational,
        _ => Severity::Undefined,
    }
}

fn counts(found: &ImageScanFindings) -> Vec<(Severity, u32)> {
    let told = found.finding_severity_counts().into_iter().flatten();
    let one = |(kind, count): (&FindingSeverity, &i32)| {
        (severity(kind.as_str()), u32::try_from(*count).unwrap_or(0))
    };
    let mut counts: Vec<(Severity, u32)> = told.map(one).filter(|(_, count)| *count > 0).collect();
    counts.sort();
    counts
}

/// A finding of a basic scan; its package stands in attributes.
fn basic(found: &ImageScanFinding) -> Finding {
    let attribute = |wanted: &str| {
        let fits = found.attributes().iter().find(|one| one.key() == wanted);
        fits.and_then(|one| one.value()).map(str::to_owned)
    };
    Finding {
        name: found.name().unwrap_or_default().to_owned(),
        severity: severity(found.severity().map_or("", |one| one.as_str())),
        package: package(attribute("package_name"), attribute("package_version")),
    }
}

fn enhanced(found: &EnhancedImageScanFinding) -> Finding {
    let details = found.package_vulnerability_details();
    let first = details.and_then(|details| details.vulnerable_packages().first());
    let id = details.and_then(|details| details.vulnerability_id());
    Finding {
        name: id.or(found.title()).unwrap_or_default().to_owned(),
        severity: severity(found.severity().unwrap_or_default()),
        package: first.and_then(|one| {
            package(
                one.name().map(str::to_owned),
                one.version().map(str::to_owned),
            )
        }),
    }
}

fn package(name: Option<String>, version: Option<String>) -> Option<String> {
    let version = version
        .map(|version| format!(" {version}"))
        .unwrap_or_default();
    name.map(|name| format!("{name}{version}"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ecr::types::Attribute;

    use super::*;

    #[test]
    fn counts_come_worst_first_and_packages_from_attributes() {
        let found = ImageScanFindings::builder()
            .finding_severity_counts(FindingSeverity::Low, 3)
            .finding_severity_counts(FindingSeverity::Critical, 1)
            .finding_severity_counts(FindingSeverity::High, 0)
            .build();
        assert_eq!(
            counts(&found),
            [(Severity::Critical, 1), (Severity::Low, 3)]
        );
        let attribute =
            |key: &str, value: &str| Attribute::builder().key(key).value(value).build().unwrap();
        let one = ImageScanFinding::builder()
            .name("CVE-1")
            .severity(FindingSeverity::High)
            .attributes(attribute("package_version", "1.2"))
            .attributes(attribute("package_name", "openssl"))
            .build();
        assert_eq!(basic(&one).package.as_deref(), Some("openssl 1.2"));
        assert_eq!(
            status(Some(&Status::UnsupportedImage)),
            ScanStatus::Impossible("UNSUPPORTED_IMAGE".to_owned())
        );
    }
}
