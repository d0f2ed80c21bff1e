//! `executor explain` and `settings import`: what an operator reads before a job runs.

use serde_json::{Value, json};

use crate::support::Stand;

#[test]
fn a_recorded_job_is_explained_without_an_engine() {
    let stand = Stand::new()
        .set("executor.docker.memory", "\"64m\"")
        .set("executor.docker.volumes", "[\"/own\"]")
        .set("docker.host", "\"unix:///nowhere.sock\"");
    let job = stand
        .job()
        .image("team/app:1")
        .secret("TOKEN", "s3cret-of-the-job")
        .service(json!({"name": "postgres:16"}));
    let shown = job.recorded().display().to_string();
    let ended = job
        .program(&["executor", "explain", &shown, "--json"])
        .succeeded();
    let plan: Value = serde_json::from_str(ended.out().trim()).unwrap();
    assert_eq!(plan["build"]["image"], "team/app:1");
    assert_eq!(plan["build"]["options"]["memory_bytes"], 64 << 20);
    assert_eq!(plan["services"][0]["image"], "postgres:16");
    assert!(!ended.out().contains("s3cret-of-the-job"), "{ended}");
    job.program(&["executor", "explain", &shown])
        .succeeded()
        .printed("image: team/app:1\n")
        .printed("memory_bytes: 67108864\n")
        .printed("target: /own\n");
    let stand = Stand::beside(&stand).set("executor.docker.allowed_images", "[\"other/*\"]");
    let refused = stand
        .job()
        .program(&["executor", "explain", &shown])
        .says("the image `team/app:1` of the job is not allowed on this runner");
    assert_eq!(refused.code, 15);
}

#[test]
fn a_runners_docker_section_is_imported_with_what_is_left_out() {
    let stand = Stand::new();
    let file = stand.dir().join("config.toml");
    let text = "[[runners]]\nname = \"one\"\nexecutor = \"docker\"\n[runners.docker]\nimage = \"debian:12\"\nprivileged = true\n\
                memory = \"2g\"\nvolumes = [\"/cache\", \"/var/run/docker.sock:/var/run/docker.sock\"]\n";
    std::fs::write(&file, text).unwrap();
    let shown = file.display().to_string();
    let job = stand.job();
    job.program(&["settings", "import", &shown])
        .succeeded()
        .printed("image = \"debian:12\"\n")
        .printed("memory = \"2g\"\n")
        .says("left out: `privileged = true`: building an image needs no privilege")
        .says("left out: `volumes = \"/var/run/docker.sock:/var/run/docker.sock\"`: no job gets the engine's socket");
    let refused = job
        .program(&["settings", "import", &shown, "--runner", "two"])
        .says("its runners: `one`");
    assert_eq!(refused.code, 2);
}
