//! What every HTTP client of this program begins with: one TLS stack, our name, no redirect, no second try of its own.

use std::error::Error as StdError;
use std::sync::OnceLock;
use std::time::Duration;

use rustls_platform_verifier::ConfigVerifierExt;

use crate::error::links;

/// For one address of a host that is there; one that is not swallows packets for minutes.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// This machine's certificates, read once: that takes longer than a registry next door takes to answer.
static TLS: OnceLock<Option<rustls::ClientConfig>> = OnceLock::new();

fn tls() -> Option<&'static rustls::ClientConfig> {
    let read = || {
        // Fails when it is there already, which is as well: there is one provider in this program.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        rustls::ClientConfig::with_platform_verifier().ok()
    };
    TLS.get_or_init(read).as_ref()
}

/// Reads the certificates beside whatever else has to be done before the first connection.
pub(crate) fn warm_up() {
    let spawned = std::thread::Builder::new()
        .name("certificates".to_owned())
        .spawn(|| tls().is_some());
    if spawned.is_err() {
        // The first client reads them.
    }
}

pub(crate) fn builder() -> reqwest::ClientBuilder {
    let client = reqwest::Client::builder();
    ours(match tls() {
        Some(config) => client.tls_backend_preconfigured(config.clone()),
        // It fails again where the client is built, and says why.
        None => client.tls_backend_rustls(),
    })
}

/// For addresses without TLS only: no certificate is read, and none would be believed.
pub(crate) fn builder_without_tls() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = rustls::ClientConfig::builder()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    ours(reqwest::Client::builder().tls_backend_preconfigured(config))
}

fn ours(client: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    client
        .user_agent(concat!("baws-ci/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .retry(reqwest::retry::never())
        .connect_timeout(CONNECT_TIMEOUT)
}

/// Whether a token may travel there: by https, or to this machine itself.
pub(crate) fn keeps_secrets(url: &reqwest::Url) -> bool {
    let near = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && near)
}

/// What lies at the bottom of a transport error, such as "Connection refused"; the layers above only repeat themselves.
pub(crate) fn innermost(error: &(dyn StdError + 'static)) -> String {
    links(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default()
}

/// The clock of whoever answers at `url`, and ours at that moment, in seconds since 1970. Whatever the status: every answer
/// has a `Date`. Source: RFC 9110, 6.6.1.
///
/// # Errors
/// Why there is none.
pub(crate) async fn clock(url: &str, limit: Duration) -> Result<(i64, i64), String> {
    let client = builder().timeout(limit).build();
    let client = client.map_err(|error| innermost(&error))?;
    let answer = client.get(url).send().await;
    let answer = answer.map_err(|error| innermost(&error.without_url()))?;
    let date = answer.headers().get(reqwest::header::DATE);
    let date = date.and_then(|date| date.to_str().ok());
    let form = time::format_description::well_known::Rfc2822;
    let theirs = date.and_then(|date| time::OffsetDateTime::parse(date, &form).ok());
    let theirs = theirs.ok_or("its answer has no date")?;
    let ours = time::OffsetDateTime::from(std::time::SystemTime::now());
    Ok((theirs.unix_timestamp(), ours.unix_timestamp()))
}
