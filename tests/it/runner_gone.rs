//! The runner itself dies: nobody calls `cleanup` any more, and its job must neither go on nor leave its secrets.

use rustix::process::{Pid, Signal};

use crate::support::engine::Kind;
use crate::support::{Stand, Started, eventually, sweeping};

const ENDLESS: &str = "echo started; while :; do usleep 100000; done\n";

/// Ends the process alone, not the group, as a runner dies.
fn kill(started: &Started) {
    let pid = i32::try_from(started.pid()).ok().and_then(Pid::from_raw);
    rustix::process::kill_process(pid.expect("a child has a number"), Signal::KILL)
        .expect("it is ours");
}

#[test]
fn a_stage_whose_runner_died_ends_by_itself() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = stand.job();
    job.prepare_for_a_runner_that_ends().succeeded();
    let started = job.start_run_by_a_runner("build_script", ENDLESS);
    started.until_printed("started");
    kill(&started);
    // Its pipes end with the stage, not with the runner.
    started.end().within_secs(20);
    let processes = stand
        .bench
        .engine
        .docker(&["top", &job.container("build"), "-eo", "pid,args"]);
    assert!(
        !processes.contains("usleep"),
        "the script still runs: {processes}"
    );
    job.sweep(&[]).succeeded();
    job.nothing_left();
}

#[test]
fn a_stage_whose_runner_died_before_the_script_began_ends_too() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = stand.job();
    job.prepare_for_a_runner_that_ends().succeeded();
    let container = job.container("build");
    eventually("the build container runs", || {
        stand.bench.engine.inspect(&container)["State"]["Running"] == true
    });
    // The agent cannot come for the script.
    stand.bench.engine.docker(&["pause", &container]);
    let started = job.start_run_by_a_runner("build_script", ENDLESS);
    let socket = stand
        .state_dir()
        .join("jobs")
        .join(&job.dirs()[0])
        .join("build/stage");
    eventually("the stage waits for the agent", || socket.exists());
    kill(&started);
    stand.bench.engine.docker(&["unpause", &container]);
    started.end().within_secs(20);
    let processes = stand
        .bench
        .engine
        .docker(&["top", &container, "-eo", "pid,args"]);
    assert!(
        !processes.contains("usleep"),
        "the script still runs: {processes}"
    );
    job.sweep(&[]).succeeded();
    job.nothing_left();
}

#[test]
fn the_next_job_of_the_slot_ends_what_a_dead_runner_left() {
    let stand = Stand::new();
    let _turn = sweeping();
    let dead = stand.job().with("/allow_git_fetch", true.into());
    dead.prepare_for_a_runner_that_ends().succeeded();
    dead.run("build_script", "true").succeeded();
    let job = stand.job().with("/allow_git_fetch", true.into());
    job.prepare()
        .succeeded()
        .says("Removing what a job left in this slot when its runner died");
    assert!(dead.holds(Kind::Containers).is_empty() && dead.dirs().is_empty());
    job.run("build_script", "echo on")
        .succeeded()
        .printed("on\n");
    job.cleaned_up();
    dead.cleaned_up();
}

#[test]
fn a_dead_job_of_another_slot_is_left_to_sweep() {
    let stand = Stand::new();
    let _turn = sweeping();
    let dead = stand.job().runner("CI_CONCURRENT_PROJECT_ID", "1");
    dead.prepare_for_a_runner_that_ends().succeeded();
    let job = stand.job().prepared();
    assert_eq!(dead.holds(Kind::Containers).len(), 2);
    job.cleaned_up();
    dead.cleaned_up();
}

/// A file variable, as the runner's scripts write it below the project's temporary directory.
const LEAVES_A_SECRET: &str = "cat \"$KUBECONFIG\"";
const LOOKS_FOR_IT: &str = "ls -a /builds/it/project.tmp 2>&1 || true";

#[test]
fn file_variables_do_not_stay_in_kept_sources_when_the_runner_did_not_remove_them() {
    let stand = Stand::new();
    let job = stand
        .job()
        .with("/allow_git_fetch", true.into())
        .file("KUBECONFIG", "s3cret");
    let job = job.prepared();
    job.run("get_sources", LEAVES_A_SECRET)
        .succeeded()
        .printed("s3cret");
    job.cleaned_up();
    let next = stand.job().with("/allow_git_fetch", true.into()).prepared();
    let seen = next.run("get_sources", LOOKS_FOR_IT).succeeded().out();
    assert!(!seen.contains("KUBECONFIG"), "{seen}");
    next.cleaned_up();
}

#[test]
fn a_sweep_removes_file_variables_of_a_dead_job_too() {
    let stand = Stand::new();
    let _turn = sweeping();
    let dead = stand
        .job()
        .with("/allow_git_fetch", true.into())
        .file("KUBECONFIG", "s3cret");
    dead.prepare_for_a_runner_that_ends().succeeded();
    dead.run("get_sources", LEAVES_A_SECRET).succeeded();
    dead.sweep(&[]).succeeded();
    dead.nothing_left();
    let next = stand.job().with("/allow_git_fetch", true.into()).prepared();
    let seen = next.run("get_sources", LOOKS_FOR_IT).succeeded().out();
    assert!(!seen.contains("KUBECONFIG"), "{seen}");
    next.cleaned_up();
}

#[test]
fn a_container_whose_job_was_never_begun_is_not_left_by_a_cleanup_that_comes_early() {
    let stand = Stand::new();
    let job = stand.job();
    for _ in 0..3 {
        let started = job.start("prepare");
        eventually("prepare has begun", || !job.dirs().is_empty());
        started.signal(Signal::KILL);
        let cleanup = job.start("cleanup");
        started.end();
        cleanup.end().succeeded().silent();
        job.nothing_left();
    }
}

#[test]
fn a_preparation_whose_runner_died_before_it_began_makes_nothing() {
    let stand = Stand::new();
    let job = stand.job();
    // Process 1 is its parent then, and would be the job's owner for ever.
    job.prepare_for_a_runner_that_is_gone()
        .says("error: the runner that gave this job is gone\n");
    job.nothing_left();
}

#[test]
fn a_host_that_was_rebooted_in_a_job_gives_the_slot_to_the_next_one() {
    let stand = Stand::new();
    let cut_off = stand.job().with("/allow_git_fetch", true.into());
    cut_off.prepare().succeeded();
    // As it stands after a reboot: the process numbers may be there again, and are those of another boot.
    let claim = stand
        .state_dir()
        .join("jobs")
        .join(&cut_off.dirs()[0])
        .join("claim.json");
    let text = std::fs::read_to_string(&claim).expect("it was written");
    let boot =
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("every Linux has it");
    let before = text.replace(boot.trim(), "00000000-0000-0000-0000-000000000000");
    assert_ne!(before, text);
    std::fs::write(&claim, before).expect("it is ours");
    let job = stand.job().with("/allow_git_fetch", true.into());
    job.prepare()
        .succeeded()
        .says("Removing what a job left in this slot when its runner died");
    assert!(cut_off.holds(Kind::Containers).is_empty() && cut_off.dirs().is_empty());
    job.cleaned_up();
    cut_off.cleaned_up();
}
