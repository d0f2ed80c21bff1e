//! A token as it travels, one answer as it came, and what its headers say about waiting and about pages.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue, LINK};
use reqwest::{StatusCode, Url};

use crate::error::{Error, Result};
use crate::job::Secret;

/// What was asked of GitLab so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Traffic {
    pub(crate) requests: u32,
    /// Those that may change something.
    pub(crate) writes: u32,
}

/// An answer, whatever its status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
pub(super) enum Loss {
    Transport(reqwest::Error),
    TooLarge,
}

impl From<reqwest::Error> for Loss {
    fn from(error: reqwest::Error) -> Self {
        Loss::Transport(error.without_url())
    }
}

/// The longest wait that an answer may ask for at once.
const LONGEST: Duration = Duration::from_secs(300);

/// What a refusal for too many requests asks for. Source: GitLab, "Rate limits", response headers; `Retry-After` counts seconds.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get("retry-after")?.to_str().ok()?.trim();
    let seconds: u64 = seconds.parse().ok()?;
    Some(Duration::from_secs(seconds.max(1)).min(LONGEST))
}

/// `pause`, a little longer for each in another way: many who wait do not come back at once.
pub(super) fn patience(pause: Duration) -> Duration {
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .map_or(0, |now| now.subsec_nanos());
    pause + pause.mul_f64(f64::from(nanos % 1000) / 5000.0)
}

/// Where the list goes on. Source: GitLab REST API, "Pagination": the header `Link` with `rel="next"`, by key and by number; by
/// number also `x-next-page`.
pub(super) fn next_page(url: &Url, headers: &HeaderMap) -> Option<Url> {
    let links = headers
        .get_all(LINK)
        .iter()
        .filter_map(|link| link.to_str().ok());
    for link in links.flat_map(|links| links.split(',')) {
        let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        if !rest.contains("rel=\"next\"") {
            continue;
        }
        // Behind a proxy GitLab names itself in its own way: only what it asks for counts, and never another host.
        let next = url.join(target).ok()?;
        let mut here = url.clone();
        here.set_query(next.query());
        return Some(here);
    }
    let number = headers.get("x-next-page")?.to_str().ok()?;
    if number.is_empty() {
        return None;
    }
    let mut next = url.clone();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "page")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    next.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("page", number);
    Some(next)
}

/// A token as it travels.
///
/// # Errors
/// `Usage` for one that is empty, or no token.
pub(super) fn header(token: &Secret) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(token.reveal().trim()).map_err(|_| {
        Error::usage("the token for GitLab holds letters that no token has")
            .hint("give the token alone, without quotes or line breaks")
    })?;
    if value.is_empty() {
        return Err(Error::usage("the token for GitLab is empty"));
    }
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = given.iter().map(|(name, value)| {
            let name = reqwest::header::HeaderName::from_static(name);
            (name, reqwest::header::HeaderValue::from_static(value))
        });
        pairs.collect()
    }

    #[test]
    fn a_wait_is_what_gitlab_says_within_reason() {
        let wait = |text| retry_after(&headers(&[("retry-after", text)]));
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("0"), Some(Duration::from_secs(1)));
        assert_eq!(wait("86400"), Some(LONGEST));
        assert_eq!(wait("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn the_next_page_stays_with_the_host_that_was_asked() {
        let url: Url = "https://git.example/api/v4/projects?per_page=100"
            .parse()
            .unwrap();
        let next = |given: &[(&'static str, &'static str)]| {
            next_page(&url, &headers(given)).map(|url| url.to_string())
        };
        assert_eq!(
            next(&[(
                "link",
                r#"<https://evil.example/api/v4/x?id_after=5>; rel="next""#
            )]),
            Some("https://git.example/api/v4/projects?id_after=5".to_owned())
        );
        assert_eq!(
            next(&[("x-next-page", "2")]),
            Some("https://git.example/api/v4/projects?per_page=100&page=2".to_owned())
        );
        assert_eq!(next(&[("x-next-page", "")]), None);
        assert_eq!(
            next(&[("link", r#"<https://git.example/a?page=1>; rel="first""#)]),
            None
        );
        assert_eq!(next(&[]), None);
    }
}
