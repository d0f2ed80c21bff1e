//! Where a registry may send us: to another host for a blob's bytes or a token, never into the clear or to this machine.

use reqwest::{StatusCode, Url};

use super::Registry;
use super::address::{Locality, is_ours};

/// Redirects followed for one blob.
pub(super) const MOST: usize = 5;

/// The client for a URL that the registry named.
///
/// # Errors
/// Why it must not be followed, in a sentence without the URL's query.
pub(super) fn client_for<'a>(
    registry: &'a Registry,
    url: &Url,
) -> Result<&'a reqwest::Client, String> {
    if registry.address.owns(url) {
        return Ok(registry.client.own());
    }
    let local = registry.address.locality() == Locality::ThisMachine;
    let shown = shown(url);
    match url.scheme() {
        "https" => {}
        "http" if local => {}
        _ => {
            return Err(format!(
                "the registry sends us to `{shown}`, which is not under TLS"
            ));
        }
    }
    let address = url
        .host_str()
        .unwrap_or_default()
        .trim_matches(['[', ']'])
        .parse();
    if !local && address.is_ok_and(is_ours) {
        return Err(format!(
            "the registry sends us to `{shown}`, an address of this machine"
        ));
    }
    registry
        .client
        .strangers()
        .map_err(|error| error.to_string())
}

pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// A URL as people may see it: without its query, which often is a key, and without a user.
pub(super) fn shown(url: &Url) -> String {
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!(
        "{}://{}{port}{}",
        url.scheme(),
        url.host_str().unwrap_or_default(),
        url.path()
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::registry::Login;

    #[test]
    fn neither_the_clear_nor_this_machine_is_followed() {
        let registry = |host| {
            Registry::at(
                host,
                Arc::new(Login::Anonymous),
                Instant::now() + Duration::from_secs(1),
            )
            .unwrap()
        };
        let verdict =
            |host, url| client_for(&registry(host), &Url::parse(url).unwrap()).map(|_| ());
        assert!(verdict("r.example", "https://store.example/x?key=s3cret").is_ok());
        for url in [
            "http://store.example/x?key=s3cret",
            "http://r.example/x",
            "https://169.254.169.254/latest",
            "https://127.0.0.1/x",
            "https://2130706433/x",
            "https://[::1]:1/x",
            "file:///etc/passwd",
        ] {
            let why = verdict("r.example", url).unwrap_err();
            assert!(!why.contains("s3cret"), "{why}");
        }
        assert!(verdict("localhost:5000", "http://127.0.0.1:5001/x").is_ok());
    }
}
