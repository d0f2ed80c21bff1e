//! `volumes`: kept ones, named ones, and paths of the host that the operator lends.

use serde_json::json;

use crate::support::Stand;
use crate::support::engine::Kind;

#[test]
fn a_kept_volume_is_there_for_the_next_job_of_the_slot_and_not_for_the_other_side() {
    let stand = Stand::new().set(
        "executor.docker.volumes",
        "[\"/own/$CI_PROJECT_NAME\", \"/cache\"]",
    );
    let job = || stand.job().variable("CI_PROJECT_NAME", "shop");
    let first = job()
        .image("bench/bash:1")
        .with("/image/executor_opts", json!({"docker": {"user": "app"}}))
        .prepared();
    first
        .run("get_sources", "test -w /own/shop && echo helper sees it")
        .succeeded()
        .printed("helper sees it\n");
    first
        .run("build_script", "echo kept > /own/shop/file")
        .succeeded();
    first.cleaned_up();
    let second = job().prepared();
    second
        .run("build_script", "cat /own/shop/file")
        .succeeded()
        .printed("kept\n");
    second.cleaned_up();
    let protected = job().with("/git_info/protected", json!(true)).prepared();
    protected
        .run("build_script", "ls -A /own/shop")
        .succeeded()
        .silent();
    protected.cleaned_up();
}

#[test]
fn a_path_of_the_host_is_lent_where_it_is_listed_and_as_it_says() {
    let stand = Stand::new();
    let dir = stand.dir().join("lent");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("file"), "of the host\n").unwrap();
    let shown = dir.display().to_string();
    let stand = stand
        .set(
            "executor.docker.volumes",
            &format!("[\"{shown}:/lent:ro\"]"),
        )
        .set(
            "executor.docker.allowed_host_paths",
            &format!("[\"{shown}\"]"),
        );
    let job = stand
        .job()
        .service(json!({"name": "bench/busybox:1", "command": ["sleep", "600"]}))
        .prepared();
    job.run(
        "build_script",
        "cat /lent/file; echo x > /lent/file || echo read-only",
    )
    .succeeded()
    .printed("of the host\n")
    .printed("read-only\n");
    let engine = &stand.bench.engine;
    let binds = engine.inspect(&job.container("service-1"))["HostConfig"]["Binds"].clone();
    assert_eq!(binds, json!([format!("{shown}:/lent:ro")]));
    job.cleaned_up();
}

#[test]
fn a_path_that_is_not_lent_and_the_engines_socket_reach_no_job() {
    let stand = Stand::new();
    let dir = stand.dir().join("secret");
    std::fs::create_dir(&dir).unwrap();
    let link = stand.dir().join("link");
    std::os::unix::fs::symlink(&dir, &link).unwrap();
    let socket = stand
        .bench
        .docker_host
        .trim_start_matches("unix://")
        .to_owned();
    let socket_dir = socket.rsplit_once('/').unwrap().0.to_owned();
    for (source, allowed, why) in [
        (
            dir.display().to_string(),
            "/nowhere".to_owned(),
            "is not in `allowed_host_paths`",
        ),
        (
            link.display().to_string(),
            link.display().to_string(),
            "is not in `allowed_host_paths`",
        ),
        (
            socket.clone(),
            "/**".to_owned(),
            "holds the engine's socket, which no job gets",
        ),
        (
            socket_dir,
            "/**".to_owned(),
            "holds the engine's socket, which no job gets",
        ),
        (
            "/".to_owned(),
            "/".to_owned(),
            "holds the engine's socket, which no job gets",
        ),
    ] {
        let stand = Stand::beside(&stand)
            .set("executor.docker.volumes", &format!("[\"{source}:/lent\"]"))
            .set(
                "executor.docker.allowed_host_paths",
                &format!("[\"{allowed}\"]"),
            );
        let job = stand.job();
        job.prepare().system_failure().says(why);
        job.cleaned_up();
    }
}

#[test]
fn a_jobs_variable_cannot_lead_out_of_what_is_lent() {
    let stand = Stand::new();
    let dir = stand.dir().join("lent");
    std::fs::create_dir_all(dir.join("shop")).unwrap();
    let shown = dir.display().to_string();
    let stand = stand
        .set(
            "executor.docker.volumes",
            &format!("[\"{shown}/$WHERE:/lent\"]"),
        )
        .set(
            "executor.docker.allowed_host_paths",
            &format!("[\"{shown}/*\"]"),
        );
    let job = stand.job().variable("WHERE", "shop").prepared();
    job.run("build_script", "ls -d /lent").succeeded();
    job.cleaned_up();
    for way in ["../..", "", "shop:/etc:rw,z:/x", "/../../../etc"] {
        let job = stand.job().variable("WHERE", way);
        job.prepare()
            .system_failure()
            .says("of `executor.docker.volumes` cannot be");
        job.cleaned_up();
    }
}

#[test]
fn without_caches_nothing_outlives_a_job() {
    let stand = Stand::new()
        .set("executor.docker.disable_cache", "true")
        .set("executor.docker.volumes", "[\"/own\"]");
    let job = stand.job().variable("GIT_STRATEGY", "fetch").prepared();
    job.run("build_script", "echo x > $PWD/file; test ! -e /own")
        .succeeded();
    job.cleaned_up();
    assert!(stand.holds(Kind::Volumes).is_empty());
}
