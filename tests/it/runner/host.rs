//! A clean Debian 12 becomes a runner by the package and one command, runs jobs, and is taken out of work.

use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::host::{GITLAB, Host, end};
use crate::support::hub::Told;
use crate::support::wait::eventually;

const REGISTER: &str = "baws-ci runner register --token-file /root/token --name host --run-untagged --install --helper-image baws-ci/helper:1 --gitlab";

fn register(host: &Host) -> Told {
    let mut words: Vec<&str> = REGISTER.split(' ').collect();
    words.push(GITLAB);
    host.run(&words)
}

fn baws(host: &Host, words: &[&str]) -> Told {
    host.run(&[&["baws-ci", "runner"], words].concat())
}

fn status(host: &Host) -> Value {
    let told = baws(host, &["status", "--json"]);
    serde_json::from_str(&told.out).unwrap_or_else(|_| panic!("{}", told.whole()))
}

#[test]
fn a_clean_debian_becomes_a_runner_and_drains_without_ending_a_job() {
    let host = Host::new();
    let down = baws(&host, &["status"]);
    let said = &down.is(4).err;
    assert!(said.contains("gitlab-runner does not run"), "{said}");
    register(&host).is(0);
    let settings = std::fs::read_to_string(host.path("/etc/baws-ci/config.toml"));
    let settings = settings.expect("it is there");
    assert!(settings.starts_with("# of this host\n"), "{settings}");
    assert!(
        settings.contains("helper_image = \"baws-ci/helper"),
        "{settings}"
    );
    let start = [
        "gitlab-runner",
        "run",
        "--config",
        "/etc/gitlab-runner/config.toml",
    ];
    let mut runner = host.begin(&start);
    let job = host.post("echo from $(head -1 /etc/hostname); exit 0");
    let ended = end(job);
    assert_eq!(ended["state"], json!("success"), "{ended}");
    let ready = status(&host);
    assert_eq!(
        (&ready["ready"], &ready["state"]),
        (&json!(true), &json!("running"))
    );
    assert_eq!(ready["runners"][0]["known"], json!(true));
    // A job that outlives an upgrade and waits for the runner's end to begin.
    let job = host.post("until [ -e /tmp/go ]; do sleep 0.1; done; echo all of it");
    eventually("the job runs", || {
        status(&host)["jobs"][0]["id"] == json!(job)
    });
    let running = &status(&host)["jobs"][0];
    assert_eq!(running["project"], json!(host.project));
    let container = format!(
        "baws-{}-build",
        running["key"].as_str().expect("it is a text")
    );
    host.run(&["dpkg", "-i", "/root/baws-ci.deb"]).is(0);
    let mut draining = host.begin(&["baws-ci", "runner", "drain"]);
    let mut said = String::new();
    let words = draining.stderr.take().expect("asked for");
    let mut words = BufReader::new(words);
    words.read_line(&mut said).expect("it says what it does");
    let waits = format!("after 1 job: {job} ({}, ", host.project);
    assert!(said.contains(&waits), "{said}");
    eventually("the script begins", || {
        let mut touch = Command::new("docker");
        touch.args(["exec", &container, "touch", "/tmp/go"]);
        touch.output().expect("docker is there").status.success()
    });
    words
        .read_to_string(&mut said)
        .expect("it says what it does");
    assert!(draining.wait().expect("it is ours").success(), "{said}");
    runner.wait().expect("it is ours");
    let ended = end(job);
    assert_eq!(ended["state"], json!("success"), "{ended}");
    baws(&host, &["drain"]).is(0);
}

