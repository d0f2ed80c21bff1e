//! The agent and the containers under attack, by the job or by accident.

use rustix::process::{Pid, Signal};

use crate::support::{Ended, Job, Stand, Started, eventually};

const ENDLESS: &str = "echo kept > /root/kept; echo started; while :; do usleep 100000; done";

/// An image in which the agent is not the first process, and whose first process outlives it.
fn not_first(stand: &Stand) -> String {
    stand.behind(
        "not-first",
        r#"["/bin/sh", "-c", "\"$0\" \"$@\"; sleep 4725"]"#,
    )
}

/// Finds the agent from inside, as a job would.
const AGENT: &str =
    "agent=$(grep -l '^/.baws/agent' /proc/[0-9]*/cmdline | head -n 1 | cut -d / -f 3)";

#[track_caller]
pub(crate) fn finds_its_files(job: &Job<'_>) -> Ended {
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n")
        .within_secs(30)
}

#[test]
fn a_job_cannot_end_the_first_process_of_its_container() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run(
        "build_script",
        "kill -9 1; kill -STOP 1; kill -TERM 1; echo on; exit 4",
    )
    .failed_with(4);
    job.run("build_script", "trap '' TERM; kill -9 -1; echo on")
        .failed_with(137);
    job.run("after_script", "echo on")
        .succeeded()
        .printed("on\n");
    job.cleaned_up();
}

#[test]
fn an_agent_that_the_job_kills_is_a_named_failure_and_after_script_finds_its_files() {
    let stand = Stand::new();
    let image = not_first(&stand);
    let job = stand.job().image(&image).prepared();
    let ended = job.run(
        "build_script",
        &format!("echo kept > /root/kept; {AGENT}; kill -9 $agent; sleep 4726"),
    );
    insta::assert_snapshot!(job.masked(&ended.system_failure().within_secs(10).err()), @r#"
    error: the agent in the build container was killed while the stage ran

    hint: a process of this job ended process 1 or the agent (`kill -9 -1`, `pkill`); the container was stopped with everything in it
    "#);
    finds_its_files(&job);
    job.cleaned_up();
}

#[test]
fn an_agent_killed_between_two_stages_is_started_again() {
    let stand = Stand::new();
    let image = not_first(&stand);
    let job = stand.job().image(&image).prepared();
    job.run("build_script", "echo kept > /root/kept")
        .succeeded();
    stand.bench.engine.docker(&[
        "exec",
        &job.container("build"),
        "sh",
        "-c",
        &format!("{AGENT}; kill -9 $agent"),
    ]);
    finds_its_files(&job).says("warning: nothing answers in the build container any more: its agent was killed or stopped; starting it again\n");
    job.cleaned_up();
}

#[test]
fn an_agent_that_the_job_stops_is_woken() {
    let stand = Stand::new();
    let image = not_first(&stand);
    let job = stand.job().image(&image).prepared();
    job.run(
        "build_script",
        &format!("{AGENT}; kill -STOP $agent; echo on; exit 4"),
    )
    .failed_with(4)
    .printed("on\n")
    .within_secs(10);
    job.cleaned_up();
}

#[test]
fn an_agent_that_is_stopped_does_not_outlive_a_cancel() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run("build_script", ENDLESS);
    started.until_printed("started");
    signal(job.pid_of("build"), Signal::STOP);
    started.signal(Signal::TERM);
    started.end().cancelled().within_secs(12);
    finds_its_files(&job);
    job.cleaned_up();
}

#[test]
fn an_entrypoint_that_swallows_the_doorbell_does_not_stop_the_job() {
    let stand = Stand::new();
    let image = stand.behind(
        "swallows",
        r#"["/bin/sh", "-c", "cat /.baws/bell > /dev/null & exec \"$0\" \"$@\""]"#,
    );
    let job = stand.job().image(&image).prepared();
    for stage in ["build_script", "after_script"] {
        job.run(stage, "echo on")
            .succeeded()
            .printed("on\n")
            .within_secs(20);
    }
    job.cleaned_up();
}

#[test]
fn a_script_that_fills_or_empties_the_doorbell_disturbs_no_later_stage() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run("build_script", "(yes | head -c 100000 > /.baws/bell) & (cat /.baws/bell > /dev/null) & usleep 300000; echo on").succeeded().printed("on\n");
    job.run("after_script", "echo on")
        .succeeded()
        .printed("on\n")
        .within_secs(10);
    job.cleaned_up();
}

#[test]
fn a_second_agent_started_by_the_script_does_not_take_the_next_stage() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run(
        "build_script",
        "setsid /.baws/agent > /dev/null 2>&1 &\nusleep 300000; echo on",
    )
    .succeeded()
    .printed("on\n");
    job.run("after_script", "echo $PPID")
        .succeeded()
        .printed("1\n");
    job.cleaned_up();
}

pub(crate) fn signal(pid: i32, signal: Signal) {
    let pid = Pid::from_raw(pid).expect("a process has a number");
    rustix::process::kill_process(pid, signal).expect("the tests run as root");
}

/// The number of the agent of a stage that runs.
#[track_caller]
pub(crate) fn pid_of_agent(job: &Job<'_>, started: &Started) -> i32 {
    started.until_printed("started");
    let pid = job.pid_of("build");
    eventually("the agent is the container's first process", || {
        std::fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|words| words.starts_with(b"/.baws/agent"))
    });
    pid
}
