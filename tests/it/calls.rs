//! How little a job asks of the engine: its calls are counted by a proxy in front of the engine's socket.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::support::{Job, Stand, eventually};

/// The bench's proxy, for one test alone.
struct Proxy {
    child: Child,
    socket: PathBuf,
    journal: PathBuf,
}

impl Proxy {
    fn before(stand: &Stand) -> Self {
        let (socket, journal) = (stand.dir().join("logged.sock"), stand.dir().join("journal"));
        let engine = stand.bench.docker_host.trim_start_matches("unix://");
        let mut command = Command::new("/usr/bin/python3");
        command.arg("-B").arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/bench/dockerlog.py"
        ));
        command
            .arg(&socket)
            .arg(engine)
            .arg(&journal)
            .stdin(Stdio::null());
        let child = command
            .spawn()
            .expect("the bench needs python3: tests/bench/bench install");
        eventually("the proxy listens", || socket.exists());
        Proxy {
            child,
            socket,
            journal,
        }
    }

    /// `METHOD /path` of every call, without the version and the query.
    fn calls(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.journal).unwrap_or_default();
        let call = |line: &str| {
            let line: Value = serde_json::from_str(line).ok()?;
            let path = line["path"].as_str()?.split('?').next()?;
            let path = path
                .strip_prefix("/v1.")
                .and_then(|rest| rest.find('/').map(|at| &rest[at..]))
                .unwrap_or(path);
            Some(format!("{} {path}", line["method"].as_str()?))
        };
        text.lines().filter_map(call).collect()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A job of four stages that do next to nothing; its calls.
#[track_caller]
fn calls_of_a_trivial_job(stand: &Stand, special: impl FnOnce(Job<'_>) -> Job<'_>) -> Vec<String> {
    let proxy = Proxy::before(stand);
    let job =
        special(stand.job()).env("DOCKER_HOST", &format!("unix://{}", proxy.socket.display()));
    job.config().succeeded();
    let job = job.prepared();
    for stage in [
        "prepare_script",
        "get_sources",
        "build_script",
        "cleanup_file_variables",
    ] {
        job.run(stage, "echo hello").succeeded();
    }
    job.cleaned_up();
    proxy.calls()
}

fn starts(calls: &[String]) -> usize {
    calls
        .iter()
        .filter(|call| call.starts_with("POST /containers/") && call.ends_with("/start"))
        .count()
}

#[test]
fn a_trivial_job_takes_at_most_14_calls_and_2_container_starts() {
    let stand = Stand::new();
    let calls = calls_of_a_trivial_job(&stand, |job| job);
    assert!(
        calls.len() <= 14 && starts(&calls) == 2,
        "{} calls:\n{}",
        calls.len(),
        calls.join("\n")
    );
}

#[test]
fn no_call_more_is_made_where_the_engine_has_many_networks() {
    let stand = Stand::new();
    let label = format!("com.gitlab.gitlab-runner.runner.id={}", stand.token);
    for number in 0..20 {
        let (name, subnet) = (
            format!("it-{}-{number}", stand.token),
            format!("10.213.{number}.0/28"),
        );
        stand.bench.engine.docker(&[
            "network", "create", "--label", &label, "--subnet", &subnet, &name,
        ]);
    }
    let calls = calls_of_a_trivial_job(&stand, |job| job);
    assert!(
        calls.len() <= 14 && starts(&calls) == 2,
        "{} calls:\n{}",
        calls.len(),
        calls.join("\n")
    );
}

#[test]
fn stages_that_run_a_script_ask_the_engine_nothing() {
    let stand = Stand::new();
    let proxy = Proxy::before(&stand);
    let job = stand
        .job()
        .env("DOCKER_HOST", &format!("unix://{}", proxy.socket.display()))
        .prepared();
    job.run("build_script", "true").succeeded();
    eventually("the build container has been started", || {
        job.processes().is_empty()
    });
    let before = proxy.calls().len();
    for stage in [
        "get_sources",
        "build_script",
        "step_release",
        "after_script",
        "upload_artifacts_on_success",
    ] {
        job.run(stage, "true").succeeded();
    }
    assert_eq!(proxy.calls().split_off(before), Vec::<String>::new());
    job.cleaned_up();
}
