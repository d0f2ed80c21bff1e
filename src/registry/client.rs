//! The HTTP clients: one for the registry itself, one for wherever it sends us.
//!
//! Neither follows a redirect by itself, and each call brings its own time limits: a client's limit would count the
//! sending of a layer as silence.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::{Locality, is_ours};
use crate::error::{Error, Result};
use crate::http;

/// Silence for so long ends a request that waits for an answer, or for more of it.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

pub(super) struct Client {
    own: reqwest::Client,
    strangers: OnceLock<reqwest::Client>,
    locality: Locality,
}

impl Client {
    pub(super) fn new(locality: Locality) -> Result<Self> {
        Ok(Client {
            own: http::builder().build().map_err(cannot_build)?,
            strangers: OnceLock::new(),
            locality,
        })
    }

    /// For URLs of the registry itself.
    pub(super) fn own(&self) -> &reqwest::Client {
        &self.own
    }

    /// For URLs that the registry named: its token service, the store of its blobs. Knows no address of this machine,
    /// unless the registry is on it too.
    pub(super) fn strangers(&self) -> Result<&reqwest::Client> {
        if self.locality == Locality::ThisMachine {
            return Ok(&self.own);
        }
        if let Some(client) = self.strangers.get() {
            return Ok(client);
        }
        let client = http::builder()
            .dns_resolver(Arc::new(Elsewhere))
            .build()
            .map_err(cannot_build)?;
        Ok(self.strangers.get_or_init(|| client))
    }
}

fn cannot_build(error: reqwest::Error) -> Error {
    Error::system("cannot set up connections to registries")
        .caused_by(error)
        .hint("the operator checks this host's CA certificates: the system's store, or the file that SSL_CERT_FILE names")
}

/// Names as the system resolves them, without those that lead back to this machine.
struct Elsewhere;

impl Resolve for Elsewhere {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| !is_ours(address.ip())).collect();
            if allowed.is_empty() {
                return Err(
                    format!("`{}` leads to this machine or its metadata", name.as_str()).into(),
                );
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}
