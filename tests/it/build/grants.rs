//! What a job may ask for: worked out from facts it cannot forge, and refused with the rule that is missing.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Ended, Job, Site};

const PUSH: &str = "build --push -q -t $REPO:x";

/// Refused by the grant: exit 15, and nothing was asked of the registry.
#[track_caller]
fn not_granted(site: &Site, ended: Ended) -> Ended {
    let ended = ended.failed_with(15);
    assert_eq!(site.asked_of_ecr(), Vec::<serde_json::Value>::new());
    ended
}

fn rules(site: Site, rules: &str) -> Site {
    let text = rules.replace("ALL", &site.repository("**"));
    site.set("grants", &text)
}

/// The job's own log, whole.
fn log(site: &Site, job: &Job<'_>, ended: &Ended) -> String {
    site.masked(job, &ended.out())
        .replace(&site.stand.token, "TOKEN")
}

#[test]
fn without_any_grant_a_job_is_told_what_to_add() {
    let site = Site::new().set("grants", "[]");
    let job = site.job().plain();
    let ended = not_granted(&site, job.baws(PUSH));
    assert_snapshot!(log(&site, &job, &ended), @r#"
    error: this job may not build, push or promote images on this runner
      caused by: the settings of this runner hold no [[grants]]

    hint: the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):
        [[grants]]
        projects = ["it/project"]
        refs = "unprotected"
        push = ["ECR/{project}"]
    "#);
    job.cleaned_up();
}

#[test]
fn a_build_without_a_push_needs_a_grant_too() {
    let site = Site::new().set("grants", "[]");
    let job = site.job().plain();
    not_granted(&site, job.baws("build -q -t x:1"))
        .printed("error: this job may not build, push or promote images on this runner\n");
    job.cleaned_up();
}

#[test]
fn the_grant_of_another_project_is_nobody_elses() {
    let site = rules(
        Site::new(),
        "[{projects = [\"it/other\", \"it\", \"it/project/*\", \"project\"], refs = \"any\", push = [\"ALL\"]}]",
    );
    let job = site.job().plain();
    let ended = not_granted(&site, job.baws(PUSH));
    assert_snapshot!(log(&site, &job, &ended), @r#"
    error: this job may not build, push or promote images on this runner
      caused by: none of the 1 rules in [[grants]] is for project `it/project`, branch `main` (unprotected)

    hint: the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):
        [[grants]]
        projects = ["it/project"]
        refs = "unprotected"
        push = ["ECR/{project}"]
    "#);
    job.cleaned_up();
}

#[test]
fn a_rule_is_for_protected_refs_unless_it_says_otherwise() {
    let site = rules(
        Site::new(),
        "[{projects = [\"it/project\"], push = [\"ALL\"], create = [\"ALL\"]}]",
    );
    let job = site.job().plain();
    not_granted(&site, job.baws(PUSH)).printed("branch `main` (unprotected)");
    job.cleaned_up();
    // GitLab before 18 says nothing of protection.
    let job = site.job().with("/git_info/protected", json!(null)).plain();
    not_granted(&site, job.baws(PUSH)).printed("branch `main` (unprotected)");
    job.cleaned_up();
    let job = site.job().with("/git_info/protected", json!(true)).plain();
    job.baws(PUSH).succeeded();
    job.cleaned_up();
}

#[test]
fn a_tag_with_the_name_of_a_branch_is_not_that_branch() {
    let site = rules(
        Site::new(),
        "[{projects = [\"it/project\"], refs = \"any\", branches = [\"main\"], push = [\"ALL\"], create = [\"ALL\"]}]",
    );
    let job = site.job().with("/git_info/ref_type", json!("tag")).plain();
    not_granted(&site, job.baws(PUSH)).printed("tag `main` (unprotected)");
    job.cleaned_up();
    let job = site.job().plain();
    job.baws(PUSH).succeeded();
    job.cleaned_up();
}

#[test]
fn a_job_whose_project_gitlab_does_not_tell_gets_nothing() {
    for path in [
        json!(null),
        json!(""),
        json!("it/*"),
        json!("it/\u{0}project"),
    ] {
        let site = Site::new();
        let job = site
            .job()
            .with("/job_info/project_full_path", path)
            .variable("CI_PROJECT_PATH", "it/project")
            .plain();
        not_granted(&site, job.baws(PUSH))
            .printed("error: GitLab did not say which project this job belongs to, so it is granted nothing\n")
            .printed("\nhint: ");
        job.cleaned_up();
    }
}

