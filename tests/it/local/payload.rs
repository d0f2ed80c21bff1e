//! Jobs as GitLab's coordinator sends them, run by `local --payload`.

use serde_json::json;

use super::Coordinator;

#[test]
fn a_job_of_the_coordinator_succeeds() {
    let coordinator = Coordinator::new(json!({"files": {"code": "of the repository\n"}}));
    let job = coordinator
        .run(json!({"script": ["cat code", "git log -1 --format=%s"], "image": "bench/bash:1"}));
    assert_eq!(job.end(), json!(["success", null, null]));
    let trace = job.trace();
    assert!(trace.contains("\nof the repository\n"), "{trace}");
    // A job log is read by GitLab: titles in its markers, and in colour.
    assert!(
        trace.contains("section_start:") && trace.contains("\u{1b}[32;1m$ cat code\u{1b}[0;m"),
        "{trace}"
    );
    job.only_volumes_left(&coordinator);
}

#[test]
fn the_status_of_the_script_reaches_the_coordinator() {
    let coordinator = Coordinator::new(json!({}));
    let job = coordinator.run(json!({"script": "exit 3"}));
    assert_eq!(job.end(), json!(["failed", "script_failure", 3]));
    job.only_volumes_left(&coordinator);
}

#[test]
fn an_image_that_is_not_there_is_the_systems_failure() {
    let coordinator = Coordinator::new(json!({}));
    let job = coordinator.run(json!({"script": "true", "image": "127.0.0.1:1/none:1"}));
    assert_eq!(job.end(), json!(["failed", "runner_system_failure", null]));
    job.only_volumes_left(&coordinator);
}

#[test]
fn artifacts_go_from_one_job_to_the_next() {
    let coordinator = Coordinator::new(json!({}));
    let first = coordinator.run(json!({
        "script": ["mkdir out", "echo made >out/file", "echo not >out/not"],
        "artifacts": {"paths": ["out/"], "exclude": ["out/not"]},
    }));
    assert_eq!(first.end(), json!(["success", null, null]));
    let second =
        coordinator.run(json!({"script": ["ls out", "cat out/file"], "dependencies": [first.id]}));
    assert_eq!(
        second.end(),
        json!(["success", null, null]),
        "{}",
        second.trace()
    );
    assert!(
        second.trace().contains("\nfile\n") && second.trace().contains("\nmade\n"),
        "{}",
        second.trace()
    );
    second.only_volumes_left(&coordinator);
}

const LONG: [&str; 2] = ["echo begun", "sleep 60"];

#[test]
fn a_soft_cancel_lets_after_script_run() {
    let coordinator = Coordinator::new(json!({}));
    let job =
        coordinator.post(json!({"script": LONG, "after_script": ["echo it was $CI_JOB_STATUS"]}));
    let run = coordinator.start();
    job.until_traced("\nbegun\n");
    coordinator.cancel(&job, json!({"soft": true}));
    run.end().succeeded().within_secs(40);
    assert_eq!(job.end()[0], json!("canceled"));
    assert!(
        job.trace().contains("\nit was canceled\n"),
        "{}",
        job.trace()
    );
    job.only_volumes_left(&coordinator);
}

#[test]
fn a_hard_cancel_goes_straight_to_cleanup() {
    let coordinator = Coordinator::new(json!({}));
    let job =
        coordinator.post(json!({"script": LONG, "after_script": ["echo it was $CI_JOB_STATUS"]}));
    let run = coordinator.start();
    job.until_traced("\nbegun\n");
    coordinator.cancel(&job, json!({}));
    run.end().succeeded().within_secs(40);
    assert_eq!(job.end()[0], json!("canceled"));
    assert!(!job.trace().contains("it was"), "{}", job.trace());
    job.only_volumes_left(&coordinator);
}

#[test]
fn the_job_token_is_in_no_file_that_the_job_or_the_next_one_sees() {
    let coordinator = Coordinator::new(json!({"lfs": {"large": "large\n"}}));
    let look = "if grep -rlF \"$CI_JOB_TOKEN\" /builds; then exit 9; else echo clean; fi";
    let job = coordinator.run(json!({
        "script": [look],
        "after_script": [look],
        "image": "bench/bash:1",
        "artifacts": {"paths": ["README.md"]},
        "cache": {"key": "k", "paths": ["hello.txt"]},
    }));
    assert_eq!(job.end(), json!(["success", null, null]), "{}", job.trace());
    let volumes = job.only_volumes_left(&coordinator);
    assert!(
        volumes.iter().any(|name| name.starts_with("baws-builds-")),
        "{volumes:?}"
    );
    let engine = &coordinator.project.stand.bench.engine;
    for volume in volumes {
        let mount = format!("{volume}:/v:ro");
        let words = [
            "run",
            "--rm",
            "-v",
            &mount,
            "bench/busybox:1",
            "grep",
            "-rF",
            &job.token,
            "/v",
        ];
        let found = engine.try_docker(&words, "");
        assert_eq!(
            (found.status.code(), found.stdout),
            (Some(1), Vec::new()),
            "{volume}"
        );
    }
    assert!(!job.trace().contains(&job.token));
}

#[test]
fn submodules_are_fetched() {
    let library = Coordinator::new(json!({"files": {"code": "of the library\n"}}));
    let coordinator =
        Coordinator::new(json!({"submodule": {"path": "lib", "project": library.path}}));
    let job = coordinator.run(
        json!({"script": "cat lib/code", "variables": {"GIT_SUBMODULE_STRATEGY": "recursive"}}),
    );
    assert_eq!(job.end(), json!(["success", null, null]), "{}", job.trace());
    assert!(
        job.trace().contains("\nof the library\n"),
        "{}",
        job.trace()
    );
    job.only_volumes_left(&coordinator);
}

#[test]
fn large_files_are_fetched() {
    let coordinator =
        Coordinator::new(json!({"lfs": {"data/large.bin": "the large file itself\n"}}));
    let job = coordinator.run(json!({"script": "cat data/large.bin"}));
    assert_eq!(job.end(), json!(["success", null, null]), "{}", job.trace());
    assert!(
        job.trace().contains("\nthe large file itself\n"),
        "{}",
        job.trace()
    );
    job.only_volumes_left(&coordinator);
}
