//! The runner ends a stage: SIGTERM to the process group for a cancel and for a timeout alike, later SIGKILL.

use rustix::process::Signal;

use crate::support::engine::Kind;
use crate::support::{Stand, eventually};

/// Says that it runs, and runs until it is ended.
const ENDLESS: &str = "echo started; while :; do usleep 100000; done";
const STUBBORN: &str = "trap '' TERM INT HUP; echo started; while :; do usleep 100000; done";

#[test]
fn every_stage_that_runs_a_script_can_be_cancelled() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    for stage in [
        "prepare_script",
        "get_sources",
        "restore_cache",
        "build_script",
        "step_release",
        "after_script",
        "cleanup_file_variables",
    ] {
        let started = job.start_run(stage, ENDLESS);
        started.until_printed("started").signal(Signal::TERM);
        started.end().cancelled().within_secs(5);
    }
    job.cleaned_up();
}

#[test]
fn a_cancelled_script_may_say_its_last_words() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run(
        "build_script",
        "trap 'echo last words; exit 0' TERM; echo started; while :; do usleep 50000; done",
    );
    started.until_printed("started").signal(Signal::TERM);
    started
        .end()
        .cancelled()
        .printed("started\n")
        .printed("last words\n")
        .says("warning: the runner ended `build_script` after ")
        .says("cancelled, or out of time (the timeout of this job is 60 min 0 s)")
        .says("Time of this job: ");
    job.cleaned_up();
}

#[test]
fn a_script_that_ignores_term_is_killed_after_the_grace() {
    let stand = Stand::new().set("executor.stop_grace_secs", "1");
    let job = stand.job().prepared();
    for stage in ["get_sources", "build_script"] {
        let started = job.start_run(stage, &format!("({STUBBORN}) & {STUBBORN}"));
        started
            .until_printed("started\nstarted")
            .signal(Signal::TERM);
        let ended = started.end().cancelled().within_secs(6);
        assert!(
            ended.took.as_millis() >= 1000,
            "the grace was not given: {ended}"
        );
    }
    job.run("after_script", "echo alive")
        .succeeded()
        .printed("alive\n");
    job.cleaned_up();
}

#[test]
fn after_script_finds_the_files_of_a_cancelled_script() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run(
        "build_script",
        &format!("echo kept > /root/kept; {ENDLESS}"),
    );
    started.until_printed("started").signal(Signal::TERM);
    started.end().cancelled();
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n");
    job.cleaned_up();
}

#[test]
fn a_stage_killed_at_the_end_of_the_runners_patience_lets_the_next_find_its_files() {
    let stand = Stand::new().set("executor.stop_grace_secs", "1");
    let job = stand.job().prepared();
    let started = job.start_run(
        "build_script",
        &format!("echo kept > /root/kept; {STUBBORN}"),
    );
    started
        .until_printed("started")
        .signal(Signal::TERM)
        .signal(Signal::KILL);
    assert_eq!(started.end().code, 137);
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n")
        .within_secs(20);
    job.cleaned_up();
}

#[test]
fn after_a_timeout_in_any_stage_cleanup_may_follow_at_once() {
    let stand = Stand::new();
    for stage in [
        "prepare_script",
        "get_sources",
        "build_script",
        "after_script",
        "upload_artifacts_on_success",
    ] {
        let job = stand.job().prepared();
        let started = job.start_run(stage, STUBBORN);
        started
            .until_printed("started")
            .signal(Signal::TERM)
            .signal(Signal::KILL);
        started.end();
        job.cleaned_up();
    }
}

#[test]
fn cleanup_may_come_while_a_cancelled_stage_still_ends() {
    let stand = Stand::new().set("executor.stop_grace_secs", "20");
    let job = stand.job().prepared();
    let started = job.start_run("build_script", STUBBORN);
    started.until_printed("started").signal(Signal::TERM);
    job.cleanup().succeeded();
    assert_ne!(started.end().within_secs(15).code, 0);
    job.nothing_left();
}

#[test]
fn a_preparation_that_is_cancelled_is_no_fault_of_the_job() {
    let stand = Stand::new();
    let image = stand.made(
        "deaf",
        "FROM bench/busybox:1\nEXPOSE 4000\nCMD [\"sleep\", \"4713\"]\n",
    );
    let job = stand.job().service(serde_json::json!({"name": image}));
    let started = job.start("prepare");
    eventually("the service runs", || {
        job.holds(Kind::Containers).len() == 3
    });
    started.signal(Signal::TERM);
    started
        .end()
        .system_failure()
        .says("error: the runner ended the preparation of this job\n  caused by: the runner ended the start of its containers after ")
        .within_secs(10);
    job.cleaned_up();
}

#[test]
fn a_cancel_does_not_wait_for_a_slow_entrypoint() {
    let stand = Stand::new();
    let image = stand.behind(
        "slow",
        r#"["/bin/sh", "-c", "sleep 60; exec \"$0\" \"$@\""]"#,
    );
    let job = stand.job().image(&image).prepared();
    let started = job.start_run("build_script", "true");
    eventually("the stage listens", || {
        stand
            .state_dir()
            .join(format!("jobs/{}/build/stage", job.dirs()[0]))
            .exists()
    });
    started.signal(Signal::TERM);
    started.end().cancelled().within_secs(5);
    job.cleaned_up();
}

#[test]
fn signals_for_the_whole_service_do_not_end_a_stage() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run(
        "build_script",
        "echo started; until [ -e /tmp/go ]; do usleep 20000; done; exit 3",
    );
    started
        .until_printed("started")
        .signal(Signal::QUIT)
        .signal(Signal::HUP)
        .signal(Signal::INT);
    stand
        .bench
        .engine
        .docker(&["exec", &job.container("build"), "touch", "/tmp/go"]);
    started.end().failed_with(3);
    job.cleaned_up();
}

#[test]
fn a_second_term_changes_nothing() {
    let stand = Stand::new().set("executor.stop_grace_secs", "3");
    let job = stand.job().prepared();
    let started = job.start_run("build_script", "trap 'echo told; usleep 300000; echo bye; exit 0' TERM; echo started; while :; do usleep 50000; done");
    started.until_printed("started").signal(Signal::TERM);
    started.until_printed("told").signal(Signal::TERM);
    started.end().cancelled().printed("bye\n");
    job.cleaned_up();
}

#[test]
fn a_prepare_that_is_cancelled_at_any_moment_ends_with_a_code_that_the_runner_knows() {
    let stand = Stand::new();
    for ms in [0, 5, 20, 60] {
        let job = stand.job();
        let started = job.start("prepare");
        eventually("it has begun", || !job.dirs().is_empty());
        std::thread::sleep(std::time::Duration::from_millis(ms));
        started.signal(Signal::TERM);
        let ended = started.end().within_secs(10);
        assert!([0, 2].contains(&ended.code), "{ms} ms: {ended}");
        job.cleaned_up();
    }
}
