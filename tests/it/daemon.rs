//! The Docker engine dies, restarts or hangs while a job is there. These tests run alone.

use insta::assert_snapshot;
use rustix::process::Signal;

use crate::support::{Job, Stand, Started, eventually};

/// Runs until the test lets it end, through a file on the job's volume.
const UNTIL_LET_GO: &str =
    "echo kept > /root/kept; echo started; until [ -e /builds/go ]; do usleep 20000; done; exit 4";

/// The engine's daemon as it should be again, whatever becomes of the test.
struct Daemon<'a>(&'a Stand);

impl Daemon<'_> {
    #[track_caller]
    fn act(&self, verb: &str) {
        self.0.bench.command(&["dockerd", verb]);
    }
}

impl Drop for Daemon<'_> {
    fn drop(&mut self) {
        self.act("resume");
        self.act("start");
    }
}

/// Ends [`UNTIL_LET_GO`] without the engine.
#[track_caller]
fn let_go(pid: i32) {
    std::fs::write(format!("/proc/{pid}/root/builds/go"), "").expect("the container runs");
}

/// Connections at the engine's socket, also those it has not accepted.
fn callers(stand: &Stand) -> usize {
    let socket = stand.bench.docker_host.trim_start_matches("unix://");
    let sockets = std::fs::read_to_string("/proc/net/unix").expect("every Linux has it");
    sockets
        .lines()
        .filter(|line| line.ends_with(socket))
        .count()
}

#[track_caller]
fn begun(job: &Job<'_>) -> (Started, i32) {
    let started = job.start_run("build_script", UNTIL_LET_GO);
    started.until_printed("started");
    let pid = job.pid_of("build");
    (started, pid)
}

#[test]
fn a_script_does_not_notice_that_the_engine_was_killed() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let job = stand.job().prepared();
    let (started, pid) = begun(&job);
    daemon.act("kill");
    let_go(pid);
    started.end().failed_with(4);
    // Stages need no engine, so long as the agent answers.
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n");
    daemon.act("start");
    job.cleaned_up();
}

#[test]
fn after_a_killed_engine_came_back_the_next_stage_finds_its_files() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let job = stand.job().prepared();
    let (started, pid) = begun(&job);
    daemon.act("kill");
    let_go(pid);
    started.end().failed_with(4);
    // On its return the engine ends the containers it finds.
    daemon.act("start");
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n")
        .within_secs(30);
    job.run("upload_artifacts_on_failure", "echo helper")
        .succeeded()
        .printed("helper\n");
    job.cleaned_up();
}

#[test]
fn an_engine_that_restarts_ends_the_script_with_a_named_failure() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let job = stand.job().prepared();
    let (started, _) = begun(&job);
    daemon.act("restart");
    let ended = started.end().system_failure();
    let known = [
        "error: the build container ended while the stage ran, with exit status ",
        "error: cannot reach the Docker engine at ",
    ];
    assert!(
        known.iter().any(|known| ended.err().starts_with(known)),
        "{ended}"
    );
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n")
        .within_secs(30);
    job.cleaned_up();
}

#[test]
fn without_an_engine_every_verb_names_it_and_a_sweep_does_what_cleanup_could_not() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let job = stand.job().prepared();
    let other = stand.job().runner("CI_CONCURRENT_PROJECT_ID", "1");
    daemon.act("kill");
    // It does not give up at once, as an engine that is restarted comes back.
    let cleanup = job.start("cleanup");
    assert_snapshot!(other.masked(&other.prepare().system_failure().err()), @r#"
    error: cannot reach the Docker engine at `ENGINE`
      caused by: Connection refused (os error 111)

    hint: the operator of this host checks that the engine runs (`systemctl status docker`) and that this user may use its socket
    "#);
    let sweep = other.sweep(&[]);
    assert_eq!(sweep.code, 1, "{sweep}");
    let cleanup = cleanup.end();
    assert_eq!(cleanup.code, 2, "{cleanup}");
    assert_snapshot!(job.masked(&cleanup.err()), @r#"
    error: cannot list the containers with label `baws-ci.job=KEY`
      caused by: the Docker engine at `ENGINE`: Connection refused (os error 111)

    hint: the operator of this host checks the Docker engine: it stopped, restarted or is overloaded
    "#);
    daemon.act("start");
    // Its runner is alive, but has given it up.
    other.sweep(&[]).succeeded();
    job.nothing_left();
    other.cleaned_up();
}

#[test]
fn a_cleanup_outlasts_a_restart_of_the_engine() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let job = stand.job().prepared();
    daemon.act("kill");
    let cleanup = job.start("cleanup");
    eventually("cleanup runs", || !job.processes().is_empty());
    daemon.act("start");
    cleanup.end().succeeded().silent();
    job.nothing_left();
}

