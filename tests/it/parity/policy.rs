//! What a job may ask for: who says no, by which rule, and whose turn it is.

use serde_json::{Value, json};

use super::host_config;
use crate::support::Stand;

/// As `executor explain` tells it: machines that run these tests may let no privileged container start.
#[test]
fn privilege_is_for_listed_images_only() {
    let stand = Stand::new()
        .set("executor.docker.privileged", "true")
        .set("executor.docker.services_privileged", "true")
        .set(
            "executor.docker.allowed_privileged_images",
            "[\"bench/bash:*\"]",
        )
        .set(
            "executor.docker.allowed_privileged_services",
            "[\"docker:*\"]",
        );
    let privileged = |stand: &Stand, image: &str, service: &str| {
        let job = stand.job().image(image).service(json!({"name": service}));
        let file = job.recorded().display().to_string();
        let told = job
            .program(&["executor", "explain", &file, "--json"])
            .succeeded();
        let plan: Value = serde_json::from_str(told.out().trim()).unwrap();
        let of = |container: &Value| container["options"]["privileged"] == true;
        let mounts = plan["services"][0]["mounts"].to_string();
        (
            of(&plan["build"]),
            of(&plan["services"][0]),
            of(&plan["helper"]),
            mounts.contains("/builds"),
        )
    };
    assert_eq!(
        privileged(&stand, "bench/bash:1", "docker:27-dind"),
        (true, true, false, true)
    );
    assert_eq!(
        privileged(&stand, "other:1", "postgres:16"),
        (false, false, false, false)
    );
    let unlisted = Stand::beside(&stand).set("executor.docker.privileged", "true");
    assert!(!privileged(&unlisted, "bench/bash:1", "docker:27-dind").0);
    let job = unlisted.job().prepared();
    assert_eq!(host_config(&job, "build")["Privileged"], false);
    job.cleaned_up();
}

#[test]
fn a_user_that_is_not_allowed_is_refused_by_name() {
    let stand = Stand::new().set("executor.docker.allowed_users", "[\"app\"]");
    let as_user = |user: &str| {
        stand
            .job()
            .image("bench/bash:1")
            .with("/image/executor_opts", json!({"docker": {"user": user}}))
    };
    let job = as_user("app").prepared();
    job.run("build_script", "whoami")
        .succeeded()
        .printed("app\n");
    job.cleaned_up();
    let job = as_user("root");
    job.prepare()
        .refused()
        .says("the user `root` of the job is not allowed on this runner")
        .says("allowed: `app`")
        .says("`allowed_users`");
    job.cleaned_up();
}

#[test]
fn a_job_lowers_a_limit_and_never_raises_it() {
    let stand = Stand::new().set("executor.docker.memory", "\"128m\"");
    let job = stand
        .job()
        .variable("BAWS_CI_MEMORY", "64m")
        .variable("BAWS_CI_CPUS", "0.5")
        .prepared();
    let host = host_config(&job, "build");
    assert_eq!(
        (host["Memory"].as_i64(), host["NanoCpus"].as_i64()),
        (Some(64 << 20), Some(500_000_000))
    );
    job.cleaned_up();
    let job = stand.job().variable("BAWS_CI_MEMORY", "1g");
    job.prepare()
        .refused()
        .says("the job asks for `BAWS_CI_MEMORY: \"1g\"`, more than this runner gives")
        .says("`memory` in `[executor.docker]` is `128m`");
    job.cleaned_up();
}

#[test]
fn the_operators_services_come_first_and_their_number_is_bounded() {
    let services = "[{ name = \"bench/busybox:1\", alias = \"db\", command = [\"sleep\", \"600\"], environment = [\"OF=$CI_PROJECT_NAME\"] }]";
    let stand = Stand::new()
        .set("executor.docker.services", services)
        .set("executor.docker.allowed_services", "[\"other/*\"]")
        .set("executor.docker.services_limit", "1");
    let job = stand
        .job()
        .image("bench/bash:1")
        .variable("CI_PROJECT_NAME", "shop")
        .prepared();
    // Nothing listens there, but the name is known: 7 and not 6.
    job.run("build_script", "curl -s -m 5 http://db:1 || echo $?")
        .succeeded()
        .printed("7\n");
    let engine = &stand.bench.engine;
    let env = engine.inspect(&job.container("service-1"))["Config"]["Env"].to_string();
    assert!(env.contains("OF=shop"), "{env}");
    job.cleaned_up();
    let job = stand.job().service(json!({"name": "other/x"}));
    job.prepare()
        .refused()
        .says("the job has 2 services, and this runner allows 1")
        .says("`services_limit`");
    job.cleaned_up();
}

#[test]
fn an_entrypoint_that_may_not_be_changed_is_kept_with_a_warning() {
    let stand = Stand::new().set("executor.docker.disable_entrypoint_overwrite", "true");
    let image = stand.made(
        "own-entry",
        "FROM bench/busybox:1\nENTRYPOINT [\"sh\", \"-c\", \"export OWN=1; exec \\\"$@\\\"\", \"sh\"]\n",
    );
    let job = stand
        .job()
        .image(&image)
        .with("/image/entrypoint", json!(["sh", "-c", "exit 9"]));
    job.prepare()
        .succeeded()
        .says("warning: the entrypoint that the job names is not used: this runner keeps that of the image");
    job.run("build_script", "echo runs")
        .succeeded()
        .printed("runs\n");
    job.cleaned_up();
}
