//! The ways to a role, and what is told of them.

use serde_json::json;

use super::{ACCOUNT, object, role};
use crate::support::Site;

#[test]
fn a_jobs_service_and_image_are_worked_on_as_the_role_of_its_rule() {
    let site = Site::deploying()
        .audited()
        .ruled("role_arn = \"arn:aws:iam::{account}:role/{name}-deployer\"");
    site.pushed("latest", "before");
    let service = site.service(json!({}));
    let job = site.job().variable("SERVICE", &service.arn).plain();
    job.baws("build --push -q -t $REPO:latest .").succeeded();
    job.baws("restart $SERVICE").succeeded();
    let rows = site.audit_rows();
    let roles: Vec<&str> = rows
        .iter()
        .filter(|row| row["origin"] == "GitLab-CI")
        .map(|row| row["assumedRole"].as_str())
        .collect();
    assert_eq!(roles, [role("project-deployer").as_str(); 4], "{rows:?}");
    let explained = job.baws("auth explain $SERVICE --json").succeeded();
    let told = object(&explained);
    assert_eq!(told["rule"], 1);
    assert_eq!(told["role_arn"], role("project-deployer"));
    let session = format!(
        "arn:aws:sts::{ACCOUNT}:assumed-role/project-deployer/baws-ci-job-{}-it-project",
        job.id
    );
    assert_eq!(told["acts_as"], session);
    assert_eq!(told["hindrance"], json!(null));
    let host = told["host_statement"].as_str().unwrap_or_default();
    assert!(host.contains("\"sts:AssumeRole\"") && host.contains(&role("project-deployer")));
    job.cleaned_up();
}

#[test]
fn a_project_that_rules_name_and_none_fits_is_refused_with_what_each_wants() {
    let site = Site::deploying()
        .ruled("role_arn = \"arn:aws:iam::{account}:role/x\", accounts = [\"210987654321\"]");
    site.pushed("latest", "before");
    let service = site.service(json!({}));
    let job = site.job().variable("SERVICE", &service.arn).plain();
    for words in [
        "restart $SERVICE",
        "auth explain $SERVICE",
        "build --push -q -t $REPO:1 .",
    ] {
        job.baws(words)
            .failed_with(15)
            .printed("no rule gives project `it/project`")
            .printed("rule 1 is for other accounts: 210987654321")
            .printed("[[roles]]");
    }
    assert_eq!(service.updates(), 0);
    job.cleaned_up();
}

#[test]
fn the_platforms_table_names_the_role_of_the_first_group_with_a_row() {
    let site = Site::new();
    let parameter = format!("/{}/Map", site.name);
    let groups = "groups = [\"admins\", \"{namespace}-developers\"]";
    let rule = format!(
        "method = \"mapping-table\", {groups}, table_parameter = \"{parameter}\", session_suffix = \"-backstage-session\""
    );
    let site = site.ruled(&rule);
    site.boto(&format!(
        "key = lambda n, t: {{'AttributeName': n, 'KeyType': t}}\n\
         db.create_table(TableName=name, BillingMode='PAY_PER_REQUEST', KeySchema=[key('id', 'HASH'), key('createdAt', 'RANGE')],\n\
             AttributeDefinitions=[{{'AttributeName': n, 'AttributeType': 'S'}} for n in ('id', 'createdAt')])\n\
         ssm.put_parameter(Name='{parameter}', Value=name, Type='String')\n\
         def row(at, role): db.put_item(TableName=name, Item={{k: {{'S': v}} for k, v in dict(id='{ACCOUNT}-it-developers', createdAt=at, IAMRoleArn=role).items() if v}})\n\
         row('2026-01-01', 'arn:aws:iam::{ACCOUNT}:role/newer')\n\
         row('2023-05-03', 'arn:aws:iam::{ACCOUNT}:role/backstage-developers-role')"
    ));
    let explain = format!("auth explain --account {ACCOUNT} --region eu-west-1 --json");
    let job = site.job().plain();
    let told = object(&job.baws(&explain).succeeded());
    assert_eq!(told["role_arn"], role("backstage-developers-role"));
    assert!(
        told["session_name"]
            .as_str()
            .is_some_and(|name| name.ends_with("-backstage-session")),
        "{told}"
    );
    let how = told["how"].to_string();
    for step in [
        format!("no row `{ACCOUNT}-admins`"),
        format!("row `{ACCOUNT}-it-developers` names the role"),
        "1 later rows of it play no part".to_owned(),
    ] {
        assert!(how.contains(&step), "{step}: {how}");
    }
    // The oldest row decides, also where it names none.
    site.boto(&format!(
        "db.put_item(TableName=name, Item={{'id': {{'S': '{ACCOUNT}-it-developers'}}, 'createdAt': {{'S': '2020'}}}})"
    ));
    job.baws(&explain)
        .failed_with(4)
        .printed(&format!("the row `{ACCOUNT}-it-developers` of 2020"))
        .printed("it has no `IAMRoleArn`");
    job.cleaned_up();
}

