//! `cleanup` at any time and any number of times, and `prepare` again.

use crate::support::Stand;
use crate::support::engine::Kind;

#[test]
fn cleanup_can_be_repeated() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    for _ in 0..3 {
        job.cleaned_up();
    }
}

#[test]
fn cleanup_can_come_before_anything_exists() {
    let stand = Stand::new();
    stand.job().cleaned_up();
}

#[test]
fn cleanup_needs_no_job_response() {
    let stand = Stand::new();
    let job = stand
        .job()
        .service(serde_json::json!({"name": "bench/busybox:1", "command": ["sleep", "4715"]}));
    let job = job
        .prepared()
        .env("JOB_RESPONSE_FILE", "/nonexistent/response.json");
    job.cleaned_up();
}

#[test]
fn prepare_can_be_repeated_after_a_failure_without_cleanup() {
    let stand = Stand::new();
    let job = stand.job().service(
        serde_json::json!({"name": "bench/busybox:1", "alias": "it", "command": ["sleep", "4715"]}),
    );
    let job = job.prepared();
    job.run(
        "build_script",
        "echo first > /root/left; echo first > /builds/left",
    )
    .succeeded();
    let job = job.prepared();
    assert_eq!(job.holds(Kind::Containers).len(), 3);
    assert_eq!(job.holds(Kind::Networks).len(), 1);
    job.run("build_script", "cat /root/left 2> /dev/null || echo new")
        .succeeded()
        .printed("new\n");
    job.cleaned_up();
}

#[test]
fn the_cache_survives_cleanup() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.cleaned_up();
    let left = stand.holds(Kind::Volumes);
    assert!(
        left.len() == 1 && left[0].starts_with("baws-cache-"),
        "{left:?}"
    );
}

#[test]
fn cleanup_removes_the_job_only_and_not_its_neighbour() {
    let stand = Stand::new();
    let (job, neighbour) = (
        stand.job().prepared(),
        stand
            .job()
            .runner("CI_CONCURRENT_PROJECT_ID", "1")
            .prepared(),
    );
    job.cleaned_up();
    neighbour
        .run("build_script", "echo alive")
        .succeeded()
        .printed("alive\n");
    neighbour.cleaned_up();
}

#[test]
fn a_stage_of_a_job_that_was_cleaned_up_says_so() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.cleaned_up();
    let ended = job.run("build_script", "true").system_failure();
    insta::assert_snapshot!(job.masked(&ended.err()), @r#"
    error: this job has not been prepared on this host
      caused by: there is no `STATE/jobs/KEY`

    hint: the operator checks that every stage has the same settings, above all the same `[executor] state_dir`
    "#);
}

#[test]
fn a_container_that_somebody_removed_is_named() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    stand
        .bench
        .engine
        .docker(&["rm", "-f", &job.container("build")]);
    let ended = job.run("build_script", "true").system_failure();
    insta::assert_snapshot!(job.masked(&ended.err()), @r#"
    error: the build container `baws-KEY-build` of this job is gone

    hint: somebody, or something like `docker system prune`, removed it while the job ran
    "#);
    job.cleaned_up();
}

#[test]
fn cleanup_removes_volumes_that_images_declare() {
    let stand = Stand::new();
    let before = stand.bench.engine.labelled(Kind::Volumes, &[]).len();
    let image = stand.made("declares", "FROM bench/busybox:1\nVOLUME /data\n");
    let job = stand.job().image(&image).prepared();
    job.run("build_script", "echo x > /data/x").succeeded();
    let inspected = stand.bench.engine.inspect(&job.container("build"));
    let mounts = inspected["Mounts"].as_array().cloned().unwrap_or_default();
    let volume = mounts
        .iter()
        .find(|mount| mount["Destination"] == "/data")
        .and_then(|mount| mount["Name"].as_str());
    let volume = volume
        .unwrap_or_else(|| panic!("no volume at /data, {before} before: {mounts:?}"))
        .to_owned();
    job.cleaned_up();
    assert!(
        stand
            .bench
            .engine
            .get(&format!("/volumes/{volume}"))
            .is_none(),
        "the volume {volume} is left"
    );
}
