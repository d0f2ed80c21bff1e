//! The metadata guard: the host keeps its instance role, and nothing in a container reaches it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Job, Stand, Started};

/// What the bench's metadata server tells whoever asks.
const SECRET: &str = "bench-metadata-secret";
/// Says what became of asking; 5 s are enough for a server in the same machine.
const ASK: &str =
    "timeout 5 wget -q -O - http://169.254.169.254/latest/meta-data/ 2>&1 || echo refused";

fn asked_by_the_host() -> String {
    let address = "169.254.169.254:80".parse().expect("an address");
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))
        .expect("the host reaches its metadata");
    stream
        .write_all(b"GET / HTTP/1.0\r\n\r\n")
        .expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

#[test]
fn the_host_itself_keeps_its_metadata() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    assert!(asked_by_the_host().contains(SECRET));
    job.cleaned_up();
}

#[test]
fn neither_script_nor_helper_reaches_it() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    assert_eq!(
        job.run("build_script", ASK)
            .succeeded()
            .within_secs(4)
            .out()
            .lines()
            .last(),
        Some("refused")
    );
    let ended = job
        .run(
            "get_sources",
            "curl -m 5 -sS http://169.254.169.254/ 2>&1 || echo refused",
        )
        .succeeded()
        .within_secs(4);
    assert_eq!(ended.out().lines().last(), Some("refused"), "{ended}");
    job.cleaned_up();
}

#[test]
fn without_the_guard_a_container_reads_the_secret_and_prepare_sets_it_anew() {
    let stand = Stand::alone();
    let container = || {
        stand
            .bench
            .engine
            .docker(&["run", "--rm", "bench/busybox:1", "sh", "-c", ASK])
    };
    let deleted = std::process::Command::new("/usr/sbin/nft")
        .args(["delete", "table", "inet", "baws_ci"])
        .output();
    deleted.expect("the bench needs nft: tests/bench/bench install");
    assert_eq!(
        container(),
        SECRET,
        "without the guard this test would prove nothing"
    );
    let job = stand.job().prepared();
    assert_eq!(container().lines().last(), Some("refused"));
    job.cleaned_up();
}

#[test]
fn no_other_address_that_gives_credentials_is_reached() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    for address in ["169.254.170.2", "169.254.170.23"] {
        let ended = job
            .run(
                "build_script",
                &format!("timeout 5 wget -q -O - http://{address}/ 2>&1 || echo refused"),
            )
            .succeeded()
            .within_secs(4);
        assert_eq!(
            ended.out().lines().last(),
            Some("refused"),
            "{address}: {ended}"
        );
    }
    job.cleaned_up();
}

#[test]
fn no_service_reaches_it() {
    let stand = Stand::new();
    let command = [
        "sh",
        "-c",
        &format!("({ASK}) > /tmp/answer; exec httpd -f -p 8080 -h /tmp"),
    ];
    let service = json!({"name": "bench/busybox:1", "alias": "service", "command": command, "variables": [{"key": "HEALTHCHECK_TCP_PORT", "value": "8080"}]});
    let job = stand
        .job()
        .image("bench/bash:1")
        .service(service)
        .prepared();
    let answer = job
        .run("build_script", "curl -fsS http://service:8080/answer")
        .succeeded()
        .out();
    assert_eq!(answer.lines().last(), Some("refused"), "{answer}");
    job.cleaned_up();
}

/// On an engine where privileged containers start they are asked; on one where they cannot, that is what is asserted:
/// there is then no such way to the metadata.
#[test]
fn a_privileged_container_started_by_hand_does_not_reach_it() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let done = stand.bench.engine.try_docker(
        &[
            "run",
            "--rm",
            "--privileged",
            "bench/busybox:1",
            "sh",
            "-c",
            ASK,
        ],
        "",
    );
    let (out, err) = (
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr),
    );
    match stand.bench.engine.version() {
        ..=20 => assert!(
            !done.status.success() && out.is_empty(),
            "engine 20 starts privileged containers: {out}{err}"
        ),
        _ => assert_eq!(
            (done.status.code(), out.lines().last()),
            (Some(0), Some("refused")),
            "{out}{err}"
        ),
    }
    job.cleaned_up();
}

