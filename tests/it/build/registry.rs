//! A registry that fails: what may pass is tried again, what cannot is told at once, each with its own sentence.

use serde_json::{Value, json};

use crate::support::Site;
use crate::support::site::write;

const PUSH: &str = "build --push -t $REPO:x --tags latest . 2>&1";

/// Requests of a push, as patterns: the name of the test stands in `{}`.
const REQUESTS: [(&str, &str); 5] = [
    ("POST upload", "^POST /v2/{}/app/blobs/uploads/"),
    ("PATCH upload", "^PATCH /v2/{}/app/blobs/uploads/"),
    ("PUT upload", "^PUT /v2/{}/app/blobs/uploads/"),
    ("PUT manifest", "^PUT /v2/{}/app/manifests/x"),
    ("PUT second manifest", "^PUT /v2/{}/app/manifests/latest"),
];

/// Builds and pushes while each of these requests fails once; it ends well, with the digest that the registry has.
#[track_caller]
fn outlasted(rest: &Value) {
    let site = Site::new();
    let job = site.job().plain();
    let rules = REQUESTS.map(|(name, pattern)| {
        let mut rule = rest.clone();
        (rule["id"], rule["times"]) = (json!(name), json!(1));
        (pattern, rule)
    });
    let faults = site.faults(&rules);
    let ended = job.baws(PUSH);
    drop(faults);
    let ended = ended.succeeded();
    let asked = site.asked_of_ecr();
    let unmet: Vec<&str> = REQUESTS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !asked.iter().any(|line| line["fault"] == *name))
        .collect();
    assert_eq!(unmet, Vec::<&str>::new(), "{asked:#?}");
    let digest = site
        .digest(&site.repository("app"), "x")
        .expect("it was pushed");
    assert_eq!(
        site.digest(&site.repository("app"), "latest").as_ref(),
        Some(&digest)
    );
    assert!(ended.out().ends_with(&format!("@{digest}\n")), "{ended}");
    job.cleaned_up();
}

#[test]
fn a_fault_that_passes_is_outlasted_in_each_request() {
    outlasted(&json!({"status": 500}));
}

#[test]
fn a_registry_that_is_away_for_a_moment_is_outlasted_in_each_request() {
    outlasted(&json!({"status": 503, "body": "<html>Service Unavailable</html>"}));
}

#[test]
fn a_registry_that_is_asked_too_often_is_asked_again_later() {
    let body = json!({"errors": [{"code": "TOOMANYREQUESTS", "message": "Rate exceeded"}]});
    outlasted(&json!({"status": 429, "body": body.to_string()}));
}

#[test]
fn a_connection_that_is_cut_is_made_again_in_each_request() {
    outlasted(&json!({"drop": true}));
}

/// A login may be refused once a push; so each request has a push of its own.
#[track_caller]
fn outlasted_one_by_one(rest: &Value) {
    let site = Site::new();
    let job = site.job().plain();
    for (number, (name, pattern)) in REQUESTS.iter().enumerate() {
        write(
            &job.project(),
            "hello",
            format!("{}{number}", site.name).as_bytes(),
        );
        let mut rule = rest.clone();
        rule["times"] = json!(1);
        let faults = site.faults(&[(pattern, rule)]);
        let ended = job.baws(PUSH);
        drop(faults);
        assert!(ended.code == 0, "{name}: {ended}");
        let digest = site
            .digest(&site.repository("app"), "latest")
            .expect("it was pushed");
        assert!(
            ended.out().ends_with(&format!("@{digest}\n")),
            "{name}: {ended}"
        );
    }
    job.cleaned_up();
}

#[test]
fn an_expired_token_is_replaced_in_each_request() {
    let message = "Your authorization token has expired. Reauthenticate and try again.";
    let body = json!({"errors": [{"code": "DENIED", "message": message}]});
    outlasted_one_by_one(&json!({"status": 403, "body": body.to_string()}));
}

#[test]
fn a_random_401_is_answered_with_a_fresh_login_in_each_request() {
    let body = json!({"errors": [{"code": "UNAUTHORIZED", "message": "Not Authorized"}]});
    outlasted_one_by_one(&json!({"status": 401, "body": body.to_string()}));
}

/// What a fault that stays is told as. `skip`: how often the engine tries by itself.
#[track_caller]
fn told(pattern: &str, rest: &Value, status: u8, sentence: &str) -> (Site, String) {
    let site = Site::new();
    let job = site.job().plain();
    let faults = site.faults(&[(pattern, rest.clone())]);
    let ended = job.baws(PUSH);
    drop(faults);
    let ended = ended.failed_with(status).printed(sentence);
    assert!(ended.out().contains("\n\nhint: "), "{ended}");
    let out = ended.out();
    job.cleaned_up();
    (site, out)
}

const PUT_MANIFEST: &str = "^PUT /v2/{}/app/manifests/";

#[test]
fn a_registry_that_stays_broken_is_named_as_such() {
    told(
        PUT_MANIFEST,
        &json!({"status": 503}),
        1,
        "has a fault of its own\n",
    );
}

#[test]
fn a_registry_that_stays_throttled_is_named_as_such() {
    let body =
        json!({"errors": [{"code": "TOOMANYREQUESTS", "message": "Rate exceeded"}]}).to_string();
    told(
        PUT_MANIFEST,
        &json!({"status": 429, "body": body}),
        1,
        "is being asked too often\n",
    );
}

