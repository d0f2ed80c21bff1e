//! A clean Debian 12 of a test's own, beside the bench's engine and GitLab, and this program as its package.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Stand;
use super::hub::{TOKEN, Told};
use super::job::PROGRAM;
use super::wait::unique;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/host");
pub(crate) const GITLAB: &str = "https://gitlab.bench.test";

pub(crate) struct Host {
    /// Its jobs run on the engine that all share: none of those who hurt it may be at work.
    _beside_others: Stand,
    dir: TempDir,
    is_up: bool,
    /// Whose jobs it runs: of one project two would share a slot, and its volumes.
    pub(crate) project: String,
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.is_up {
            // What it says of a host that is down already is of no use here.
            let _ = self.script("down", &[]).output();
        }
    }
}

impl Host {
    /// With the package installed, settings, and a token for GitLab in `/root/token`. Nothing of it runs.
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("baws-host-")
            .tempdir_in("/var/tmp");
        let dir = dir.expect("/var/tmp takes files");
        let host = Host {
            _beside_others: Stand::new(),
            dir,
            is_up: false,
            project: format!("it/h{}", unique()),
        };
        succeeded(host.script("new", &[]), "the host is unpacked");
        let own = host.path("/root/baws-ci.deb");
        std::fs::copy(package(), own).expect("the host takes files");
        host.write("/root/token", TOKEN);
        let state = host.dir.path().join("state");
        let settings = format!(
            "# of this host\n[executor]\nstate_dir = \"{}\"\n",
            state.display()
        );
        host.write("/etc/baws-ci/config.toml", &settings);
        host.run(&["dpkg", "-i", "/root/baws-ci.deb"]).is(0);
        host
    }

    /// systemd runs from now on.
    pub(crate) fn up(&mut self) {
        self.is_up = true;
        succeeded(self.script("up", &[]), "the host comes up");
    }

    fn script(&self, verb: &str, words: &[&str]) -> Command {
        let mut command = Command::new(SCRIPT);
        command.arg(verb).arg(self.dir.path()).args(words);
        command
    }

    /// A file of the host's, as the test finds it.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        let within = path.trim_start_matches('/');
        self.dir.path().join("root").join(within)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        let parent = path.parent().expect("it has one");
        std::fs::create_dir_all(parent).expect("the host takes files");
        std::fs::write(path, text).expect("the host takes files");
    }

    pub(crate) fn run(&self, words: &[&str]) -> Told {
        Told::of(self.script("run", words), "no address")
    }

    pub(crate) fn begin(&self, words: &[&str]) -> Child {
        let mut command = self.script("run", words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the host runs commands")
    }

    /// Of the runner that `register` wrote.
    pub(crate) fn runner_token(&self) -> String {
        let file = self.path("/etc/gitlab-runner/config.toml");
        let text = std::fs::read_to_string(file).expect("it was written");
        let value: toml::Value = toml::from_str(&text).expect("it is TOML");
        let token = value["runners"][0]["token"].as_str();
        token.expect("it has a token").to_owned()
    }

    /// Posts a job that only this host's runner gets; its number.
    pub(crate) fn post(&self, script: &str) -> u64 {
        let job = json!({"project": self.project, "runner": self.runner_token(), "image": "bench/bash:1", "script": script});
        let posted = coordinator(&["--data", &job.to_string()], "jobs");
        posted["id"].as_u64().expect("it is a number")
    }
}

/// How it ended, when it has.
pub(crate) fn end(job: u64) -> Value {
    coordinator(&[], &format!("jobs/{job}?wait=60"))
}

fn coordinator(words: &[&str], path: &str) -> Value {
    let mut command = Command::new("/usr/bin/curl");
    command.args(["--silent", "--show-error"]).args(words);
    command.arg(format!("{GITLAB}/_bench/{path}"));
    let said = succeeded(command, "the coordinator answers");
    serde_json::from_str(&said).expect("it answers in JSON")
}

/// Made once, of the program under test without what a debugger reads.
fn package() -> &'static Path {
    static PACKAGE: OnceLock<PathBuf> = OnceLock::new();
    PACKAGE.get_or_init(|| {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
        std::fs::create_dir_all(&dir).expect("the target takes files");
        let program = dir.join("baws-ci");
        let mut strip = Command::new("strip");
        strip.arg("-o").arg(&program).arg(PROGRAM);
        succeeded(strip, "binutils is there");
        let mut make = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/package"));
        make.arg("--program").arg(&program).arg("--out").arg(&dir);
        make.args(["--level", "0", "deb"]);
        PathBuf::from(succeeded(make, "the package is made").trim())
    })
}

/// What it said on stdout.
#[track_caller]
fn succeeded(mut command: Command, what: &str) -> String {
    let done = command.output().expect("it can be started");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{what}: {command:?}: {said}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}
