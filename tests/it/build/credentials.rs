//! Logins for ECR: fetched once and shared, replaced when they are old, told about when they cannot be had.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::ecr::Face;
use crate::support::job::PROGRAM;
use crate::support::site::write;
use crate::support::{Job, Site};

/// A site whose every call to AWS carries a role of its own, by which the journal tells it apart.
fn with_role() -> (Site, String) {
    let site = Site::new();
    let role = format!("arn:aws:iam::123456789012:role/{}", site.name);
    let site = site.set("aws.role_arn", &format!("{role:?}"));
    let session = format!("assumed-role/{}/", site.name);
    (site, session)
}

/// How often a login was asked for with that role.
fn logins(site: &Site, session: &str) -> usize {
    let journal = site.journal(Face::Aws);
    let of_role = |line: &&Value| {
        line["operation"] == "ecr:GetAuthorizationToken"
            && line["role"]
                .as_str()
                .is_some_and(|role| role.contains(session))
    };
    journal.iter().filter(of_role).count()
}

#[test]
fn jobs_and_pushes_share_one_login() {
    let (site, session) = with_role();
    for slot in 0..3 {
        let job = site
            .job()
            .runner("CI_CONCURRENT_PROJECT_ID", &slot.to_string())
            .plain();
        job.baws("build --push -q -t $REPO:x").succeeded();
        job.cleaned_up();
    }
    assert_eq!(logins(&site, &session), 1);
}

#[test]
fn requests_at_the_same_time_fetch_one_login() {
    let (site, session) = with_role();
    let job = site.job().plain();
    let other = site.job().runner("CI_CONCURRENT_PROJECT_ID", "1").plain();
    let four =
        "cd /builds/it/project; for n in 1 2; do baws-ci build --push -q -t $REPO:$n & done; wait";
    let started = [
        job.start_run("build_script", four),
        other.start_run("build_script", four),
    ];
    for one in started {
        one.end().succeeded();
    }
    assert_eq!(logins(&site, &session), 1);
    job.cleaned_up();
    other.cleaned_up();
}

#[test]
fn a_login_that_expires_between_two_pushes_is_replaced() {
    let site = Site::alone();
    let _policy = site.policy(&json!({"ecr_token_ttl": 3}));
    let job = site.job().plain();
    job.baws("build --push -q -t $REPO:x").succeeded();
    std::thread::sleep(std::time::Duration::from_secs(4));
    job.baws("build --push -q -t $REPO:y").succeeded();
    job.cleaned_up();
}

/// The process has no keys, and nobody answers on the metadata address it is told.
fn without_keys<'a>(site: &'a Site) -> Job<'a> {
    site.job()
        .env("AWS_ACCESS_KEY_ID", "")
        .env("AWS_SECRET_ACCESS_KEY", "")
}

#[test]
fn without_credentials_a_push_says_whose_turn_it_is_before_it_builds() {
    let site = Site::new();
    let job = without_keys(&site).plain();
    let ended = job.baws("build --push -t $REPO:x . 2>&1").failed_with(3);
    // Every link of the chain is named; their wording is the SDK's.
    let ended =
        ended.printed("error: cannot log in to ECR in `eu-west-1`\n  caused by: no credentials: ");
    ended.printed("\n\nhint: the operator gives this host credentials that AWS knows: ");
    job.baws("build -q .").succeeded();
    job.cleaned_up();
}