#[test]
fn a_login_that_is_never_accepted_is_told_after_a_fresh_one() {
    let body =
        json!({"errors": [{"code": "UNAUTHORIZED", "message": "Not Authorized"}]}).to_string();
    let (_, out) = told(
        "^[A-Z]+ /v2/{}/app/",
        &json!({"status": 401, "body": body}),
        3,
        "does not accept the login",
    );
    assert!(out.contains("hint: a fresh login was tried"), "{out}");
}

#[test]
fn a_denied_action_is_named_and_not_tried_again() {
    let denied = "User: arn:aws:sts::123456789012:assumed-role/runner/x is not authorized to perform: ecr:InitiateLayerUpload on resource: arn:aws:ecr:eu-west-1:123456789012:repository/app because no identity-based policy allows the ecr:InitiateLayerUpload action";
    let body = json!({"errors": [{"code": "DENIED", "message": denied}]}).to_string();
    let (site, out) = told(
        "^POST /v2/{}/app/blobs/uploads/",
        &json!({"status": 403, "body": body}),
        3,
        "error: the registry denies the push to ",
    );
    assert!(out.contains("ecr:InitiateLayerUpload"), "{out}");
    let asked = site.asked_of_ecr();
    let posts = asked.iter().filter(|line| line["method"] == "POST").count();
    // Two layers and the configuration; none of them twice.
    assert!(posts <= 6, "{posts} tries: {asked:#?}");
}

#[test]
fn a_repository_that_is_missing_is_told_before_anything_is_built() {
    let site = Site::new();
    let all = site.repository("**");
    let site = site.set(
        "grants",
        &format!("[{{ projects = [\"it/*\"], refs = \"any\", push = [\"{all}\"] }}]"),
    );
    let job = site.job().plain();
    let ended = job.baws("build --push -t $REPO:x . 2>&1").failed_with(4);
    insta::assert_snapshot!(site.masked(&job, &ended.out()), @r#"
    error: there is no repository `ECR/NAME/app`

    hint: check its spelling, account and region; repositories are made when an application is provisioned
    hint: or the operator of the runner lets pushes make it: `create = ["ECR/NAME/app"]` in a rule of [[grants]]
    "#);
    let asked = site.asked_of_ecr();
    assert!(asked.iter().all(|one| one["method"] == "GET"), "{asked:#?}");
    job.cleaned_up();
}

#[test]
fn a_tag_that_is_taken_for_good_is_told_before_anything_is_built() {
    let site = Site::new().set("aws.ecr.immutable_tags", "true");
    let job = site.job().plain();
    job.baws("build --push -q -t $REPO:x").succeeded();
    let digest = site
        .digest(&site.repository("app"), "x")
        .expect("it was pushed");
    let job = job.file_in("hello", "other\n");
    let ended = job.baws("build --push -t $REPO:x . 2>&1").failed_with(4);
    insta::assert_snapshot!(site.masked(&job, &ended.out()), @r#"
    error: the tag `x` of `ECR/NAME/app` is taken, and the repository is immutable
      caused by: it is sha256:N

    hint: push another tag, such as the commit's; or use the image that is there by its digest
    "#);
    assert_eq!(site.digest(&site.repository("app"), "x"), Some(digest));
    job.baws("build --push -q -t $REPO:y").succeeded();
    job.cleaned_up();
}

#[test]
fn a_registry_that_serves_another_digest_than_was_pushed_is_not_believed() {
    let other = format!("sha256:{}", "0".repeat(64));
    let headers = json!({"Docker-Content-Digest": other, "Content-Type": "application/vnd.docker.distribution.manifest.v2+json", "Content-Length": "2"});
    for rest in [
        json!({"status": 200, "headers": headers, "body": "{}"}),
        json!({"status": 404}),
    ] {
        let site = Site::new();
        let job = site.job().plain();
        let faults = site.faults(&[("^HEAD /v2/{}/app/manifests/", rest)]);
        let ended = job.baws("build --push -t $REPO:x --iidfile i . 2>&1");
        drop(faults);
        ended
            .failed_with(1)
            .printed("error: the registry does not serve what was pushed to ");
        assert!(!job.project().join("i").exists(), "a digest was told");
        job.cleaned_up();
    }
}

#[test]
fn two_jobs_that_push_one_tag_tell_their_own_digests() {
    let site = Site::new();
    let (one, other) = (
        site.job().plain(),
        site.job().runner("CI_CONCURRENT_PROJECT_ID", "1").plain(),
    );
    // The same repository from the start.
    one.baws("build --push -q -t $REPO:0").succeeded();
    let started: Vec<_> = [&one, &other]
        .map(|job| job.start_baws("build --push -q -t $REPO:x"))
        .into();
    let told: Vec<String> = started
        .into_iter()
        .map(|started| started.end().succeeded().out())
        .collect();
    assert_ne!(told[0], told[1]);
    let held = site
        .digest(&site.repository("app"), "x")
        .expect("it was pushed");
    assert!(
        told.iter().any(|line| line.trim().ends_with(&held)),
        "{told:?} {held}"
    );
    for (job, line) in [(&one, &told[0]), (&other, &told[1])] {
        let digest = line.trim().rsplit('@').next().unwrap_or_default();
        let config = crate::support::ecr::repository_of(&site.repository("app")).config(digest);
        let id = job.baws("build -q").succeeded().out();
        let manifest = crate::support::ecr::repository_of(&site.repository("app")).manifest(digest);
        assert_eq!(manifest["config"]["digest"], id.trim(), "{config}");
    }
    one.cleaned_up();
    other.cleaned_up();
}