#[test]
fn a_stuck_job_is_named_when_the_time_is_over_and_ended_only_when_that_is_asked_for() {
    let host = Host::new();
    register(&host).is(0);
    let start = [
        "gitlab-runner",
        "run",
        "--config",
        "/etc/gitlab-runner/config.toml",
    ];
    let mut runner = host.begin(&start);
    let job = host.post("echo begun; sleep 600");
    eventually("the job runs", || {
        status(&host)["jobs"][0]["id"] == json!(job)
    });
    let planned = baws(&host, &["drain", "--dry-run"]);
    assert!(
        planned.is(0).err.contains("is told to end, after 1 job"),
        "{}",
        planned.err
    );
    let late = baws(&host, &["drain", "--timeout", "1"]);
    let said = &late.is(9).err;
    assert!(
        said.contains("error: gitlab-runner still runs after 1"),
        "{said}"
    );
    assert!(
        said.contains(&format!("caused by: the job {job} ({}, ", host.project)),
        "{said}"
    );
    assert!(said.contains("--end-jobs"), "{said}");
    let ended = baws(&host, &["drain", "--timeout", "1", "--end-jobs", "--json"]);
    let value = ended.is(0).json();
    assert_eq!(value["ended_jobs"][0]["id"], json!(job), "{value}");
    runner.wait().expect("it is ours");
    assert_ne!(end(job)["state"], json!("success"));
    assert_eq!(status(&host)["jobs"], json!([]));
}

#[test]
fn systemd_drains_a_runner_only_by_the_units_of_install() {
    let mut host = Host::new();
    host.up();
    let refused = baws(&host, &["drain"]);
    let said = &refused.is(4).err;
    assert!(
        said.starts_with("error: stopping gitlab-runner.service would end the jobs that run\n"),
        "{said}"
    );
    assert!(said.contains("hint: baws-ci runner install"), "{said}");
    register(&host).is(0);
    let active = host.run(&[
        "systemctl",
        "is-active",
        "baws-ci-guard.service",
        "baws-ci-sweep.timer",
    ]);
    assert_eq!(active.is(0).out, "active\nactive\n");
    let again = register(&host);
    assert!(
        again.is(0).out.contains("is as it has to be"),
        "{}",
        again.whole()
    );
    host.run(&["touch", "/run/busy"]).is(0);
    let mut draining = host.begin(&["baws-ci", "runner", "drain"]);
    eventually("it drains", || status(&host)["state"] == json!("draining"));
    baws(&host, &["status"]).is(16);
    host.run(&["rm", "/run/busy"]).is(0);
    assert!(draining.wait().expect("it is ours").success());
    eventually("systemd has seen it", || {
        status(&host)["state"] == json!("stopped")
    });
    host.run(&["systemctl", "start", "gitlab-runner"]).is(0);
    host.run(&["touch", "/run/busy"]).is(0);
    baws(&host, &["drain", "--timeout", "1"]).is(9);
    baws(&host, &["drain", "--timeout", "1", "--end-jobs"]).is(0);
    host.run(&["dpkg", "--remove", "baws-ci"]).is(0);
    let timer = host.run(&["systemctl", "is-active", "baws-ci-sweep.timer"]);
    assert_eq!(timer.out.trim(), "inactive");
    assert!(
        !host
            .path("/etc/systemd/system/baws-ci-sweep.timer")
            .exists()
    );
}

#[test]
fn the_settings_of_a_docker_runner_are_taken_over_where_there_are_none() {
    let host = Host::new();
    let settings = host.path("/etc/baws-ci/config.toml");
    std::fs::remove_file(&settings).expect("it was written");
    let docker = "[[runners]]\nname = \"old\"\nurl = \"https://gitlab.bench.test\"\ntoken = \"glrt-old\"\nexecutor = \"docker\"\n[runners.docker]\nimage = \"debian:12\"\nmemory = \"2g\"\nprivileged = true\n";
    host.write("/etc/gitlab-runner/config.toml", docker);
    let words: Vec<&str> = REGISTER
        .split(' ')
        .chain([GITLAB, "--import", "old"])
        .collect();
    let told = host.run(&words);
    assert!(
        told.is(0).err.contains("left out: `privileged"),
        "{}",
        told.err
    );
    let text = std::fs::read_to_string(&settings).expect("it was written");
    assert!(
        text.contains("image = \"debian:12\"") && text.contains("memory = \"2g\""),
        "{text}"
    );
    assert!(text.contains("helper_image = \"baws-ci/helper"), "{text}");
    let again = host.run(&words);
    assert!(
        again
            .is(0)
            .err
            .contains("left alone   /etc/baws-ci/config.toml"),
        "{}",
        again.err
    );
    assert_eq!(
        std::fs::read_to_string(&settings).expect("it is there"),
        text
    );
}
