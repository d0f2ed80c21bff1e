//! The metadata guard: the host keeps its instance role, and nothing in a container reaches it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::support::Stand;

/// What the bench's metadata server tells whoever asks.
const SECRET: &str = "bench-metadata-secret";
/// Says what became of asking. Without -T: with it Debian's static busybox falls over its own feet.
const ASK: &str = "timeout 5 wget -q -O - http://169.254.169.254/latest/meta-data/ 2>&1 || true";

/// Whether a program was turned away by the guard at once, and not for any other reason.
#[track_caller]
fn turned_away(out: &str) {
    let by_guard = out.contains("No route to host") || out.contains("curl: (7) Failed to connect");
    assert!(
        by_guard && !out.contains(SECRET),
        "not turned away by the guard: {out}"
    );
}

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
    turned_away(
        &job.run("build_script", ASK)
            .succeeded()
            .within_secs(4)
            .out(),
    );
    let ask = "(exec 3<> /dev/tcp/169.254.169.254/80) 2>&1 || true";
    turned_away(&job.run("get_sources", ask).succeeded().within_secs(4).out());
    job.cleaned_up();
}

/// Takes the guard away. Only for a test that runs alone.
fn unguard() {
    let delete = ["delete", "table", "inet", "baws_ci"];
    let done = std::process::Command::new("/usr/sbin/nft")
        .args(delete)
        .output();
    done.expect("the bench needs nft: tests/bench/bench install");
}

#[test]
fn without_the_guard_a_container_reads_the_secret_and_prepare_sets_it_anew() {
    let stand = Stand::alone();
    let asked = || {
        let words = ["run", "--rm", "bench/busybox:1", "sh", "-c", ASK];
        stand.bench.engine.docker(&words)
    };
    unguard();
    assert_eq!(
        asked(),
        SECRET,
        "without the guard this test would prove nothing"
    );
    let job = stand.job().prepared();
    turned_away(&asked());
    job.cleaned_up();
}

#[test]
fn the_guard_can_be_set_when_the_host_starts() {
    let stand = Stand::alone();
    unguard();
    let job = stand.job();
    job.program(&["executor", "guard"]).succeeded();
    let words = ["run", "--rm", "bench/busybox:1", "sh", "-c", ASK];
    turned_away(&stand.bench.engine.docker(&words));
}

#[test]
fn the_guard_holds_on_networks_with_ipv6_too() {
    let stand = Stand::alone();
    let engine = &stand.bench.engine;
    let (name, label) = (
        format!("it-{}", stand.token),
        format!("com.gitlab.gitlab-runner.runner.id={}", stand.token),
    );
    engine.docker(&[
        "network",
        "create",
        "--ipv6",
        "--subnet",
        "fd00:77::/64",
        "--label",
        &label,
        &name,
    ]);
    let asked = |address: &str| {
        let ask = format!("curl -m 5 -sS http://[{address}]/ 2>&1 || true");
        engine.docker(&[
            "run",
            "--rm",
            "--network",
            &name,
            "bench/bash:1",
            "bash",
            "-c",
            &ask,
        ])
    };
    unguard();
    for address in ["fd00:ec2::254", "fd00:ec2::23"] {
        assert_eq!(
            asked(address),
            SECRET,
            "without the guard this test would prove nothing"
        );
    }
    let job = stand.job().prepared();
    for address in ["fd00:ec2::254", "fd00:ec2::23"] {
        turned_away(&asked(address));
    }
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
                &format!("timeout 5 wget -q -O - http://{address}/ 2>&1 || true"),
            )
            .succeeded()
            .within_secs(4);
        turned_away(&ended.out());
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
    turned_away(&answer);
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
        _ => turned_away(&out),
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
    turned_away(&out);
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
    let tries = "ip link add x type dummy 2>&1 || true\nunshare --net true 2>&1 || true\ncurl -m 5 -sS http://169.254.169.254/ 2>&1 || true";
    let out = job.run("build_script", tries).succeeded().out();
    turned_away(&out);
    job.cleaned_up();
}
