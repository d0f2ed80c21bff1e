//! One ECR token for all processes of a host: ECR takes few of these calls, and a job starts faster without one.
//!
//! A token is good for every registry of its region that the principal may use, so it is filed under principal and region.
//! It is used until half of its life has passed; then a refresh is tried, and the old one still serves while it lives
//! and AWS cannot be reached. Read next: `token_file`, for what on disk is trusted.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::Mutex;

use super::authorization::now;
use super::token_file::TokenDir;
use super::{Aws, Failure, Token};

/// How long to wait for another process that refreshes the same token, before asking for one of our own.
const PATIENCE: Duration = Duration::from_secs(30);
/// After a refresh that failed for a while only, the old token is used so long before the next try.
const QUIET_SECS: u64 = 60;
/// A token this close to its end does not survive a push.
const LAST_SECS: u64 = 300;
/// Source: ECR `GetAuthorizationToken`: valid for 12 hours. A longer life is a clock that is wrong.
const LONGEST_LIFE_SECS: u64 = 12 * 3600;
/// Clocks of one host jump this little in ordinary times.
const JUMP_SECS: u64 = 300;

pub(crate) struct TokenCache {
    dir: PathBuf,
    /// Held over a refresh, so that tasks of this process ask once; they are few, and have few principals.
    held: Mutex<BTreeMap<String, Held>>,
}

struct Held {
    token: Token,
    /// Seconds since 1970: no refresh before.
    quiet_until: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Age {
    Young,
    /// Good, but a refresh is due.
    Old,
    Dead,
}

impl TokenCache {
    /// Tokens shared through `dir`, which is made when it is missing; one that cannot be ours alone only costs the cache.
    pub(crate) fn in_dir(dir: PathBuf) -> Self {
        TokenCache {
            dir,
            held: Mutex::new(BTreeMap::new()),
        }
    }

    pub(crate) async fn token(&self, aws: &Aws) -> Result<Token, Failure> {
        self.good(&key(aws), now(), || aws.authorization()).await
    }

    /// A token in place of the one that a registry refused.
    pub(crate) async fn fresh(&self, aws: &Aws) -> Result<Token, Failure> {
        self.renewed(&key(aws), now(), || aws.authorization()).await
    }

    async fn good<F>(
        &self,
        key: &str,
        now: u64,
        fetch: impl FnOnce() -> F,
    ) -> Result<Token, Failure>
    where
        F: Future<Output = Result<Token, Failure>>,
    {
        let mut all = self.held.lock().await;
        if let Some(held) = all.get(key) {
            let age = age(&held.token, now);
            if age == Age::Young || (age == Age::Old && now < held.quiet_until) {
                return Ok(held.token.clone());
            }
        }
        let dir = TokenDir::open(&self.dir);
        let stored = || dir.as_ref().and_then(|dir| dir.read(key));
        let mut old = all
            .remove(key)
            .map(|held| held.token)
            .filter(|token| age(token, now) == Age::Old);
        if let Some(token) = stored() {
            match age(&token, now) {
                Age::Young => return Ok(hold(&mut all, key, token, 0)),
                Age::Old => old = Some(token),
                Age::Dead => {}
            }
        }
        // While another process refreshes it, an old token is as good as it was.
        let patience = if old.is_some() {
            Duration::ZERO
        } else {
            PATIENCE
        };
        let turn = match &dir {
            Some(dir) => dir.turn(key, patience).await,
            None => None,
        };
        match (&turn, old.clone()) {
            (None, Some(old)) if dir.is_some() => {
                return Ok(hold(&mut all, key, old, now + QUIET_SECS));
            }
            (Some(_), _) => {
                if let Some(token) = stored().filter(|token| age(token, now) == Age::Young) {
                    return Ok(hold(&mut all, key, token, 0));
                }
            }
            (None, _) => {}
        }
        match (fetch().await, old) {
            (Ok(token), _) => {
                file(dir.as_ref(), turn.as_ref(), key, &token);
                Ok(hold(&mut all, key, token, 0))
            }
            (Err(failure), Some(old)) if failure.is_transient() => {
                Ok(hold(&mut all, key, old, now + QUIET_SECS))
            }
            (Err(failure), _) => Err(failure),
        }
    }

    async fn renewed<F>(
        &self,
        key: &str,
        now: u64,
        fetch: impl FnOnce() -> F,
    ) -> Result<Token, Failure>
    where
        F: Future<Output = Result<Token, Failure>>,
    {
        let mut all = self.held.lock().await;
        let refused = all.remove(key).map(|held| held.token);
        let dir = TokenDir::open(&self.dir);
        let turn = match &dir {
            Some(dir) => dir.turn(key, PATIENCE).await,
            None => None,
        };
        // Another process may have had the same refusal, and renewed it a moment ago.
        if let (Some(refused), Some(dir)) = (&refused, &dir)
            && let Some(token) = dir.read(key)
            && token.password.reveal() != refused.password.reveal()
            && token.issued_at >= refused.issued_at
            && age(&token, now) == Age::Young
        {
            return Ok(hold(&mut all, key, token, 0));
        }
        let token = fetch().await?;
        file(dir.as_ref(), turn.as_ref(), key, &token);
        Ok(hold(&mut all, key, token, 0))
    }
}

fn hold(all: &mut BTreeMap<String, Held>, key: &str, token: Token, quiet_until: u64) -> Token {
    let copy = token.clone();
    all.insert(key.to_owned(), Held { token, quiet_until });
    copy
}

/// A token that cannot be filed is used all the same; the next process asks for one of its own.
fn file(dir: Option<&TokenDir>, turn: Option<&super::token_file::Turn>, key: &str, token: &Token) {
    if let (Some(dir), Some(turn)) = (dir, turn) {
        let _ = dir.write(turn, key, token);
    }
}

fn age(token: &Token, now: u64) -> Age {
    let life = token
        .expires_at
        .saturating_sub(token.issued_at)
        .min(LONGEST_LIFE_SECS);
    let end = token.issued_at + life;
    if now + LAST_SECS >= end {
        Age::Dead
    } else if now + JUMP_SECS < token.issued_at || now >= token.issued_at + life / 2 {
        // Also a token from the future: the clock was set back, and nothing is known about the token's age.
        Age::Old
    } else {
        Age::Young
    }
}

/// A name for the file that tells nothing about the principal.
fn key(aws: &Aws) -> String {
    let mut digest = Sha256::new();
    for part in [&aws.region, &aws.principal] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part.as_bytes());
    }
    crate::digest::hexadecimal(&digest.finalize())
}

#[cfg(test)]
#[path = "token_cache_tests.rs"]
mod tests;
