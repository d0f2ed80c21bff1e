//! `[telemetry]`: where this host tells of its jobs, beside their logs. Nothing is on by itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::aws::Wrong;
use crate::http::keeps_secrets;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct TelemetrySettings {
    /// In Prometheus' text format.
    pub(crate) metrics_file: Option<PathBuf>,
    /// Takes OTLP over HTTP: the address to which `/v1/traces` is added, or with it.
    pub(crate) otlp_endpoint: Option<String>,
    /// `Name: value` lines; sent to `otlp_endpoint` and to nobody else.
    pub(crate) otlp_headers_file: Option<PathBuf>,
    /// Of the addresses that GitLab sends with a job, those that are followed: `scheme://host[:port]`.
    pub(crate) otlp_job_endpoints: Vec<String>,
    pub(crate) otlp_timeout_ms: u64,
    pub(crate) journal: bool,
    pub(crate) journal_socket: PathBuf,
}

impl Default for TelemetrySettings {
    fn default() -> Self {
        TelemetrySettings {
            metrics_file: None,
            otlp_endpoint: None,
            otlp_headers_file: None,
            otlp_job_endpoints: Vec::new(),
            otlp_timeout_ms: 2000,
            journal: false,
            // Source: systemd, "Native Journal Protocol".
            journal_socket: PathBuf::from("/run/systemd/journal/socket"),
        }
    }
}

/// The user of this host waits for a job's cleanup.
const LONGEST_TIMEOUT_MS: u64 = 10_000;

impl TelemetrySettings {
    pub(crate) fn is_on(&self) -> bool {
        self.metrics_file.is_some() || self.sends_traces() || self.journal
    }

    pub(crate) fn sends_traces(&self) -> bool {
        self.otlp_endpoint.is_some() || !self.otlp_job_endpoints.is_empty()
    }

    pub(super) fn check(&self) -> Result<(), Wrong> {
        let wrong = |key, why: &str| Err((key, why.to_owned()));
        for (key, file) in [
            ("telemetry.metrics_file", self.metrics_file.as_ref()),
            (
                "telemetry.otlp_headers_file",
                self.otlp_headers_file.as_ref(),
            ),
            ("telemetry.journal_socket", Some(&self.journal_socket)),
        ] {
            if file.is_some_and(|file| !file.is_absolute()) {
                return wrong(key, "must be an absolute path");
            }
        }
        let endpoint = self.otlp_endpoint.as_deref().map(collector);
        let headers = self.otlp_headers_file.is_some();
        match endpoint {
            Some(None) => {
                let why = "must be an address such as `https://otel.example:4318`, without a user";
                return wrong("telemetry.otlp_endpoint", why);
            }
            Some(Some(url)) if headers && !keeps_secrets(&url) => {
                return wrong(
                    "telemetry.otlp_endpoint",
                    "must be `https` where `otlp_headers_file` is set: its headers would travel for all to read",
                );
            }
            None if headers => {
                return wrong(
                    "telemetry.otlp_headers_file",
                    "needs `telemetry.otlp_endpoint`",
                );
            }
            Some(Some(_)) | None => {}
        }
        let is_origin = |text: &String| {
            let url = collector(text);
            url.is_some_and(|url| url.path() == "/" && url.query().is_none())
        };
        if !self.otlp_job_endpoints.iter().all(is_origin) {
            let why = "must hold addresses without a path, such as `https://otel.example:4318`";
            return wrong("telemetry.otlp_job_endpoints", why);
        }
        if !(1..=LONGEST_TIMEOUT_MS).contains(&self.otlp_timeout_ms) {
            return wrong("telemetry.otlp_timeout_ms", "must be 1 to 10000");
        }
        Ok(())
    }
}

/// An address that traces may go to: http or https, without a user.
pub(crate) fn collector(text: &str) -> Option<reqwest::Url> {
    let url = reqwest::Url::parse(text).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_plain = url.username().is_empty() && url.password().is_none();
    (is_web && is_plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_could_leak_or_lead_anywhere_are_refused() {
        let with = |endpoint: Option<&str>, headers: bool, followed: &str| TelemetrySettings {
            otlp_endpoint: endpoint.map(str::to_owned),
            otlp_headers_file: headers.then(|| PathBuf::from("/etc/headers")),
            otlp_job_endpoints: match followed {
                "" => Vec::new(),
                one => vec![one.to_owned()],
            },
            ..TelemetrySettings::default()
        };
        for (settings, fits) in [
            (with(Some("http://collector:4318"), false, ""), true),
            (with(Some("http://collector:4318"), true, ""), false),
            (with(Some("http://127.0.0.1:4318"), true, ""), true),
            (with(Some("https://c.example/otlp"), true, ""), true),
            (with(Some("https://me:word@c.example"), false, ""), false),
            (with(Some("file:///etc/passwd"), false, ""), false),
            (with(None, true, ""), false),
            (with(None, false, "https://c.example:4318"), true),
            (with(None, false, "https://c.example:4318/v1"), false),
            (with(None, false, "c.example"), false),
        ] {
            assert_eq!(settings.check().is_ok(), fits, "{settings:?}");
        }
    }
}
