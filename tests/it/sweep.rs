//! `executor sweep`: what dead jobs left goes, what a live one has stays.

use crate::support::engine::Kind;
use crate::support::{Job, Stand, eventually, sweeping};

/// A service, so that there is a network to sweep too.
fn with_service(job: Job<'_>) -> Job<'_> {
    job.service(serde_json::json!({"name": "bench/busybox:1", "command": ["sleep", "4716"]}))
}

#[test]
fn a_job_whose_runner_is_gone_is_removed() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = with_service(stand.job());
    job.prepare_for_a_runner_that_ends().succeeded();
    assert_eq!(job.holds(Kind::Networks).len(), 1);
    job.sweep(&[])
        .succeeded()
        .says("Removing dead job ")
        .says(": 3 containers, 1 networks, 1 volumes\n");
    job.nothing_left();
}

#[test]
fn a_live_job_stays() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = with_service(stand.job()).prepared();
    let ended = job.sweep(&[]).succeeded();
    assert!(!ended.err().contains(&format!("-{}", job.id)), "{ended}");
    job.run("build_script", "echo alive")
        .succeeded()
        .printed("alive\n");
    job.cleaned_up();
}

#[test]
fn a_job_that_runs_a_script_stays_though_others_are_swept() {
    let stand = Stand::new();
    let _turn = sweeping();
    let (alive, dead) = (
        stand.job().prepared(),
        stand.job().runner("CI_CONCURRENT_PROJECT_ID", "1"),
    );
    dead.prepare_for_a_runner_that_ends().succeeded();
    let started = alive.start_run(
        "build_script",
        "echo started; until [ -e /tmp/go ]; do usleep 20000; done",
    );
    started.until_printed("started");
    dead.sweep(&[]).succeeded();
    dead.nothing_left();
    stand
        .bench
        .engine
        .docker(&["exec", &alive.container("build"), "touch", "/tmp/go"]);
    started.end().succeeded();
    alive.cleaned_up();
}

#[test]
fn a_dry_run_tells_and_removes_nothing() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = with_service(stand.job());
    job.prepare_for_a_runner_that_ends().succeeded();
    job.sweep(&["--dry-run"])
        .succeeded()
        .says("Would remove dead job ")
        .says(": 3 containers, 1 networks, 1 volumes\n");
    assert_eq!(
        (job.holds(Kind::Containers).len(), job.dirs().len()),
        (3, 1)
    );
    job.cleaned_up();
}

#[test]
fn kept_volumes_stay() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = stand.job().with("/allow_git_fetch", true.into());
    job.prepare_for_a_runner_that_ends().succeeded();
    let kept = stand.holds(Kind::Volumes);
    assert_eq!(kept.len(), 2);
    job.sweep(&[]).succeeded();
    job.nothing_left();
    assert_eq!(stand.holds(Kind::Volumes), kept);
}

#[test]
fn a_network_alone_is_swept_too() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = with_service(stand.job());
    job.prepare_for_a_runner_that_ends().succeeded();
    for container in job.holds(Kind::Containers) {
        stand.bench.engine.docker(&["rm", "-fv", &container]);
    }
    job.sweep(&[])
        .succeeded()
        .says(": 0 containers, 1 networks, 1 volumes\n");
    job.nothing_left();
}

#[test]
fn a_job_past_its_deadline_is_dead_though_its_runner_lives() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = stand.job().prepared();
    let key = job.dirs()[0].clone();
    // A neighbour in name only: a container with the labels of a job of long ago.
    let engine = &stand.bench.engine;
    let old = format!("baws-old-{}", job.id);
    let labels = [
        format!("baws-ci.job={key}-old"),
        "baws-ci.deadline=1000".to_owned(),
        format!("com.gitlab.gitlab-runner.runner.id={}", stand.token),
    ];
    engine.docker(&[
        "create",
        "--name",
        &old,
        "--label",
        &labels[0],
        "--label",
        &labels[1],
        "--label",
        &labels[2],
        "bench/busybox:1",
    ]);
    job.sweep(&[]).succeeded().says(&format!(
        "Removing dead job {key}-old: 1 containers, 0 networks, 0 volumes\n"
    ));
    eventually("the old container is gone", || {
        engine.get(&format!("/containers/{old}/json")).is_none()
    });
    job.run("build_script", "echo alive")
        .succeeded()
        .printed("alive\n");
    job.cleaned_up();
}
