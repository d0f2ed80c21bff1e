//! Logins for a registry, and whom to ask for them.

use futures_util::future::BoxFuture;

use crate::error::Result;
use crate::job::Secret;

#[derive(Clone, Debug)]
pub(crate) enum Login {
    Anonymous,
    Basic {
        username: String,
        password: Secret,
    },
    /// An OAuth refresh token, as `docker login` stores for some registries.
    IdentityToken(Secret),
}

/// Whether a login may be one that is kept somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    Cached,
    /// The registry refused the last one.
    Fresh,
}

/// Where a registry's login comes from; asked again when one was refused.
pub(crate) trait LoginSource: Send + Sync {
    fn login(&self, freshness: Freshness) -> BoxFuture<'_, Result<Login>>;
}

/// A login that stays what it is.
impl LoginSource for Login {
    fn login(&self, _freshness: Freshness) -> BoxFuture<'_, Result<Login>> {
        Box::pin(std::future::ready(Ok(self.clone())))
    }
}