#[test]
fn keys_that_aws_does_not_know_are_told_as_such() {
    let site = Site::alone();
    let body = json!({"__type": "UnrecognizedClientException", "message": "The security token included in the request is invalid."});
    let _faults = site.aws_faults(&[("GetAuthorizationToken$", json!({"status": 400, "body": body.to_string(), "headers": {"Content-Type": "application/x-amz-json-1.1"}}))]);
    let job = site.job().plain();
    let ended = job.baws("build --push -t $REPO:x . 2>&1").failed_with(3);
    assert_snapshot!(site.masked(&job, &ended.out()), @r#"
    error: cannot log in to ECR in `eu-west-1`
      caused by: `ecr:GetAuthorizationToken` in `eu-west-1`: UnrecognizedClientException: The security token included in the request is invalid.

    hint: the operator gives this host credentials that AWS knows: an instance profile or task role, AWS_PROFILE, AWS_ACCESS_KEY_ID with its secret, or a web identity
    hint: of a profile with SSO or credential_process the keys are exported first: `eval "$(aws configure export-credentials --format env)"`
    "#);
    job.cleaned_up();
}

/// The program under its other name.
fn helper(site: &Site, verb: &str, input: &str) -> Output {
    let link = site.stand.dir().join("docker-credential-baws-ci");
    if !link.exists() {
        std::os::unix::fs::symlink(PROGRAM, &link).expect("the stand's directory can be written");
    }
    let home = site.stand.dir().join("home");
    std::fs::create_dir_all(&home).expect("the stand's directory can be written");
    let mut command = Command::new(link);
    command
        .arg(verb)
        .env_clear()
        .env("HOME", home)
        .env("NO_COLOR", "1");
    command.env("BAWS_CI_CONFIG", site.stand.config());
    command.envs(
        site.stand
            .bench
            .aws
            .iter()
            .map(|(name, value)| (name, value)),
    );
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the program was built");
    let mut stdin = child.stdin.take().expect("asked for above");
    if stdin.write_all(input.as_bytes()).is_err() {
        // It does not read for every verb.
    }
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn out(done: &Output) -> String {
    String::from_utf8_lossy(&done.stdout).into_owned()
}

#[test]
fn the_credential_helper_speaks_dockers_protocol() {
    let site = Site::new();
    for server in [site.host().to_owned(), format!("https://{}", site.host())] {
        let done = helper(&site, "get", &format!("{server}\n"));
        let login: Value = serde_json::from_str(&out(&done)).expect("it is JSON");
        assert_eq!(
            (&login["ServerURL"], &login["Username"]),
            (&json!(server), &json!("AWS"))
        );
        assert!(
            login["Secret"]
                .as_str()
                .is_some_and(|secret| secret.len() > 20)
        );
    }
    assert_eq!(out(&helper(&site, "list", "")), "{}\n");
    assert!(out(&helper(&site, "version", "")).starts_with("docker-credential-baws-ci "));
    assert!(helper(&site, "erase", site.host()).status.success());
    let stored = json!({"ServerURL": site.host(), "Username": "AWS", "Secret": "x"});
    assert!(helper(&site, "store", &stored.to_string()).status.success());
    let unknown = helper(&site, "get", "ghcr.io");
    assert_eq!(
        (unknown.status.code(), out(&unknown).trim()),
        (Some(1), "credentials not found in native keychain")
    );
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("it is no registry of ECR"));
    assert!(!helper(&site, "sing", "").status.success());
}

#[test]
fn the_real_client_pulls_with_the_credential_helper() {
    let site = Site::new();
    let job = site.job().plain();
    job.baws("build --push -q -t $REPO:x").succeeded();
    drop(helper(&site, "version", ""));
    let home = site.stand.dir().join("home");
    write(
        &home,
        ".docker/config.json",
        json!({"credHelpers": {site.host(): "baws-ci"}})
            .to_string()
            .as_bytes(),
    );
    let mut command = Command::new("/usr/bin/docker");
    command
        .args(["pull", "-q", &format!("{}:x", site.repository("app"))])
        .env("HOME", &home);
    command.env(
        "PATH",
        format!("{}:/usr/bin:/bin", site.stand.dir().display()),
    );
    command
        .env("DOCKER_HOST", &site.stand.bench.docker_host)
        .env("BAWS_CI_CONFIG", site.stand.config());
    let done = command.output().expect("the bench has docker");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    site.stand
        .bench
        .engine
        .docker(&["rmi", &format!("{}:x", site.repository("app"))]);
    job.cleaned_up();
}

#[test]
fn in_a_job_the_credential_helper_gives_nothing_away() {
    let site = Site::new();
    let job = site.job().prepared();
    let script = format!(
        "mkdir -p /tmp/b; ln -s $(command -v baws-ci) /tmp/b/docker-credential-baws-ci; printf %s {} | /tmp/b/docker-credential-baws-ci get 2>&1 || echo status $?",
        site.host()
    );
    let out = job.run("build_script", &script).succeeded().out();
    assert!(
        out.contains("status 1") && out.contains("is given no login") && !out.contains("Secret"),
        "{out}"
    );
    job.cleaned_up();
}
