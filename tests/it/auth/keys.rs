//! Keys of AWS: the caller's own outside a job; in one only those of its role, and only where a grant says so.

use super::{ACCOUNT, object, role};
use crate::support::Site;

fn credentials(more: &str) -> String {
    format!("auth credentials --account {ACCOUNT} --region eu-west-1 {more}")
}

const RULED: &str = "role_arn = \"arn:aws:iam::{account}:role/x\"";

#[test]
fn a_job_without_a_grant_has_no_keys_of_its_role() {
    let site = Site::new().ruled(RULED);
    let job = site.job().plain();
    job.baws(&credentials(""))
        .failed_with(15)
        .printed(&format!(
            "this job may not have keys of the role `{}`",
            role("x")
        ))
        .printed("credentials = [");
    job.cleaned_up();
}

#[test]
fn a_job_has_keys_where_a_rule_and_a_grant_say_so() {
    let granting = format!(
        "[{{ projects = [\"it/*\"], refs = \"any\", credentials = [\"{}\"] }}]",
        role("x")
    );
    let site = Site::new().audited().ruled(RULED).set("grants", &granting);
    let job = site.job().plain();
    let keys = object(&job.baws(&credentials("")).succeeded());
    assert_eq!(keys["Version"], 1);
    assert!(keys["SessionToken"].is_string() && keys["Expiration"].is_string());
    let container = object(&job.baws(&credentials("--format container")).succeeded());
    assert_eq!(container["RoleArn"], role("x"));
    job.baws(&credentials("--format env"))
        .succeeded()
        .printed("export AWS_SESSION_TOKEN='");
    let rows = site.audit_rows();
    assert_eq!(rows.len(), 6, "{rows:?}");
    assert_eq!(rows[0]["actionType"], "Get Credentials");
    assert_eq!(rows[0]["assumedRole"], role("x"));
    job.cleaned_up();
}

#[test]
fn a_job_never_has_the_hosts_own_keys() {
    let site = Site::new().set(
        "grants",
        "[{ projects = [\"**\"], refs = \"any\", credentials = [\"**\"] }]",
    );
    let job = site.job().plain();
    job.baws(&credentials(""))
        .failed_with(15)
        .printed("may not have keys of the host's own identity");
    job.cleaned_up();
}

#[test]
fn a_caller_has_their_own() {
    let site = Site::new();
    let dir = site.directory("d");
    let words = [
        "auth",
        "credentials",
        "--account",
        ACCOUNT,
        "--region",
        "eu-west-1",
    ];
    let keys = object(&site.here(&dir, &words).succeeded());
    assert!(keys["AccessKeyId"].is_string(), "{keys}");
}
