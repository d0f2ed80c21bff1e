//! `kill -9` of each stage in the middle of its work; then cleanup, or sweep where the runner is gone too.

use rustix::process::Signal;
use serde_json::json;

use crate::support::engine::Kind;
use crate::support::{Job, Stand, eventually, sweeping};

const ENDLESS: &str = "echo started; while :; do usleep 100000; done";

#[test]
fn a_killed_config_leaves_nothing() {
    let stand = Stand::new();
    let job = stand.job();
    let started = job.start("config");
    started.signal(Signal::KILL);
    started.end();
    job.cleaned_up();
}

/// Kills `prepare` as soon as the job has so many containers.
#[track_caller]
fn kill_prepare_at(job: &Job<'_>, containers: usize) {
    let started = job.start("prepare");
    eventually("prepare has begun", || {
        job.dirs().len() == 1 && job.holds(Kind::Containers).len() >= containers
    });
    started.signal(Signal::KILL);
    started.end();
}

#[test]
fn a_killed_prepare_leaves_nothing_after_cleanup() {
    let stand = Stand::new();
    for containers in 0..=3 {
        let job = stand
            .job()
            .service(serde_json::json!({"name": "bench/busybox:1", "command": ["sleep", "4717"]}));
        kill_prepare_at(&job, containers);
        job.cleaned_up();
    }
}

#[test]
fn a_killed_prepare_can_be_repeated() {
    let stand = Stand::new();
    for containers in 0..=2 {
        let job = stand.job();
        kill_prepare_at(&job, containers);
        let job = job.prepared();
        job.run("build_script", "echo fine")
            .succeeded()
            .printed("fine\n");
        job.cleaned_up();
    }
}

#[test]
fn a_killed_run_leaves_nothing_after_cleanup() {
    let stand = Stand::new();
    for stage in [
        "prepare_script",
        "get_sources",
        "build_script",
        "after_script",
        "upload_artifacts_on_failure",
        "cleanup_file_variables",
    ] {
        let job = stand.job().prepared();
        let started = job.start_run(stage, ENDLESS);
        started.until_printed("started").signal(Signal::KILL);
        assert_eq!(started.end().code, 137);
        job.cleaned_up();
    }
}

#[test]
fn the_script_of_a_killed_run_ends_by_itself() {
    let stand = Stand::new().set("executor.stop_grace_secs", "1");
    let job = stand.job().prepared();
    let started = job.start_run(
        "build_script",
        &format!("trap '' TERM; sleep 4718 & {ENDLESS}"),
    );
    started.until_printed("started").signal(Signal::KILL);
    started.end();
    let processes = || {
        stand
            .bench
            .engine
            .docker(&["top", &job.container("build"), "-eo", "pid,args"])
    };
    eventually("only the agent is left", || !processes().contains("4718"));
    job.run("after_script", "echo next")
        .succeeded()
        .printed("next\n");
    job.cleaned_up();
}

#[test]
fn a_killed_cleanup_can_be_repeated() {
    let stand = Stand::new();
    let job = stand
        .job()
        .service(serde_json::json!({"name": "bench/busybox:1", "command": ["sleep", "4717"]}))
        .prepared();
    for _ in 0..3 {
        let started = job.start("cleanup");
        eventually("it runs", || !job.processes().is_empty());
        started.signal(Signal::KILL);
        started.end();
    }
    job.cleaned_up();
}

#[test]
fn a_stage_killed_together_with_its_runner_is_swept() {
    let stand = Stand::new();
    let _turn = sweeping();
    for stage in ["get_sources", "build_script", "after_script"] {
        let job = stand.job();
        job.prepare_for_a_runner_that_ends().succeeded();
        let started = job.start_run(stage, ENDLESS);
        started.until_printed("started").signal(Signal::KILL);
        started.end();
        job.sweep(&[]).succeeded();
        job.nothing_left();
    }
}

#[test]
fn two_networks_of_one_name_are_no_trouble() {
    let stand = Stand::new();
    let service = json!({"name": "bench/busybox:1", "command": ["sleep", "4713"]});
    let job = stand.job().service(service).prepared();
    let name = stand.holds(Kind::Networks).remove(0);
    let engine = &stand.bench.engine;
    let made = engine
        .get(&format!("/networks/{name}"))
        .expect("it is there");
    // As an engine makes it late, for a client that was killed. From 25 on there is only ever one.
    let late = json!({"Name": name, "CheckDuplicate": false, "Labels": made["Labels"]});
    let socket = stand.bench.docker_host.trim_start_matches("unix://");
    let done = std::process::Command::new("curl")
        .args([
            "-fsS",
            "--unix-socket",
            socket,
            "-H",
            "Content-Type: application/json",
        ])
        .args(["-d", &late.to_string(), "http://docker/networks/create"])
        .output()
        .expect("curl is there");
    assert_eq!(done.status.success(), engine.version() < 25, "{done:?}");
    job.run("build_script", "echo goes on").succeeded();
    job.cleaned_up();
}
