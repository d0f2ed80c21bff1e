//! Tokens over time, between processes, and on a disk that others write to.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::call::Call;
use super::*;
use crate::job::Secret;

const HOUR: u64 = 3600;
const BEGIN: u64 = 1_800_000_000;

struct Host {
    dir: tempfile::TempDir,
    asked: AtomicUsize,
}

impl Host {
    fn new() -> Self {
        Host {
            dir: tempfile::tempdir().unwrap(),
            asked: AtomicUsize::new(0),
        }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("tokens")
    }

    /// A cache as a new process has it.
    fn process(&self) -> TokenCache {
        TokenCache::in_dir(self.path())
    }

    async fn issue(&self, now: u64) -> Result<Token, Failure> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(token(&format!("secret-{number}"), now))
    }

    async fn token(&self, cache: &TokenCache, now: u64) -> String {
        let token = cache.good("k", now, || self.issue(now)).await.unwrap();
        token.password.reveal().to_owned()
    }

    fn file(&self) -> PathBuf {
        self.path().join("k.json")
    }
}

fn run<F: Future>(calls: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(calls)
}

fn token(password: &str, now: u64) -> Token {
    Token {
        username: "AWS".to_owned(),
        password: Secret::new(password),
        issued_at: now,
        expires_at: now + 12 * HOUR,
    }
}

fn failure(code: &str) -> Failure {
    Call::for_tests("GetAuthorizationToken").failed_with(code)
}

#[test]
fn processes_share_a_token_until_half_of_its_life() {
    run(async {
        let host = Host::new();
        assert_eq!(host.token(&host.process(), BEGIN).await, "secret-1");
        assert_eq!(
            host.token(&host.process(), BEGIN + 5 * HOUR).await,
            "secret-1"
        );
        assert_eq!(
            host.token(&host.process(), BEGIN + 7 * HOUR).await,
            "secret-2"
        );
        let mode =
            |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&host.path()), mode(&host.file())), (0o700, 0o600));
    });
}

#[test]
fn many_at_once_ask_once() {
    run(async {
        let host = Host::new();
        let processes: Vec<TokenCache> = (0..8).map(|_| host.process()).collect();
        let calls = processes.iter().map(|cache| host.token(cache, BEGIN));
        let tokens = futures_util::future::join_all(calls).await;
        assert!(tokens.iter().all(|token| token == "secret-1"), "{tokens:?}");
        assert_eq!(host.asked.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn an_old_token_serves_while_aws_is_down_but_not_when_it_says_no() {
    run(async {
        let host = Host::new();
        host.token(&host.process(), BEGIN).await;
        let later = BEGIN + 8 * HOUR;
        let cache = host.process();
        let kept = cache
            .good("k", later, async || Err(failure("ThrottlingException")))
            .await
            .unwrap();
        assert_eq!(kept.password.reveal(), "secret-1");
        // The next call within a minute does not even ask.
        let kept = cache
            .good("k", later + 10, async || panic!("asked again"))
            .await
            .unwrap();
        assert_eq!(kept.password.reveal(), "secret-1");
        let no = host
            .process()
            .good("k", later, async || Err(failure("AccessDeniedException")))
            .await;
        assert!(no.is_err());
        let dead = host
            .process()
            .good("k", BEGIN + 12 * HOUR, async || {
                Err(failure("ThrottlingException"))
            })
            .await;
        assert!(dead.is_err());
    });
}

#[test]
fn a_refused_token_is_replaced_once_for_all() {
    run(async {
        let host = Host::new();
        let (one, two) = (host.process(), host.process());
        host.token(&one, BEGIN).await;
        host.token(&two, BEGIN).await;
        let renewed = one
            .renewed("k", BEGIN + 1, || host.issue(BEGIN + 1))
            .await
            .unwrap();
        assert_eq!(renewed.password.reveal(), "secret-2");
        let renewed = two
            .renewed("k", BEGIN + 2, || host.issue(BEGIN + 2))
            .await
            .unwrap();
        assert_eq!(renewed.password.reveal(), "secret-2");
        assert_eq!(host.token(&host.process(), BEGIN + 3).await, "secret-2");
    });
}

#[test]
fn what_others_could_have_written_is_not_trusted() {
    run(async {
        let host = Host::new();
        let spoil: [fn(&std::path::Path); 5] = [
            |file| std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).unwrap(),
            |file| std::fs::write(file, "{").unwrap(),
            |file| std::fs::write(file, " ".repeat(100_000)).unwrap(),
            |file| {
                let elsewhere = file.with_extension("elsewhere");
                std::fs::rename(file, &elsewhere).unwrap();
                symlink(&elsewhere, file).unwrap();
            },
            |file| {
                std::fs::remove_file(file).unwrap();
                std::fs::create_dir(file).unwrap();
            },
        ];
        host.token(&host.process(), BEGIN).await;
        for (number, spoil) in spoil.into_iter().enumerate() {
            spoil(&host.file());
            let expected = format!("secret-{}", number + 2);
            assert_eq!(host.token(&host.process(), BEGIN).await, expected);
        }
    });
}

#[test]
fn a_directory_that_cannot_be_ours_only_costs_the_cache() {
    run(async {
        let host = Host::new();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), host.path()).unwrap();
        let cache = host.process();
        assert_eq!(host.token(&cache, BEGIN).await, "secret-1");
        assert_eq!(host.token(&cache, BEGIN).await, "secret-1");
        assert_eq!(host.token(&host.process(), BEGIN).await, "secret-2");
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    });
}

#[test]
fn a_clock_that_jumps_makes_a_token_old_or_dead_but_never_young() {
    let token = token("x", BEGIN);
    assert_eq!(age(&token, BEGIN), Age::Young);
    assert_eq!(age(&token, BEGIN - 60), Age::Young);
    assert_eq!(age(&token, BEGIN - 24 * HOUR), Age::Old);
    assert_eq!(age(&token, BEGIN + 6 * HOUR), Age::Old);
    assert_eq!(age(&token, BEGIN + 12 * HOUR), Age::Dead);
    let endless = Token {
        expires_at: u64::MAX,
        ..token.clone()
    };
    assert_eq!(age(&endless, BEGIN + 13 * HOUR), Age::Dead);
    let ended = Token {
        expires_at: BEGIN - HOUR,
        ..token
    };
    assert_eq!(age(&ended, BEGIN), Age::Dead);
}