#[test]
fn a_plain_container_started_by_hand_does_not_reach_it() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let out = stand
        .bench
        .engine
        .docker(&["run", "--rm", "bench/busybox:1", "sh", "-c", ASK]);
    assert_eq!(out.lines().last(), Some("refused"), "{out}");
    job.cleaned_up();
}

/// Bits of capabilities(7).
const NET_ADMIN: u64 = 1 << 12;
const NET_RAW: u64 = 1 << 13;

#[test]
fn no_container_of_a_job_may_send_raw_frames() {
    let stand = Stand::new();
    let job = stand
        .job()
        .service(json!({"name": "bench/busybox:1", "command": ["sleep", "4723"]}))
        .prepared();
    let may = |status: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("CapBnd:"))
            .unwrap_or_default()
            .trim()
            .to_owned();
        u64::from_str_radix(&line, 16).unwrap_or(u64::MAX) & (NET_ADMIN | NET_RAW)
    };
    job.run(
        "build_script",
        "arping -c 1 -w 1 -I lo 127.0.0.1 2>&1 || echo refused",
    )
    .succeeded()
    .printed("Operation not permitted")
    .printed("refused\n");
    for role in ["helper", "build", "service-1"] {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", job.pid_of(role))).expect("it runs");
        assert_eq!(may(&status), 0, "{role}:\n{status}");
    }
    job.cleaned_up();
}

#[test]
fn a_job_cannot_take_the_guard_away() {
    let stand = Stand::new();
    let job = stand.job().image("bench/bash:1").prepared();
    let tries = "ip link add x type dummy 2>&1 || true\nunshare --net true 2>&1 || true\ncurl -m 5 -sS http://169.254.169.254/ 2>&1 || echo refused";
    let out = job.run("build_script", tries).succeeded().out();
    assert_eq!(out.lines().last(), Some("refused"), "{out}");
    job.cleaned_up();
}

#[test]
fn a_job_without_the_guard_is_told_so_where_the_operator_accepts_it() {
    let stand = Stand::new().set("executor.metadata_guard", "\"off\"");
    let job = stand.job();
    job.prepare().succeeded().says("warning: the metadata guard is off: this job can reach the instance's metadata and credentials\n");
    job.cleaned_up();
}

/// `prepare` where the program `nft` cannot be started.
fn prepare_without_nft(job: &Job<'_>) -> crate::support::Ended {
    let inner = job.command(&["executor", "prepare"]);
    let mut outer = std::process::Command::new("/usr/bin/unshare");
    outer.args([
        "--mount",
        "--propagation",
        "private",
        "/bin/sh",
        "-c",
        "mount --bind /dev/null /usr/sbin/nft && exec \"$0\" \"$@\"",
    ]);
    outer
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(&job.tmp)
        .env_clear();
    outer.envs(
        inner
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Started::begin(outer, "prepare", None).end()
}

#[test]
fn where_no_guard_can_be_set_no_job_runs() {
    let stand = Stand::new();
    let job = stand.job();
    let ended = prepare_without_nft(&job).system_failure();
    assert_snapshot!(job.masked(&ended.err()), @r#"
    Docker engine at `ENGINE`, API N
    error: cannot keep jobs from the instance's metadata and credentials
      caused by: Permission denied (os error 13)

    hint: the operator of this host installs nftables and runs gitlab-runner as root
    hint: or accepts it by name: `metadata_guard = "preferred"` in `[executor]` of the settings
    "#);
    job.cleaned_up();
}

#[test]
fn where_no_guard_can_be_set_and_the_operator_accepts_that_the_job_is_told() {
    let stand = Stand::new().set("executor.metadata_guard", "\"preferred\"");
    let job = stand.job();
    prepare_without_nft(&job)
        .succeeded()
        .says("warning: no metadata guard (")
        .says("): on an EC2 instance this job can reach its credentials\n");
    job.cleaned_up();
}
