//! What a session of a rule's role is called, tagged with and narrowed to, as AWS hears it.

use serde_json::{Value, json};

use super::{ACCOUNT, TOKEN, role};
use crate::support::Site;
use crate::support::ecr::Face;

/// What AWS was asked of STS for one role.
fn asked(site: &Site, role: &str) -> Vec<Value> {
    let all = site.journal(Face::Aws).into_iter();
    let of_role = |entry: &Value| {
        entry["operation"] == "sts:AssumeRole" && entry["parameters"]["RoleArn"] == role
    };
    all.filter(of_role)
        .map(|entry| entry["parameters"].clone())
        .collect()
}

#[test]
fn a_session_is_named_tagged_and_narrowed_and_asked_for_once() {
    let site = Site::deploying().audited().with_gitlab();
    let name = format!("{}-deployer", site.name);
    let site = site.ruled(&format!(
        "role_arn = \"arn:aws:iam::{{account}}:role/{name}\", external_id = \"x\", session_tags = true, \
         source_identity = true, session_suffix = \"-backstage-session\", session_duration_secs = 1800"
    ));
    site.pushed("latest", "before");
    let service = site.service(json!({}));
    let job = site.job().variable("SERVICE", &service.arn);
    let claims = json!({"user_login": "ada l", "environment": "lower"});
    let token = site.token_of(&job, claims);
    let job = job.secret(TOKEN, &token).plain();
    job.baws("restart $SERVICE").succeeded();
    let sessions = asked(&site, &role(&name));
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let told = &sessions[0];
    let expected = format!("baws-ci-job-{}-it-project-backstage-session", job.id);
    assert_eq!(told["RoleSessionName"], expected);
    assert_eq!(told["ExternalId"], "x");
    assert_eq!(told["DurationSeconds"], "1800");
    assert_eq!(told["SourceIdentity"], "ada-l");
    let tags: Vec<(&str, &str)> = (1..)
        .map_while(|number| {
            let part = |name: &str| told[format!("Tags.member.{number}.{name}")].as_str();
            part("Key").zip(part("Value"))
        })
        .collect();
    let id = job.id.to_string();
    for tag in [
        ("gitlab_project", "it/project"),
        ("gitlab_ref", "main"),
        ("gitlab_ref_protected", "unprotected"),
        ("gitlab_job_id", &id),
        ("gitlab_environment", "lower"),
    ] {
        assert!(tags.contains(&tag), "{tag:?}: {tags:?}");
    }
    let policy = told["Policy"].as_str().unwrap_or_default();
    assert!(
        policy.contains(&service.arn) && !policy.contains("repository/"),
        "{policy}"
    );
    job.baws("build --push -q -t $REPO:2 .").succeeded();
    let sessions = asked(&site, &role(&name));
    let policies = sessions[1..].iter().map(|one| one["Policy"].to_string());
    for policy in policies {
        assert!(
            policy.contains(":repository/") && !policy.contains("service/"),
            "{policy}"
        );
    }
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    let rows = site.audit_rows();
    let of_job = rows.iter().filter(|row| row["origin"] == "GitLab-CI");
    let users: Vec<&str> = of_job.map(|row| row["initiatedBy"].as_str()).collect();
    assert_eq!(users, ["ada l"; 4], "{rows:?}");
    job.cleaned_up();
}

#[test]
fn a_role_whose_sessions_may_not_be_tagged_is_told_with_what_it_needs() {
    let site =
        Site::alone().ruled("role_arn = \"arn:aws:iam::{account}:role/x\", session_tags = true");
    let _policy = site.policy(&json!({"deny": ["sts:TagSession"]}));
    let job = site.job().plain();
    job.baws(&format!(
        "auth explain --account {ACCOUNT} --region eu-west-1"
    ))
    .failed_with(3)
    .printed("not authorized to perform: sts:TagSession")
    .printed("\"sts:AssumeRole\",\"sts:TagSession\"");
    job.cleaned_up();
}
