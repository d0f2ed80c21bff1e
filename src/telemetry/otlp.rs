//! One trace a job for an OpenTelemetry collector: OTLP over HTTP, in JSON.
//!
//! Goes to the operator's collector, and to those that GitLab names with the job only where the settings list them: a job's
//! payload must not make this host call anywhere. Sent beside the removal of the job's containers, with a time limit; the
//! operator's headers go to the operator's collector alone. Source: OpenTelemetry, "OTLP/HTTP", "JSON Protobuf Encoding".

mod ids;
mod payload;

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::story::Story;
use crate::error::{Cause, Error, Result};
use crate::http;
use crate::settings::{TelemetrySettings, collector};

const PATH: &str = "/v1/traces";
/// Lines of a file of headers.
const MOST_HEADERS: usize = 32;

/// A trace on its way.
pub(super) struct Sending(JoinHandle<Vec<Error>>);

impl Sending {
    /// What was not taken; comes back within the time limit.
    pub(super) fn wait(self) -> Vec<Error> {
        // A panic there has told itself.
        self.0.join().unwrap_or_default()
    }
}

/// Who is told.
struct Recipient {
    url: Url,
    headers: Option<PathBuf>,
}

/// `None`: nobody is to be told.
pub(super) fn begin(settings: &TelemetrySettings, story: &Story) -> Option<Sending> {
    let recipients = recipients(settings, &story.about.endpoints);
    if recipients.is_empty() {
        return None;
    }
    let body = payload::trace(story).to_string();
    let limit = Duration::from_millis(settings.otlp_timeout_ms);
    let thread = std::thread::Builder::new().name("traces".to_owned());
    let begun = thread.spawn(move || send_all(&recipients, &body, limit));
    begun.ok().map(Sending)
}

fn recipients(settings: &TelemetrySettings, named: &[String]) -> Vec<Recipient> {
    let own = settings.otlp_endpoint.as_deref().and_then(collector);
    let own = own.map(|url| Recipient {
        url: for_traces(url),
        headers: settings.otlp_headers_file.clone(),
    });
    let listed: Vec<Url> = settings
        .otlp_job_endpoints
        .iter()
        .filter_map(|text| collector(text))
        .collect();
    let followed = named.iter().filter_map(|text| collector(text));
    let followed = followed
        .filter(|url| listed.iter().any(|one| one.origin() == url.origin()))
        .map(|url| Recipient {
            url: for_traces(url),
            headers: None,
        });
    let mut all: Vec<Recipient> = Vec::new();
    for one in own.into_iter().chain(followed) {
        if !all.iter().any(|known| known.url == one.url) {
            all.push(one);
        }
    }
    all
}

/// Source: OpenTelemetry, "OTLP Exporter Configuration": the signal's path is added to an address of all signals.
fn for_traces(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with(PATH) {
        url.set_path(&format!("{path}{PATH}"));
    }
    url
}

fn send_all(recipients: &[Recipient], body: &str, limit: Duration) -> Vec<Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            return vec![Error::system("cannot start the runtime for calls").caused_by(error)];
        }
    };
    let failures = runtime.block_on(async {
        let client = match recipients.iter().any(|one| one.url.scheme() == "https") {
            true => http::builder(),
            false => http::builder_without_tls(),
        };
        let client = client.timeout(limit).build();
        let client = match client {
            Ok(client) => client,
            Err(error) => return vec![Error::system("cannot call a collector").caused_by(error)],
        };
        let each = recipients.iter().map(|recipient| async {
            let sent = tokio::time::timeout(limit, send(&client, recipient, body)).await;
            let why = match sent {
                Ok(Ok(())) => return None,
                Ok(Err(why)) => why,
                Err(_) => Cause::line(format!("no answer within {} ms", limit.as_millis())),
            };
            Some(
                Error::system(format!(
                    "the collector at `{}` did not take the trace of a job",
                    recipient.url.origin().ascii_serialization()
                ))
                .caused_by(why),
            )
        });
        join_all(each).await.into_iter().flatten().collect()
    });
    // A name that is still being looked up holds nobody.
    runtime.shutdown_background();
    failures
}

async fn send(
    client: &reqwest::Client,
    recipient: &Recipient,
    body: &str,
) -> std::result::Result<(), Cause> {
    let mut headers = match &recipient.headers {
        Some(file) => headers(file).map_err(Cause::line)?,
        None => HeaderMap::new(),
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let request = client
        .post(recipient.url.clone())
        .headers(headers)
        .body(body.to_owned());
    let answer = request.send().await.map_err(|error| {
        let error = error.without_url();
        match error.is_timeout() {
            true => Cause::line("it did not answer in time"),
            false => Cause::line(http::innermost(&error)),
        }
    })?;
    match answer.status().is_success() {
        true => Ok(()),
        false => Err(Cause::line(format!("it answered {}", answer.status()))),
    }
}

/// # Errors
/// A sentence in which nothing of the file stands.
fn headers(file: &Path) -> Result<HeaderMap, String> {
    let of = |what: &str| format!("`{}` {what}", file.display());
    let text =
        std::fs::read_to_string(file).map_err(|error| of(&format!("cannot be read: {error}")))?;
    let mut headers = HeaderMap::new();
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    for (index, line) in lines.take(MOST_HEADERS) {
        let wrong = || of(&format!("holds no header in line {}", index + 1));
        let (name, value) = line.split_once(':').ok_or_else(wrong)?;
        let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
        let mut value: HeaderValue = value.trim().parse().map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(endpoint: Option<&str>, listed: &[&str], named: &[&str]) -> Vec<String> {
        let own = |text: &&str| (*text).to_owned();
        let settings = TelemetrySettings {
            otlp_endpoint: endpoint.map(str::to_owned),
            otlp_job_endpoints: listed.iter().map(own).collect(),
            ..TelemetrySettings::default()
        };
        let named: Vec<String> = named.iter().map(own).collect();
        let all = recipients(&settings, &named).into_iter();
        all.map(|one| one.url.to_string()).collect()
    }

    #[test]
    fn only_listed_collectors_are_followed() {
        let named = [
            "http://169.254.169.254/v1/traces",
            "https://c.example:4318/otlp",
            "https://c.example:4318.evil.example/",
            "https://c.example:4318@evil.example/",
            "http://c.example:4318/",
            "https://c.example/",
            "gopher://c.example:4318",
            "nonsense",
        ];
        assert!(to(None, &[], &named).is_empty());
        assert_eq!(
            to(None, &["https://c.example:4318"], &named),
            ["https://c.example:4318/otlp/v1/traces"]
        );
        assert_eq!(
            to(
                Some("https://c.example:4318"),
                &["https://c.example:4318"],
                &["https://c.example:4318/v1/traces"]
            ),
            ["https://c.example:4318/v1/traces"],
            "nobody is told twice"
        );
    }

    #[test]
    fn a_file_of_headers_is_read_and_never_shown() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("headers");
        std::fs::write(
            &file,
            "# token\n\nAuthorization: Bearer s3cret\nX-Team:  ci\n",
        )
        .unwrap();
        let read = headers(&file).unwrap();
        assert_eq!(read["authorization"], "Bearer s3cret");
        assert_eq!(read["x-team"], "ci");
        assert!(!format!("{read:?}").contains("s3cret"));
        std::fs::write(&file, "s3cret\n").unwrap();
        let told = headers(&file).unwrap_err();
        assert!(told.ends_with("holds no header in line 1"), "{told}");
    }
}