#[test]
fn forged_variables_change_no_grant() {
    let site = rules(
        Site::new(),
        "[{projects = [\"it/trusted\"], refs = \"any\", push = [\"ALL\"]}, {projects = [\"it/project\"], push = [\"ALL\"]}]",
    );
    let forged = [
        ("CI_PROJECT_PATH", "it/trusted"),
        ("CI_PROJECT_ID", "1"),
        ("CI_COMMIT_REF_PROTECTED", "true"),
        ("CI_COMMIT_BRANCH", "release"),
        ("CI_COMMIT_REF_NAME", "release"),
        ("BAWS_CI_DRIVEN_BY_LOCAL", "1"),
        ("BAWS_CI_CONFIG", "/builds/it/project/config.toml"),
    ];
    let job = forged
        .iter()
        .fold(site.job(), |job, (name, value)| job.variable(name, value));
    let job = job.plain().file_in(
        "config.toml",
        "[[grants]]\nprojects = [\"**\"]\nrefs = \"any\"\npush = [\"**\"]\ncreate = [\"**\"]\n",
    );
    for words in [PUSH, "--config config.toml build --push -q -t $REPO:x"] {
        not_granted(&site, job.baws(words))
            .printed("project `it/project`, branch `main` (unprotected)");
    }
    job.cleaned_up();
}

#[test]
fn another_projects_repository_is_refused_before_anything_is_built() {
    let site = Site::new();
    let text = format!(
        "[{{ projects = [\"it/*\"], refs = \"any\", push = [\"{0}/{{project}}\"], create = [\"{0}/**\"] }}]",
        site.repository("of")
    );
    let site = site.set("grants", &text);
    let job = site.job().plain();
    let ended = not_granted(
        &site,
        job.baws(&format!(
            "build --push -t {}:x . 2>&1",
            site.repository("of/it/other")
        )),
    );
    assert_snapshot!(log(&site, &job, &ended), @r#"
    error: this job may not push to `ECR/NAME/of/it/other`
      caused by: project `it/project`, branch `main` (unprotected), may push to: `ECR/NAME/of/it/project`

    hint: push to one of those, or the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):
        [[grants]]
        projects = ["it/project"]
        refs = "unprotected"
        push = ["ECR/NAME/of/it/other"]
    "#);
    job.baws(&format!(
        "build --push -q -t {}:x",
        site.repository("of/it/project")
    ))
    .succeeded();
    job.cleaned_up();
}

#[test]
fn one_repository_too_many_refuses_the_whole_push() {
    let site = Site::new();
    let job = site.job().plain();
    let other = format!("{}/elsewhere/app", site.host());
    not_granted(
        &site,
        job.baws(&format!("build --push -q -t $REPO:x -t {other}:x")),
    )
    .printed(&format!("error: this job may not push to `{other}`\n"));
    job.cleaned_up();
}

#[test]
fn names_that_look_like_a_granted_repository_are_none() {
    let site = Site::new();
    let job = site.job().plain();
    let host = site.host();
    let app = format!("{}/app", site.name);
    for name in [
        format!("{host}:8443/{app}"),
        format!("evil.example/{host}/{app}"),
        format!("{app}:x"),
        format!("{host}.evil.example/{app}"),
        format!("{host}/x/../{app}"),
        format!("{host}/{}x/app", site.name),
        format!("123456789012.dkr.ecr.us-east-1.amazonaws.com/{app}"),
        format!("222222222222.dkr.ecr.eu-west-1.amazonaws.com/{app}"),
    ] {
        let ended = job.baws(&format!("build --push -q -t {name}"));
        let status = ended.status.as_deref().map(str::trim).map(str::to_owned);
        assert!(
            ["15", "2"].contains(&status.as_deref().unwrap_or_default()),
            "{name}: {ended}"
        );
    }
    assert_eq!(site.asked_of_ecr(), Vec::<serde_json::Value>::new());
    job.cleaned_up();
}

#[test]
fn promotion_and_push_are_bound_by_the_same_grant() {
    let site = Site::new();
    let job = site.job().plain();
    job.baws(PUSH).succeeded();
    let other = format!("{}/elsewhere/app", site.host());
    let refused = format!("error: this job may not push to `{other}`\n");
    job.baws(&format!("promote -q $REPO:x {other}:x"))
        .failed_with(15)
        .printed(&refused);
    job.baws(&format!("build -q -t {other}:x")).succeeded();
    job.baws(&format!("push -q {other}:x"))
        .failed_with(15)
        .printed(&refused);
    job.baws(&format!("promote -q {other}:x $REPO:y"))
        .failed_with(15)
        .printed(&format!(
            "error: this job may not read the image `{other}:x`\n"
        ));
    job.cleaned_up();
}
