//! What every HTTP client of this program begins with: one TLS stack, our name, no redirect, no second try of its own.

use std::error::Error as StdError;
use std::time::Duration;

use crate::error::links;

/// For one address of a host that is there; one that is not swallows packets for minutes.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) fn builder() -> reqwest::ClientBuilder {
    // Fails when it is there already, which is as well: there is one provider in this program.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder()
        .tls_backend_rustls()
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
