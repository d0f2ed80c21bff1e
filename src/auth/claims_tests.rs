//! Tokens that count, and every kind that does not.

use std::collections::BTreeMap;

use super::super::samples::claims;
use super::*;

/// Signed with a key that was thrown away; valid from second 995 to second 4600.
fn tokens() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("claims_tests.json")).unwrap()
}

fn told(name: &str, now: u64) -> Result<Claims, String> {
    let tokens = tokens();
    let key = PublicKey {
        kid: tokens["kid"].clone(),
        n: tokens["n"].clone(),
        e: tokens["e"].clone(),
    };
    let expected = Expected {
        issuer: "https://gitlab.example",
        audience: "https://gitlab.example",
        job_id: 12,
        project_id: 7,
    };
    let claims = key_id(&tokens[name]).and_then(|kid| {
        assert_eq!(kid, key.kid);
        verified(&tokens[name], &key, &expected, now)
    });
    claims.map_err(|error| {
        assert_eq!(error.message(), "the job's ID token does not count");
        error.causes()[0].clone()
    })
}

#[test]
fn a_token_of_this_job_counts() {
    assert_eq!(told("good", 1000), Ok(claims()));
    assert_eq!(told("list", 1000), Ok(claims()));
    assert_eq!(told("good", 4659), Ok(claims()));
}

#[test]
fn every_other_token_is_refused_with_what_is_wrong() {
    for (name, why) in [
        ("other_key", "its signature is not that of GitLab's key"),
        ("none", "it is no signed token"),
        ("hs256", "it is not signed with RS256, as GitLab signs"),
        ("issuer", "it was issued by another GitLab"),
        ("audience", "it is for somebody else (`aud`)"),
        ("job", "it is another job's"),
        ("project", "it is another project's"),
    ] {
        assert_eq!(told(name, 1000), Err(why.to_owned()), "{name}");
    }
    assert_eq!(told("good", 4660), Err("it has expired".to_owned()));
    assert_eq!(told("good", 900), Err("it is not valid yet".to_owned()));
    assert!(key_id("a.b.c").is_err() && key_id(&"x".repeat(20_000)).is_err());
}
