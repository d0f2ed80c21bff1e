//! A plain download over HTTP, where every address is looked at: after its name was resolved, at each redirect anew.
//!
//! For files that somebody else's Dockerfile names. No login goes along, no redirect leads from TLS into the clear, and the
//! connection is made to the very address that was looked at.

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Url;

use super::redirect::{is_redirect, shown};
use crate::error::{Cause, Error, Result};

/// Redirects followed for one file. Source: Go's `net/http`, which the engine would use: ten.
const MOST_REDIRECTS: usize = 10;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What is to be fetched, and from where not.
pub(crate) struct Download<'a> {
    pub(crate) url: &'a str,
    /// For the whole of it.
    pub(crate) limit: Duration,
    /// Why an address must not be connected to; `None` where it may.
    pub(crate) forbidden: &'a dyn Fn(SocketAddr) -> Option<&'static str>,
    /// How the file is called in messages.
    pub(crate) what: &'a str,
}

/// Fetches the file, in pieces.
///
/// # Errors
/// `Refused` for a forbidden address; `Precondition` where the server has no such file; `System` where it cannot be reached.
pub(crate) async fn fetch(
    download: Download<'_>,
    take: &mut (dyn FnMut(&[u8]) -> std::io::Result<()> + Send),
) -> Result<()> {
    let what = download.what;
    match tokio::time::timeout(download.limit, follow(&download, take)).await {
        Ok(done) => done,
        Err(_) => Err(
            Error::system(format!("cannot fetch {what}")).caused_by(Cause::line(format!(
                "it took longer than {} s",
                download.limit.as_secs()
            ))),
        ),
    }
}

async fn follow(
    download: &Download<'_>,
    take: &mut (dyn FnMut(&[u8]) -> std::io::Result<()> + Send),
) -> Result<()> {
    let what = download.what;
    let mut url = Url::parse(download.url).map_err(|error| {
        Error::refused(format!("{what} is no URL that can be fetched")).caused_by(error)
    })?;
    for _ in 0..=MOST_REDIRECTS {
        let broken = |error: reqwest::Error| {
            Error::system(format!("cannot fetch {what}"))
                .caused_by(error.without_url())
                .hint("run the job again; or the author of the Dockerfile checks the address")
        };
        let client = connect_to(&url, download).await?;
        let mut answer = client.get(url.clone()).send().await.map_err(broken)?;
        if is_redirect(answer.status()) {
            url = next(&url, &answer, what)?;
            continue;
        }
        if !answer.status().is_success() {
            return Err(Error::precondition(format!("cannot fetch {what}"))
                .caused_by(Cause::line(format!(
                    "`{}` answers {}",
                    shown(&url),
                    answer.status()
                )))
                .hint("the author of the Dockerfile checks the address"));
        }
        while let Some(piece) = answer.chunk().await.map_err(broken)? {
            take(&piece)
                .map_err(|error| Error::system(format!("cannot keep {what}")).caused_by(error))?;
        }
        return Ok(());
    }
    Err(Error::precondition(format!("cannot fetch {what}"))
        .caused_by(Cause::line(format!("more than {MOST_REDIRECTS} redirects"))))
}

fn next(url: &Url, answer: &reqwest::Response, what: &str) -> Result<Url> {
    let to = answer
        .headers()
        .get("location")
        .and_then(|value| value.to_str().ok())
        .and_then(|text| url.join(text).ok());
    let refused =
        |why: String| Error::refused(format!("cannot fetch {what}")).caused_by(Cause::line(why));
    let to = to.ok_or_else(|| refused(format!("`{}` redirects to nowhere", shown(url))))?;
    match (url.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => Ok(to),
        _ => Err(refused(format!(
            "`{}` redirects to `{}`, which is not under TLS",
            shown(url),
            shown(&to)
        ))),
    }
}

/// A client that connects to the addresses of this URL's host, each of which was looked at, and to no other.
async fn connect_to(url: &Url, download: &Download<'_>) -> Result<reqwest::Client> {
    let what = download.what;
    let refused = |why: String| {
        Error::refused(format!("cannot fetch {what}"))
            .caused_by(Cause::line(why))
            .hint("a job's build reaches the network as its other containers do: fetch it in a RUN step, which is kept from the host's own addresses")
    };
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Err(refused("it has no host".to_owned()));
    };
    let name = host.trim_matches(['[', ']']);
    let found = tokio::net::lookup_host((name, port))
        .await
        .map_err(|error| {
            Error::system(format!("cannot fetch {what}"))
                .caused_by(Cause::line(format!(
                    "the host `{host}` is not found: {error}"
                )))
                .hint("run the job again; or the author of the Dockerfile checks the address")
        })?;
    let addresses: Vec<SocketAddr> = found.collect();
    if let Some((address, why)) = addresses
        .iter()
        .find_map(|address| (download.forbidden)(*address).map(|why| (address, why)))
    {
        return Err(refused(format!("`{host}` is {}, {why}", address.ip())));
    }
    crate::http::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .resolve_to_addrs(name, &addresses)
        .build()
        .map_err(|error| Error::system("cannot make an HTTP client").caused_by(error))
}