#[test]
fn a_table_that_is_not_there_is_named() {
    let site = Site::new();
    let parameter = format!("/{}/none", site.name);
    let explain = format!("auth explain --account {ACCOUNT} --region eu-west-1");
    let by_parameter =
        format!("method = \"mapping-table\", groups = [\"x\"], table_parameter = \"{parameter}\"");
    let site = site.ruled(&by_parameter);
    let job = site.job().plain();
    job.baws(&explain).failed_with(4).printed(&format!(
        "the parameter `{parameter}`, which holds the name of the mapping table, is not there"
    ));
    job.cleaned_up();
    let site =
        site.ruled("method = \"mapping-table\", groups = [\"x\"], table = \"no-such-table\"");
    let job = site.job().plain();
    job.baws(&explain)
        .failed_with(4)
        .printed("`no-such-table`")
        .printed("ResourceNotFoundException");
    job.cleaned_up();
}

#[test]
fn an_operator_asks_what_the_rules_say_of_a_job_that_is_supposed() {
    let site = Site::new().with_gitlab().ruled(
        "method = \"naming-convention\", role_name = \"opa-{environment}-operations-role\", environments = [\"lower*\"]",
    );
    let dir = site.directory("d");
    let explain = [
        "auth",
        "explain",
        "--account",
        ACCOUNT,
        "--region",
        "eu-west-1",
    ];
    let suppose = |more: &[&str]| site.here(&dir, &[&explain[..], more].concat());
    suppose(&["--project", "it/app", "--environment", "lower-1"])
        .succeeded()
        .printed(&role("opa-lower-1-operations-role"))
        .printed("host needs");
    let refused = suppose(&["--project", "it/app"]).says("rule 1 needs the job's ID token");
    assert_eq!(refused.code, 15);
    suppose(&["--project", "other/app"])
        .succeeded()
        .printed("none names the project");
    assert_eq!(suppose(&[]).says("--project").code, 2);
    site.here(&dir, &["auth", "whoami", "--region", "eu-west-1"])
        .succeeded()
        .printed(ACCOUNT);
}

#[test]
fn a_role_that_cannot_be_taken_is_told_with_the_statements_to_add() {
    let site = Site::alone().ruled(
        "role_arn = \"arn:aws:iam::{account}:role/closed\", source_identity = true, session_tags = true",
    );
    let closed = role("closed");
    let _policy = site.policy(&json!({"roles": {closed.as_str(): {"deny": true}}}));
    let job = site.job().plain();
    let explain = format!("auth explain --account {ACCOUNT} --region eu-west-1");
    let told = job.baws(&explain).failed_with(3);
    let told = told
        .printed("error: cannot find out who this is for AWS")
        .printed("host needs")
        .printed("role trusts");
    told.printed("\"sts:AssumeRole\",\"sts:TagSession\",\"sts:SetSourceIdentity\"");
    job.cleaned_up();
}
