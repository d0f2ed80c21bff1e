//! Containers that end while the job still needs them: in the middle of a stage, between stages, or before the first.

use rustix::process::Signal;

use crate::agent::{finds_its_files, signal};
use crate::support::{Stand, eventually};

const ENDLESS: &str = "echo kept > /root/kept; echo started; while :; do usleep 100000; done";

#[test]
fn a_container_that_ends_in_the_middle_of_a_stage_is_a_named_failure() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run("build_script", ENDLESS);
    started.until_printed("started");
    stand
        .bench
        .engine
        .docker(&["kill", &job.container("build")]);
    insta::assert_snapshot!(job.masked(&started.end().system_failure().err()), @r#"
    error: the build container ended while the stage ran, with exit status 137

    hint: it was killed from outside the job, or the Docker engine was restarted; the operator looks into the engine's log
    "#);
    finds_its_files(&job);
    job.cleaned_up();
}

#[test]
fn a_container_whose_first_process_is_killed_from_outside_is_a_named_failure() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run("build_script", ENDLESS);
    started.until_printed("started");
    signal(job.pid_of("build"), Signal::KILL);
    started
        .end()
        .system_failure()
        .says("error: the build container ended while the stage ran, with exit status 137\n");
    finds_its_files(&job);
    job.cleaned_up();
}

#[test]
fn a_container_that_ended_between_two_stages_is_started_again_with_its_files() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run("build_script", "echo kept > /root/kept")
        .succeeded();
    stand
        .bench
        .engine
        .docker(&["kill", &job.container("build")]);
    finds_its_files(&job).says("warning: the build container had ended with exit status 137; it is started again, with its files\n");
    job.cleaned_up();
}

#[test]
fn a_container_killed_before_its_first_stage_is_started_again() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    eventually("the build container runs", || {
        stand.bench.engine.inspect(&job.container("build"))["State"]["Running"] == true
    });
    stand
        .bench
        .engine
        .docker(&["kill", &job.container("build")]);
    job.run("build_script", "echo on")
        .succeeded()
        .printed("on\n")
        .says("warning: the build container had ended with exit status 137; it is started again, with its files\n");
    job.cleaned_up();
}

#[test]
fn a_container_whose_own_entrypoint_ends_it_is_a_named_failure() {
    let stand = Stand::new();
    let image = stand.behind(
        "short",
        r#"["/bin/sh", "-c", "\"$0\" \"$@\" & sleep 3; exit 5"]"#,
    );
    let job = stand.job().image(&image).prepared();
    job.run("build_script", ENDLESS)
        .system_failure()
        .says("error: the build container ended while the stage ran, with exit status 5\n");
    job.cleaned_up();
}

#[test]
fn a_helper_that_ends_in_the_middle_of_its_stage_is_a_named_failure() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run("get_sources", "echo started; sleep 4727");
    started.until_printed("started");
    stand
        .bench
        .engine
        .docker(&["kill", &job.container("helper")]);
    started
        .end()
        .system_failure()
        .says("error: the helper container ended while the stage ran, with exit status 137\n");
    job.run("get_sources", "echo again")
        .succeeded()
        .printed("again\n");
    job.run("build_script", "echo script")
        .succeeded()
        .printed("script\n");
    job.cleaned_up();
}

#[test]
fn a_helper_that_ends_beside_a_script_lets_it_end_and_its_next_stage_says_so() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run(
        "build_script",
        "echo kept > /root/kept; echo started; until [ -e /tmp/go ]; do usleep 20000; done; exit 4",
    );
    started.until_printed("started");
    stand
        .bench
        .engine
        .docker(&["kill", &job.container("helper")]);
    stand
        .bench
        .engine
        .docker(&["exec", &job.container("build"), "touch", "/tmp/go"]);
    started.end().failed_with(4);
    finds_its_files(&job);
    job.run("cleanup_file_variables", "echo helper")
        .succeeded()
        .printed("helper\n")
        .says("warning: the helper container had ended with exit status 137; it is started again, with its files\n");
    job.cleaned_up();
}

#[test]
fn after_a_helper_that_ended_the_build_container_has_a_network_again() {
    let stand = Stand::new();
    let job = stand.job().image("bench/bash:1").prepared();
    job.run("build_script", "echo kept > /root/kept")
        .succeeded();
    stand
        .bench
        .engine
        .docker(&["kill", &job.container("helper")]);
    job.run("upload_artifacts_on_success", "echo helper").succeeded().says("warning: the helper container had ended with exit status 137; it is started again, with its files\n");
    let ended = finds_its_files(&job);
    assert!(ended.err().contains("it is started again"), "{ended}");
    job.run("build_script", "test -e /sys/class/net/eth0")
        .succeeded();
    job.cleaned_up();
}
