//! A role that may push and little else: what cannot be looked at costs one line each, and what cannot be done is named.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::Site;
use crate::support::site::write;

#[test]
fn a_role_that_may_only_push_is_enough() {
    let site = Site::alone();
    let job = site.job().plain();
    // The repository is there.
    job.baws("build --push -q -t $REPO:0").succeeded();
    let _policy = site.policy(&json!({"deny": [
        "ecr:DescribeRepositories", "ecr:DescribeImages", "ecr:CreateRepository", "ecr:BatchGetImage", "ecr:ListImages", "ecr:DescribeImageScanFindings"
    ]}));
    let ended = job
        .baws("build --push -t $REPO:x --tags latest . 2>&1")
        .succeeded();
    let out = ended.out();
    assert!(
        out.contains("lacks `ecr:DescribeRepositories`")
            && out.contains("lacks `ecr:BatchGetImage`"),
        "{out}"
    );
    let lines = out.lines().filter(|line| line.contains(" lacks `")).count();
    assert!(lines <= 3, "{out}");
    let digest = site.digest(&site.repository("app"), "x");
    assert_eq!(site.digest(&site.repository("app"), "latest"), digest);
    assert!(
        digest.is_some_and(|digest| out.ends_with(&format!("@{digest}\n"))),
        "{out}"
    );
    job.cleaned_up();
}

#[test]
fn each_action_that_a_push_needs_is_named_when_it_is_denied() {
    let site = Site::alone();
    let job = site.job().plain();
    job.baws("build --push -q -t $REPO:0").succeeded();
    for (number, action) in [
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
    ]
    .iter()
    .enumerate()
    {
        write(
            &job.project(),
            "hello",
            format!("{} {number}", site.name).as_bytes(),
        );
        let tokens = site.stand.state_dir().join("tokens");
        if tokens.exists() {
            std::fs::remove_dir_all(&tokens).expect("it is the stand's own");
        }
        let _policy = site.policy(&json!({"deny": [action]}));
        let ended = job.baws("build --push -t $REPO:x . 2>&1");
        let out = ended.out();
        if *action == "ecr:BatchCheckLayerAvailability" && ended.code == 0 {
            // An engine may do without.
            continue;
        }
        ended.failed_with(3);
        assert!(
            out.contains(action) && out.contains("\nhint: "),
            "{action}: {out}"
        );
    }
    job.cleaned_up();
}

#[test]
fn a_repository_that_may_not_be_made_names_the_permission() {
    let site = Site::alone();
    let job = site.job().plain();
    let _policy = site.policy(&json!({"deny": ["ecr:CreateRepository"]}));
    let ended = job.baws("build --push -t $REPO:x . 2>&1").failed_with(3);
    let out = ended.out();
    let out: String = out
        .lines()
        .map(|line| {
            format!(
                "{}\n",
                line.split(" (request id ").next().unwrap_or_default()
            )
        })
        .collect();
    assert_snapshot!(site.masked(&job, &out), @r#"
    error: cannot make the repository `NAME/app` in account `123456789012`
      caused by: `ecr:CreateRepository` in `eu-west-1`: AccessDeniedException: User: arn:aws:sts::123456789012:user/moto is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:eu-west-1:123456789012:repository/NAME/app because no identity-based policy allows the ecr:CreateRepository action

    hint: the operator adds to the policy of this host's role: {"Effect":"Allow","Action":"ecr:CreateRepository","Resource":"arn:aws:ecr:eu-west-1:123456789012:repository/NAME/app"}
    hint: for a repository of another account, that repository's policy must allow it too
    "#);
    job.cleaned_up();
}

#[test]
fn a_scan_that_finds_what_is_worse_than_allowed_stops_the_job_after_the_push() {
    let site = Site::alone();
    let job = site.job().plain();
    {
        let _policy = site.policy(&json!({"scan": {"status": "COMPLETE", "findings": {"HIGH": 2, "LOW": 1}, "pending": 2}}));
        let ended = job
            .baws("build --push -t $REPO:x --gate high --iidfile i . 2>&1")
            .failed_with(5);
        let out = ended.out();
        let digest = site
            .digest(&site.repository("app"), "x")
            .expect("it was pushed");
        assert!(
            out.contains(&format!(
                "error: the scan of `{}@{digest}` found 2 of severity HIGH or worse\n",
                site.repository("app")
            )),
            "{out}"
        );
        job.baws("build --push -t $REPO:y --gate critical . 2>&1")
            .succeeded()
            .printed("2 HIGH, 1 LOW");
        job.baws(&format!(
            "promote $REPO:x {}:x --gate HIGH 2>&1",
            site.repository("live")
        ))
        .failed_with(5);
    }
    let _policy = site
        .policy(&json!({"scan": {"status": "UNSUPPORTED_IMAGE", "findings": {}, "pending": 0}}));
    job.baws("build --push -t $REPO:z --gate high . 2>&1")
        .failed_with(4)
        .printed("came to no result");
    job.baws("build --push -t $REPO:z --gate worst . 2>&1")
        .failed_with(2)
        .printed("`WORST` is no severity");
    job.cleaned_up();
}

#[test]
fn a_scan_that_does_not_end_is_not_waited_for_for_ever() {
    let site = Site::alone();
    let job = site.job().plain();
    let _policy =
        site.policy(&json!({"scan": {"status": "COMPLETE", "findings": {}, "pending": 1000}}));
    job.baws("build --push -t $REPO:x --gate high --gate-timeout 3 . 2>&1")
        .failed_with(4)
        .printed("did not end within 3 s");
    job.cleaned_up();
}

#[test]
fn a_repository_is_made_as_the_operator_wants_it() {
    let site = Site::new()
        .set("aws.ecr.immutable_tags", "true")
        .set("aws.ecr.scan_on_push", "true")
        .set("aws.ecr.tags", "{ team = \"platform\" }");
    let job = site.job().plain();
    job.baws("build --push -t $REPO:x . 2>&1")
        .succeeded()
        .printed("Made the repository");
    let name = format!("{}/app", site.name);
    let code = format!(
        "import boto3, json; c = boto3.client('ecr'); r = c.describe_repositories(repositoryNames=['{name}'])['repositories'][0]; t = c.list_tags_for_resource(resourceArn=r['repositoryArn'])['tags']; print(json.dumps([r['imageTagMutability'], r['imageScanningConfiguration']['scanOnPush'], t]))"
    );
    let told = std::process::Command::new(&site.stand.bench.python)
        .args(["-c", &code])
        .output()
        .expect("the bench has python");
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).expect("it is JSON");
    assert_eq!(
        told,
        json!(["IMMUTABLE", true, [{"Key": "team", "Value": "platform"}]])
    );
    job.cleaned_up();
}
