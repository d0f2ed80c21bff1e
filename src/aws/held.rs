//! The credentials at hand: fetched once for all that one connection calls, and again when they are about to end.
//!
//! The SDK's own cache is one for each client, so that two clients take a role twice.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

/// Metadata and a role's credentials together; the SDK's own limit of 5 s is shorter than one slow attempt.
const TIMEOUT: Duration = Duration::from_secs(45);
/// Credentials that end within this time are fetched anew.
const LEFT: Duration = Duration::from_secs(60);

/// Of one connection; clones hold the same.
#[derive(Clone, Debug)]
pub(super) struct Held(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: SharedCredentialsProvider,
    known: Mutex<Option<Credentials>>,
}

impl Held {
    pub(super) fn of(source: SharedCredentialsProvider) -> Self {
        let known = Mutex::new(None);
        Held(Arc::new(Inner { source, known }))
    }

    /// Who asks meanwhile waits for the same fetch.
    pub(super) async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut known = self.0.known.lock().await;
        if let Some(credentials) = known.as_ref() {
            let until = SystemTime::now() + LEFT;
            if credentials.expiry().is_none_or(|end| end > until) {
                return Ok(credentials.clone());
            }
        }
        let fetched = tokio::time::timeout(TIMEOUT, self.0.source.provide_credentials()).await;
        let fetched = fetched.map_err(|_| CredentialsError::provider_timed_out(TIMEOUT))??;
        *known = Some(fetched.clone());
        Ok(fetched)
    }

    /// Those at hand are no good any more: AWS may end some early.
    pub(super) async fn forget(&self) {
        *self.0.known.lock().await = None;
    }
}

impl ProvideCredentials for Held {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// Keys that last so many seconds, numbered by how often they were asked for.
    #[derive(Debug)]
    struct Numbered(AtomicU64, u64);

    impl ProvideCredentials for Numbered {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let until = SystemTime::now() + Duration::from_secs(self.1);
            let keys = Credentials::new(number.to_string(), "s", None, Some(until), "test");
            future::ProvideCredentials::ready(Ok(keys))
        }
    }

    #[test]
    fn keys_are_fetched_once_until_they_are_about_to_end_or_are_forgotten() {
        let held = |secs| {
            let source = Numbered(AtomicU64::new(0), secs);
            Held::of(SharedCredentialsProvider::new(source))
        };
        let asked =
            async |held: &Held| held.credentials().await.unwrap().access_key_id().to_owned();
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(async {
            let lasting = held(3600);
            assert_eq!(asked(&lasting).await, "0");
            assert_eq!(asked(&lasting.clone()).await, "0");
            lasting.forget().await;
            assert_eq!(asked(&lasting).await, "1");
            let ending = held(59);
            assert_eq!(asked(&ending).await, "0");
            assert_eq!(asked(&ending).await, "1");
        });
    }
}
