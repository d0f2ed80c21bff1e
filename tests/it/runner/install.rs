//! What systemd has to know: written once, brought up to date, removed; what somebody changed is left alone.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::hub::Told;
use crate::support::job::PROGRAM;

const DROP_IN: &str = "etc/systemd/system/gitlab-runner.service.d/10-baws-ci.conf";

fn run(root: &Path, words: &[&str]) -> Told {
    let mut command = Command::new(PROGRAM);
    command.env("NO_COLOR", "1").arg("runner").args(words);
    command.arg("--root").arg(root);
    Told::of(command, "no address")
}

/// What became of each file.
fn did(told: &Told) -> Vec<(String, String)> {
    let value = told.is(0).json();
    let files = value["files"].as_array().expect("it is a list").iter();
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    files
        .map(|file| {
            let path = text(&file["path"]);
            let name = path.rsplit('/').next().expect("it is a path").to_owned();
            (name, text(&file["did"]))
        })
        .collect()
}

fn all(what: &str) -> Vec<(String, String)> {
    let names = [
        "10-baws-ci.conf",
        "baws-ci-guard.service",
        "baws-ci-sweep.service",
        "baws-ci-sweep.timer",
        "baws-ci.conf",
        "baws-ci",
    ];
    names.map(|name| (name.to_owned(), what.to_owned())).into()
}

#[test]
fn a_host_is_told_how_to_drain_sweep_and_guard_and_a_second_run_changes_nothing() {
    let room = tempfile::tempdir().expect("the temporary directory takes files");
    let root = room.path();
    assert_eq!(
        did(&run(root, &["install", "--dry-run", "--json"])),
        all("written")
    );
    assert!(!root.join("etc").exists());
    let told = run(root, &["install"]);
    assert!(
        told.is(0)
            .err
            .contains("To do on the host itself: `systemctl daemon-reload`"),
        "{}",
        told.err
    );
    let text = std::fs::read_to_string(root.join(DROP_IN)).expect("it was written");
    let (mark, rest) = text.split_once('\n').expect("it has lines");
    assert!(
        mark.ends_with("written by `baws-ci runner install`; without this line the file is yours"),
        "{mark}"
    );
    assert_snapshot!(rest.replace(PROGRAM, "/usr/local/bin/baws-ci"), @r"
    [Unit]
    After=docker.service baws-ci-guard.service network-online.target
    Wants=docker.service network-online.target

    [Service]
    # What a host that went down left behind.
    ExecStartPre=-/usr/local/bin/baws-ci executor sweep
    # Stopping waits for the jobs that run, and takes no more: SIGQUIT says so to the runner, and to it alone.
    KillMode=mixed
    KillSignal=SIGQUIT
    TimeoutStopSec=7200
    ");
    assert_eq!(did(&run(root, &["install", "--json"])), all("kept"));
    let mut changed = all("kept");
    changed[0].1 = "written".to_owned();
    assert_eq!(
        did(&run(root, &["install", "--json", "--drain-timeout", "600"])),
        changed
    );
    run(root, &["install", "--drain-timeout", "5"]).is(2);
    assert_eq!(did(&run(root, &["uninstall", "--json"])), all("removed"));
    assert_eq!(
        run(root, &["uninstall", "--json"]).is(0).json()["files"],
        json!([])
    );
}

#[test]
fn what_somebody_changed_or_wrote_himself_is_left_alone_and_named() {
    let room = tempfile::tempdir().expect("the temporary directory takes files");
    let root = room.path();
    run(root, &["install"]).is(0);
    let path = root.join(DROP_IN);
    let own =
        std::fs::read_to_string(&path).expect("it was written") + "Environment=HTTPS_PROXY=x\n";
    std::fs::write(&path, &own).expect("it is ours");
    let foreign = root.join("etc/logrotate.d/baws-ci");
    std::fs::write(&foreign, "/var/log/baws-ci/*.jsonl { daily }\n").expect("it is ours");
    let told = run(root, &["install", "--sweep-every", "5"]);
    let warning = format!(
        "warning: `{}` was not written by this command, or was changed since",
        path.display()
    );
    assert!(told.is(0).err.contains(&warning), "{}", told.err);
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), own);
    run(root, &["uninstall"]).is(0);
    assert!(path.exists() && foreign.exists());
    assert!(!root.join("etc/systemd/system/baws-ci-sweep.timer").exists());
}
