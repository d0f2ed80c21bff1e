//! Pulling the images that jobs run in: with whose login, how often, and what is told meanwhile.

use serde_json::json;

use crate::support::{Ended, Job, Site, Started};

#[test]
fn a_login_that_the_project_brings_is_used_for_the_jobs_image() {
    let site = Site::new();
    let image = site.image_of_ecr();
    // No rule lets the host log in for this job.
    let site = site.set(
        "grants",
        "[{ projects = [\"it/*\"], refs = \"any\", push = [\"x.example/**\"] }]",
    );
    let token = site.boto(
        "import boto3\nprint(boto3.client('ecr').get_authorization_token()['authorizationData'][0]['authorizationToken'])",
    );
    let auths = json!({"auths": {site.host(): {"auth": token.trim()}}}).to_string();
    let job = site
        .job()
        .image(&image)
        .secret("DOCKER_AUTH_CONFIG", &auths)
        .prepared();
    job.run("build_script", "cat /origin")
        .succeeded()
        .printed("from ecr\n");
    job.cleaned_up();
    let job = site
        .job()
        .image(&image)
        .secret("DOCKER_AUTH_CONFIG", "{\"auths\": s3cret}");
    let refused = job
        .prepare()
        .refused()
        .says("DOCKER_AUTH_CONFIG cannot be read");
    assert!(!refused.err().contains("s3cret"), "{refused}");
    job.cleaned_up();
}

/// Three jobs of this image, all prepared at the same time.
#[track_caller]
fn prepared_at_once<'a>(site: &'a Site, image: &str) -> (Vec<Job<'a>>, Vec<Ended>) {
    let jobs = (0..3).map(|slot| {
        let slot = slot.to_string();
        site.job()
            .image(image)
            .runner("CI_CONCURRENT_PROJECT_ID", &slot)
    });
    let jobs: Vec<Job<'_>> = jobs.collect();
    let started: Vec<Started> = jobs.iter().map(|job| job.start("prepare")).collect();
    let ended = started.into_iter().map(Started::end).collect();
    (jobs, ended)
}

#[test]
fn jobs_that_want_an_image_at_the_same_time_pull_it_once() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let _slow = site.faults(&[("GET /v2/{}/app/manifests/", json!({"delay_ms": 1500}))]);
    let (jobs, ended) = prepared_at_once(&site, &image);
    let logs: Vec<String> = ended.into_iter().map(|one| one.succeeded().err()).collect();
    let pulled = |what: &str| logs.iter().filter(|log| log.contains(what)).count();
    assert_eq!(pulled(&format!("Pulling `{image}` …")), 1, "{logs:?}");
    assert_eq!(pulled("by another job of this host"), 2, "{logs:?}");
    for job in &jobs {
        job.run("build_script", "cat /origin")
            .succeeded()
            .printed("from ecr\n");
        job.cleaned_up();
    }
}

#[test]
fn a_registry_in_trouble_is_not_asked_by_every_job_in_turn() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let body =
        json!({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "Requested image not found"}]});
    let _lost = site.faults(&[(
        "/v2/{}/app/manifests/",
        json!({"status": 404, "body": body.to_string(), "delay_ms": 1500}),
    )]);
    let (jobs, ended) = prepared_at_once(&site, &image);
    let logs: Vec<String> = ended
        .into_iter()
        .map(|one| one.refused().says("error: there is no image `").err())
        .collect();
    let told = logs
        .iter()
        .filter(|log| log.contains("Asked for") && log.contains("by another job of this host"));
    assert_eq!(told.count(), 2, "{logs:?}");
    for job in &jobs {
        job.cleaned_up();
    }
}

#[test]
fn a_pull_that_takes_long_tells_how_far_it_is() {
    let site = Site::new();
    let image = site.image_of_ecr();
    site.forget(&image);
    let _slow = site.faults(&[(
        "GET /v2/{}/app/manifests/",
        json!({"delay_ms": 11_500, "times": 1}),
    )]);
    let job = site.job().image(&image);
    let told = job
        .prepare()
        .succeeded()
        .says(&format!("Pulling `{image}`: "));
    told.says(" layers, ");
    job.cleaned_up();
}
