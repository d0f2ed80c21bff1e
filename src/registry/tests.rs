//! The protocol against servers on this machine; against ECR's own face it runs in the bench.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::BoxFuture;

use super::loopback::{Answer, Request, Server, answer, at, basic, run};
use super::manifest::digest;
use super::*;
use crate::job::Secret;

/// A login whose password tells how often it was renewed.
#[derive(Default)]
struct Renewable(AtomicUsize);

impl LoginSource for Renewable {
    fn login(&self, freshness: Freshness) -> BoxFuture<'_, Result<Login>> {
        let renewed = match freshness {
            Freshness::Cached => self.0.load(Ordering::SeqCst),
            Freshness::Fresh => self.0.fetch_add(1, Ordering::SeqCst) + 1,
        };
        Box::pin(std::future::ready(Ok(basic(&format!("pw{renewed}")))))
    }
}

/// A registry with a token service, as Docker Hub and GitLab are. Tokens of `pw0` are not taken.
fn with_tokens(own: &str, request: &Request, _: usize) -> Answer {
    let authorization = request.authorization.clone().unwrap_or_default();
    if request.line.starts_with("GET /token") || request.line.starts_with("POST /token") {
        return answer(
            200,
            format!(r#"{{"token": "for {authorization}", "expires_in": 300}}"#),
        );
    }
    let good = authorization.starts_with("Bearer for") && !authorization.contains("bWU6cHcw");
    if good {
        return answer(201, "").with("docker-content-digest", "sha256:x");
    }
    answer(
        401,
        r#"{"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}"#,
    )
    .with(
        "www-authenticate",
        format!(r#"Bearer realm="http://{own}/token?a=b",service="s""#),
    )
}

#[test]
fn a_token_is_fetched_kept_and_renewed_with_its_login() {
    let server = Server::start(with_tokens);
    let registry = at(&server, Renewable::default());
    let found = run(async {
        registry.has_blob("team/app", "sha256:1").await.unwrap();
        registry.has_blob("team/app", "sha256:2").await.unwrap()
    });
    assert!(found);
    let token = "GET /token?a=b&service=s&scope=repository%3Ateam%2Fapp%3Apull%2Cpush";
    let blob = "HEAD /v2/team/app/blobs/sha256:1";
    let explained = "GET /v2/team/app/blobs/sha256:1";
    let expected = [
        blob,
        token,
        blob,
        explained,
        token,
        blob,
        "HEAD /v2/team/app/blobs/sha256:2",
    ];
    assert_eq!(server.lines(), expected);
}

#[test]
fn a_mount_asks_for_both_repositories_and_an_identity_token_is_posted() {
    let server = Server::start(with_tokens);
    let registry = at(&server, Login::IdentityToken(Secret::new("r3fresh")));
    let mounted = run(registry.mount_blob("to", "sha256:1", "from")).unwrap();
    assert!(matches!(mounted, Mounting::Mounted));
    let asked = server.asked();
    assert_eq!(
        asked[0].line,
        "POST /v2/to/blobs/uploads/?mount=sha256%3A1&from=from"
    );
    assert_eq!(asked[1].line, "POST /token?a=b");
    assert_eq!(
        String::from_utf8_lossy(&asked[1].body),
        "service=s&scope=repository%3Ato%3Apull%2Cpush&scope=repository%3Afrom%3Apull\
         &grant_type=refresh_token&client_id=baws-ci&refresh_token=r3fresh"
    );
}

#[test]
fn a_login_that_is_refused_twice_is_refused() {
    let server = Server::start(|_, _, _| answer(401, "").with("www-authenticate", "Basic"));
    let failure = run(at(&server, Renewable::default()).has_blob("app", "sha256:1")).unwrap_err();
    assert_eq!(failure.reason, Reason::Unauthorized);
    let told = failure.into_error();
    assert!(told.hints()[0].starts_with("the caller logs in with `docker login 127.0.0.1"));
    let logins: Vec<Option<String>> = server
        .asked()
        .into_iter()
        .map(|request| request.authorization)
        .collect();
    // First without a login, then each login and the question why.
    let (old, new) = (
        Some("Basic bWU6cHcw".to_owned()),
        Some("Basic bWU6cHcx".to_owned()),
    );
    assert_eq!(logins, [None, old.clone(), old, new.clone(), new]);
}

#[test]
fn a_registry_that_asks_for_something_else_each_time_is_not_followed_for_ever() {
    let server = Server::start(|own, request, before| {
        if request.line.starts_with("GET /token") {
            return answer(200, r#"{"token": "t"}"#);
        }
        let realm = format!("Bearer realm=\"http://{own}/token?{before}\"");
        answer(401, "").with("www-authenticate", realm)
    });
    let failure = run(at(&server, Login::Anonymous).manifest("app", "1")).unwrap_err();
    assert_eq!(failure.reason, Reason::Unauthorized);
    assert!(server.lines().len() < 10);
}

#[test]
fn what_may_pass_is_retried_and_what_is_final_is_not() {
    let server = Server::start(|_, request, before| match request.line.as_str() {
        "GET /v2/app/manifests/flaky" if before < 2 => answer(503, ""),
        "GET /v2/app/manifests/flaky" => {
            answer(200, "{}").with("content-type", "a/b; charset=utf-8")
        }
        "GET /v2/app/manifests/gone" => answer(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#),
        "GET /v2/app/manifests/denied" => answer(403, r#"{"errors":[{"code":"DENIED"}]}"#),
        _ => answer(404, r#"{"errors":[{"code":"NAME_UNKNOWN"}]}"#),
    });
    let registry = at(&server, Login::Anonymous);
    run(async {
        let flaky = registry.manifest("app", "flaky").await.unwrap().unwrap();
        assert_eq!(
            (flaky.media_type.as_str(), flaky.digest),
            ("a/b", digest(b"{}"))
        );
        assert!(registry.manifest("app", "gone").await.unwrap().is_none());
        let denied = registry.manifest("app", "denied").await.unwrap_err();
        assert_eq!(denied.reason, Reason::Denied { action: None });
        let unknown = registry.manifest("none", "x").await.unwrap_err();
        assert_eq!(unknown.reason, Reason::NameUnknown);
    });
    assert_eq!(server.lines().len(), 6);
}

#[test]
fn bytes_that_are_not_the_digests_are_refused_and_so_are_too_many() {
    let server = Server::start(|_, request, _| match request.line.rsplit('/').next() {
        Some("lying") => answer(200, "{}").with("docker-content-digest", digest(b"{ }")),
        Some("huge") => answer(200, vec![b' '; 5 << 20]),
        _ => answer(200, "{}"),
    });
    let registry = at(&server, Login::Anonymous);
    run(async {
        let lying = registry.manifest("app", "lying").await.unwrap_err();
        assert!(
            lying.message.starts_with("its bytes are those of"),
            "{}",
            lying.message
        );
        let other = registry
            .manifest("app", &digest(b"other"))
            .await
            .unwrap_err();
        assert_eq!(other.reason, Reason::Other);
        let huge = registry.manifest("app", "huge").await.unwrap_err();
        assert_eq!(huge.reason, Reason::TooLarge);
    });
}