#[test]
fn an_engine_that_hangs_is_given_up_and_named() {
    let stand = Stand::alone().set("docker.timeout_secs", "2");
    let daemon = Daemon(&stand);
    let job = stand.job();
    daemon.act("pause");
    let ended = job.prepare().system_failure().within_secs(15);
    assert_snapshot!(job.masked(&ended.err()), @r#"
    error: cannot reach the Docker engine at `ENGINE`
      caused by: no answer within N s

    hint: the operator of this host checks that the engine runs (`systemctl status docker`) and that this user may use its socket
    "#);
    daemon.act("resume");
    job.cleaned_up();
}

#[test]
fn a_cleanup_cancelled_at_an_engine_that_hangs_can_be_repeated() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let job = stand.job().prepared();
    daemon.act("pause");
    let before = callers(&stand);
    let started = job.start("cleanup");
    eventually("cleanup asks the engine", || callers(&stand) > before);
    started.signal(Signal::TERM);
    let ended = started.end().within_secs(5);
    assert_ne!(ended.code, 0, "{ended}");
    daemon.act("resume");
    job.cleaned_up();
}

#[test]
fn a_prepare_cancelled_at_an_engine_that_hangs_ends_at_once() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let job = stand.job();
    daemon.act("pause");
    let before = callers(&stand);
    let started = job.start("prepare");
    eventually("prepare asks the engine", || callers(&stand) > before);
    started.signal(Signal::TERM);
    let ended = started.end().within_secs(5);
    assert_ne!(ended.code, 0, "{ended}");
    daemon.act("resume");
    job.cleaned_up();
}

#[test]
fn an_engine_that_dies_in_the_middle_of_prepare_is_named() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let deaf = stand.made(
        "deaf",
        "FROM bench/busybox:1\nEXPOSE 4000\nCMD [\"sleep\", \"4713\"]\n",
    );
    let job = stand.job().service(serde_json::json!({"name": deaf}));
    let started = job.start("prepare");
    eventually("the service runs", || {
        job.holds(crate::support::engine::Kind::Containers).len() == 3
    });
    daemon.act("kill");
    started
        .end()
        .system_failure()
        .says("\nhint: ")
        .within_secs(20);
    daemon.act("start");
    job.cleaned_up();
}

#[test]
fn a_restart_with_live_restore_is_not_noticed_by_a_job() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let restart = || {
        let words = ["dockerd", "restart", "--live-restore"];
        stand.bench.command(&words);
    };
    // The daemon that goes has to know it, too.
    restart();
    let job = stand.job().prepared();
    let (started, pid) = begun(&job);
    restart();
    let_go(pid);
    started.end().failed_with(4);
    restart();
    for stage in ["after_script", "upload_artifacts_on_failure"] {
        job.run(stage, "echo goes on")
            .succeeded()
            .printed("goes on\n");
    }
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n");
    job.cleaned_up();
    daemon.act("restart");
}

#[test]
fn an_engine_that_stops_for_a_while_delays_and_breaks_nothing() {
    let stand = Stand::alone();
    let daemon = Daemon(&stand);
    let job = stand.job();
    let paused = |stage: &str| {
        daemon.act("pause");
        let started = job.start(stage);
        std::thread::sleep(std::time::Duration::from_secs(5));
        daemon.act("resume");
        started.end().succeeded()
    };
    paused("prepare");
    job.run("build_script", "true").succeeded();
    daemon.act("pause");
    for stage in ["get_sources", "build_script", "after_script"] {
        job.run(stage, "echo needs no engine").succeeded();
    }
    daemon.act("resume");
    paused("cleanup");
    job.nothing_left();
}
