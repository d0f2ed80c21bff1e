//! The programs in a job's containers: ours, as `prepare` found it, and the runner's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::support::job::PROGRAM;
use crate::support::{Ended, Job, Stand, Started, sweeping};

/// A copy of the program under test, as it would be installed.
fn installed(stand: &Stand) -> PathBuf {
    let path = stand.dir().join("baws-ci");
    shell(&format!("cp {PROGRAM} {}", path.display()));
    path
}

/// Writes programs from another process: one written from here could not be started while any other test's child still
/// holds its descriptor ("text file busy").
fn shell(command: &str) {
    let done = Command::new("/bin/sh").args(["-c", command]).status();
    assert!(
        done.is_ok_and(|status| status.success()),
        "failed: {command}"
    );
}

/// Another build in the same place: the same program, a byte longer.
fn upgrade(path: &Path) {
    let path = path.display();
    shell(&format!(
        "cp {path} {path}.new && printf x >> {path}.new && mv {path}.new {path}"
    ));
}

#[test]
fn an_upgrade_in_the_middle_of_a_job_does_not_change_its_program() {
    let stand = Stand::new();
    let program = installed(&stand);
    let job = stand.job();
    Started::begin(
        job.command_of(&program, &["executor", "prepare"]),
        "prepare",
        None,
    )
    .end()
    .succeeded();
    upgrade(&program);
    let script = job.write_script("echo started; while :; do usleep 100000; done\n");
    let run = job.command_of(
        &program,
        &["executor", "run", &script.to_string_lossy(), "build_script"],
    );
    let started = Started::begin(run, "build_script", Some(job.status_file()));
    started.until_printed("started");
    let runs = std::fs::read_link(format!("/proc/{}/exe", started.pid())).expect("it runs");
    started.signal(Signal::TERM);
    started.end().cancelled();
    assert!(
        runs.starts_with(stand.state_dir().join("bin")),
        "it runs as {}",
        runs.display()
    );
    job.cleaned_up();
}

#[test]
fn a_sweep_forgets_programs_that_no_job_uses() {
    let stand = Stand::new();
    let _turn = sweeping();
    let program = installed(&stand);
    let job = stand.job();
    Started::begin(
        job.command_of(&program, &["executor", "prepare"]),
        "prepare",
        None,
    )
    .end()
    .succeeded();
    // Beside the stand's link to the program that sweeps, which keeps itself.
    let kept = || {
        std::fs::read_dir(stand.state_dir().join("bin"))
            .expect("prepare made it")
            .count()
            - 1
    };
    job.sweep(&[]).succeeded();
    assert_eq!(kept(), 1, "a live job keeps its program");
    job.cleaned_up();
    job.sweep(&[]).succeeded();
    assert_eq!(kept(), 0);
}

/// A stand-in for the runner's program: a shell under its name, which `prepare` finds as its parent.
fn runner(stand: &Stand) -> PathBuf {
    let path = stand.dir().join("gitlab-runner");
    shell(&format!("cp /bin/bash {}", path.display()));
    path
}

/// `prepare`, called by that runner, after `first`. The runner ends: for a sweep the job is dead.
fn prepare_by(runner: &Path, job: &Job<'_>, first: &str) -> Ended {
    let inner = job.command(&["executor", "prepare"]);
    let mut outer = Command::new(runner);
    outer
        .args(["-c", &format!("{first}; \"$0\" \"$@\"; exit $?")])
        .arg(inner.get_program())
        .args(inner.get_args());
    outer.current_dir(&job.tmp).env_clear().envs(
        inner
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Started::begin(outer, "prepare", None).end()
}

const CALLED: &str = "gitlab-runner -c 'echo called as gitlab-runner'; gitlab-runner-helper -c 'echo called as helper'";

#[test]
fn the_helper_has_the_runners_own_program() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = stand.job().with("/artifacts", json!([{"paths": ["x"]}]));
    prepare_by(&runner(&stand), &job, "true").succeeded();
    job.run("upload_artifacts_on_success", CALLED)
        .succeeded()
        .printed("called as gitlab-runner\ncalled as helper\n");
    job.run("build_script", "command -v gitlab-runner || echo none")
        .succeeded()
        .printed("none\n");
    job.cleaned_up();
}

#[test]
fn a_runner_upgraded_under_its_own_feet_is_taken_as_it_runs() {
    let stand = Stand::new();
    let _turn = sweeping();
    let job = stand
        .job()
        .with("/cache", json!([{"key": "x", "paths": ["x"]}]));
    prepare_by(
        &runner(&stand),
        &job,
        &format!("rm {}", stand.dir().join("gitlab-runner").display()),
    )
    .succeeded();
    job.run("archive_cache", CALLED)
        .succeeded()
        .printed("called as gitlab-runner\n");
    job.cleaned_up();
}

#[test]
fn a_job_with_artifacts_is_not_begun_where_the_runners_program_is_not_found() {
    let stand = Stand::new();
    let job = stand.job().with("/artifacts", json!([{"paths": ["x"]}]));
    let ended = job.prepare().system_failure();
    insta::assert_snapshot!(ended.err(), @r#"
    error: the runner's own program was not found, and this job's cache or artifacts need it

    hint: `baws-ci executor` has to be started by gitlab-runner itself, not by a script around it
    "#);
    job.cleaned_up();
}
