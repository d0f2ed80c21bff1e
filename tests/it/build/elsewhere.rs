//! Beyond a build in ECR: job images and services from there, other registries, the classic builder's push.

use serde_json::json;

use crate::support::ecr::repository_of;
use crate::support::{Job, Site};

#[test]
fn a_job_and_its_services_run_in_images_of_ecr_without_a_login_of_their_own() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let job = site
        .job()
        .image(&image)
        .service(json!({"name": image, "alias": "db", "command": ["sleep", "4726"]}))
        .prepared();
    job.run("build_script", "cat /origin; env")
        .succeeded()
        .printed("from ecr");
    for role in ["build", "service-1"] {
        let inspected = site
            .stand
            .bench
            .engine
            .inspect(&job.container(role))
            .to_string();
        assert!(!inspected.contains("AWS_SECRET"), "{inspected}");
    }
    job.cleaned_up();
}

#[test]
fn an_image_of_ecr_that_no_rule_gives_a_job_is_refused() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let site = site.set(
        "grants",
        "[{ projects = [\"it/*\"], refs = \"any\", push = [\"x.example/**\"] }]",
    );
    let job = site.job().image(&image);
    job.prepare()
        .refused()
        .says(&format!("this job may not read the image `{image}`"));
    job.cleaned_up();
}

#[test]
fn a_build_starts_from_the_projects_own_image_in_ecr() {
    let site = Site::new();
    let image = site.image_of_ecr();
    let job = site.job().prepared().file_in(
        "Dockerfile",
        &format!("FROM {image}\nRUN echo \"is $(cat /origin)\"; sleep 0.3\n"),
    );
    for builder in ["buildkit", "classic"] {
        let words = format!("build --no-cache --pull --builder {builder} --progress plain . 2>&1");
        job.baws(&words)
            .succeeded()
            .printed("is from ecr")
            .printed(&format!("Pulled `{image}`"));
    }
    job.cleaned_up();
}

/// docker-registry itself, which asks for no login.
fn plain(site: &Site) -> String {
    format!("127.0.0.1:5001/{}/app", site.name)
}

#[test]
fn a_registry_that_is_not_ecr_is_pushed_to_with_the_jobs_own_login_or_none() {
    let site = Site::new();
    let repository = plain(&site);
    let site = site.set(
        "grants",
        &format!("[{{ projects = [\"it/*\"], refs = \"any\", push = [\"{repository}\"] }}]"),
    );
    let job: Job<'_> = site.job().plain();
    let out = job
        .baws(&format!("build --push -q -t {repository}:x --tags latest"))
        .succeeded()
        .out();
    assert!(out.starts_with(&format!("{repository}@sha256:")), "{out}");
    let again = job
        .baws(&format!(
            "promote -q {repository}:latest {repository}:promoted"
        ))
        .succeeded()
        .out();
    assert_eq!(again, out);
    job.baws(&format!("build --push -q -t {repository}:x --gate high"))
        .failed_with(2)
        .printed("is not in ECR");
    job.cleaned_up();
}

#[test]
fn the_classic_builder_pushes_the_same_way() {
    let site = Site::new();
    let job = site.job().plain();
    let build =
        "build --builder classic --push -q -t $REPO:x --tags latest --label a=b --iidfile i";
    let out = job.baws(build).succeeded().out();
    let held = repository_of(&site.repository("app"));
    let digest = held.digest("latest").expect("it was pushed");
    assert_eq!(out, format!("{}@{digest}\n", site.repository("app")));
    assert_eq!(held.config("x")["config"]["Labels"]["a"], "b");
    assert_eq!(
        std::fs::read_to_string(job.project().join("i")).expect("it was written"),
        digest
    );
    // The second time every step is cached.
    job.baws("build --builder classic --push -t $REPO:x --label a=b . 2>&1")
        .succeeded()
        .printed(&digest)
        .printed("2 cached");
    job.cleaned_up();
}
