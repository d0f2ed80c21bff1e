//! ID tokens: facts when GitLab has signed them for this job, and nothing otherwise.

use serde_json::json;

use super::{ACCOUNT, GITLAB, TOKEN, object, role};
use crate::support::Site;

#[test]
fn a_token_of_this_job_counts_and_every_other_does_not() {
    let site = Site::new().with_gitlab().ruled(
        "role_arn = \"arn:aws:iam::{account}:role/x\", members_of = [\"it/deployers\"], source_identity = true",
    );
    let explain = format!("auth explain --account {ACCOUNT} --region eu-west-1 --json");
    let member = json!({"groups_direct": ["it/deployers"], "user_login": "ada"});
    let job = site.job();
    let token = site.token_of(&job, member.clone());
    let job = job.secret(TOKEN, &token).plain();
    let told = object(&job.baws(&explain).succeeded());
    assert_eq!(told["role_arn"], role("x"), "{told}");
    let who = object(&job.baws("auth whoami --json").succeeded());
    assert_eq!(who["user"], "ada");
    job.cleaned_up();
    for (forge, why) in [
        ("key", "its signature is not that of GitLab's key"),
        ("alg_none", "it is no signed token"),
        ("expired", "it has expired"),
        ("issuer", "it was issued by another GitLab"),
    ] {
        let job = site.job();
        let mut claims = member.clone();
        claims["job_id"] = json!(job.id.to_string());
        claims["project_id"] = json!("7");
        let forged = site.id_token(&json!({"claims": claims, "forge": forge}));
        let job = job.secret(TOKEN, &forged).plain();
        let refused = job.baws(&explain).failed_with(15).printed(why);
        assert!(!refused.out().contains(&forged), "{refused}");
        job.cleaned_up();
    }
    let other = site.id_token(
        &json!({"claims": {"job_id": "1", "project_id": "7", "groups_direct": ["it/deployers"]}}),
    );
    let job = site.job().secret(TOKEN, &other).plain();
    job.baws(&explain)
        .failed_with(15)
        .printed("it is another job's");
    job.cleaned_up();
    let job = site.job().plain();
    job.baws(&explain)
        .failed_with(15)
        .printed("the job brings no ID token")
        .printed("id_tokens");
    job.cleaned_up();
}

#[test]
fn aws_is_shown_the_jobs_own_token_and_decides_by_it() {
    let site = Site::alone()
        .with_gitlab()
        .ruled("method = \"oidc\", role_arn = \"arn:aws:iam::{account}:role/federated\"");
    let federated = role("federated");
    let trust = json!({"aud": GITLAB, "sub": "project_path:it/project:.*"});
    let _policy = site.policy(&json!({"roles": {federated.as_str(): {"web_identity": trust}}}));
    let explain = format!("auth explain --account {ACCOUNT} --region eu-west-1 --json");
    for (subject, taken) in [
        ("project_path:it/project:ref_type:branch:ref:main", true),
        ("project_path:other/project:ref_type:branch:ref:main", false),
    ] {
        let job = site.job();
        let token = site.token_of(&job, json!({"sub": subject}));
        let job = job.secret(TOKEN, &token).plain();
        let ended = job.baws(&explain);
        let told = object(&ended);
        assert_eq!(told["method"], "oidc");
        assert_eq!(told["acts_as"].is_string(), taken, "{told}");
        assert_eq!(told["hindrance"].is_null(), taken, "{told}");
        let statement = told["trust_statement"].as_str().unwrap_or_default();
        assert!(
            statement.contains("oidc-provider/gitlab.bench.test"),
            "{told}"
        );
        assert!(statement.contains(subject), "{told}");
        match taken {
            true => ended.succeeded(),
            false => ended.failed_with(3).printed("identity provider in IAM"),
        };
        job.cleaned_up();
    }
}

#[test]
fn a_gitlab_whose_keys_cannot_be_read_makes_no_token_a_fact() {
    let site = Site::new()
        .with_gitlab()
        .set("gitlab.keys_url", "\"http://127.0.0.1:9/keys\"")
        .ruled("role_arn = \"arn:aws:iam::{account}:role/x\", environments = [\"*\"]");
    let job = site.job();
    let token = site.token_of(&job, json!({"environment": "lower"}));
    let job = job.secret(TOKEN, &token).plain();
    job.baws(&format!(
        "auth explain --account {ACCOUNT} --region eu-west-1"
    ))
    .failed_with(15)
    .printed("rule 1 needs the job's ID token")
    .printed("cannot read GitLab's keys at `http://127.0.0.1:9/keys`");
    job.cleaned_up();
}

#[test]
fn an_environment_that_is_no_part_of_a_name_is_refused() {
    let site = Site::new()
        .with_gitlab()
        .ruled("method = \"naming-convention\", role_name = \"opa-{environment}-operations-role\"");
    let explain = format!("auth explain --account {ACCOUNT} --region eu-west-1");
    for environment in ["lower/../admin", "x\u{1b}[31m", "a,b=c", &"x".repeat(65)] {
        let job = site.job();
        let token = site.token_of(&job, json!({"environment": environment}));
        let job = job.secret(TOKEN, &token).plain();
        let refused = job
            .baws(&explain)
            .failed_with(15)
            .printed("cannot stand in a role's name");
        assert!(!refused.out().contains('\u{1b}'), "{refused}");
        job.cleaned_up();
    }
    let job = site.job();
    let token = site.token_of(&job, json!({}));
    let job = job.secret(TOKEN, &token).plain();
    job.baws(&explain)
        .failed_with(15)
        .printed("the job has no environment, and its role is named after one");
    job.cleaned_up();
}
