//! Deployments that a job asks for: by its grants, with no key of its own.

use serde_json::json;

use crate::support::Site;

#[test]
fn a_job_deploys_its_services_digest_without_any_key() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    let service = site.service(json!({}));
    let job = site.job().variable("SERVICE", &service.arn).plain();
    let ended = job.start_run(
        "build_script",
        "cd /builds/it/project\nset -e\nenv | grep -c AWS_ACCESS && exit 1\nbaws-ci build --push -q --dotenv image.env -t $REPO:latest .\nbaws-ci deploy --image-file image.env --dotenv deploy.env --output result.json $SERVICE\ncat deploy.env",
    ).end().succeeded();
    let ended = ended.printed("DEPLOY_STATUS=ok");
    assert!(
        ended.err().contains("verified: digest") || ended.out().contains("verified: digest"),
        "{ended}"
    );
    assert_eq!(service.updates(), 1);
    job.cleaned_up();
}

#[test]
fn a_job_may_not_touch_another_projects_service() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    let job = site.job().plain();
    let others = "arn:aws:ecs:eu-west-1:123456789012:service/others/app";
    for verb in ["deploy", "restart", "stop", "status", "rollback", "start"] {
        job.baws(&format!("{verb} {others}"))
            .failed_with(15)
            .printed("this job may not deploy");
    }
    let service = site.service(json!({}));
    job.baws(&format!("run-task {} -- sh -c id", service.arn))
        .failed_with(15)
        .printed("commands");
    assert_eq!(service.updates(), 0);
    job.cleaned_up();
}

#[test]
fn a_job_hears_the_exit_code_of_each_end() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    let service = site.service(json!({"desired": 0}));
    let job = site.job().plain();
    job.baws(&format!("restart {}", service.arn))
        .failed_with(16);
    job.baws(&format!("deploy {}", service.arn.replace("/app", "/none")))
        .failed_with(4);
    job.cleaned_up();
}

#[test]
fn a_request_of_nonsense_is_refused() {
    let site = Site::deploying();
    let job = site.job().plain();
    for words in [
        "deploy 'local/../x'",
        "deploy arn:aws:ecs:x",
        "deploy a/b",
        "restart",
    ] {
        job.baws(words).failed_with(2);
    }
    job.cleaned_up();
}
