//! Connections to the job socket from wherever a test wants them to come from: the build container, another, the host.
//!
//! Who connects is what the host looks at, so a process joins the container's control group and connects; the test then
//! takes a copy of its end (pidfd_getfd) and speaks on it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags};
use serde_json::{Value, json};

use super::{Job, Started};

/// Joins the control groups of a process, connects, says its descriptor's number, and waits.
const CONNECT: &str = r#"
import os, socket, sys
pid, path = sys.argv[1:]
if pid != "0":
    lines = open(f"/proc/{pid}/cgroup").read().splitlines()
    for controllers, group in (line.split(":", 2)[1:] for line in lines):
        for base in (controllers.removeprefix("name="), "", "unified"):
            try:
                open(f"/sys/fs/cgroup/{base}{group}/cgroup.procs", "w").write("0")
                break
            except OSError:
                continue
    own = open("/proc/self/cgroup").read()
    assert any(line in own for line in lines if "docker" in line or len(line) > 64), own
end = socket.socket(socket.AF_UNIX)
end.connect(path)
print(end.fileno(), flush=True)
sys.stdin.read()
"#;

/// From which control group a connection comes.
pub(crate) enum From<'a> {
    Container(&'a str),
    Host,
}

/// A client of the job socket.
pub(crate) struct Visitor {
    pub(crate) stream: UnixStream,
    process: Child,
}

impl Drop for Visitor {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            let _ = self.process.wait();
        }
    }
}

/// A script of the job that runs until it is let go.
pub(crate) struct Waiting<'a> {
    job: &'a Job<'a>,
    started: Started,
}

impl Job<'_> {
    #[track_caller]
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        let script =
            "cd /builds/it/project; rm -f go; echo started; while [ ! -e go ]; do sleep 0.1; done";
        let started = self.start_run("build_script", script);
        started.until_printed("started");
        Waiting { job: self, started }
    }
}

impl Waiting<'_> {
    /// Lets the script end; the stage.
    #[track_caller]
    pub(crate) fn go(self) -> super::Ended {
        std::fs::write(self.job.project().join("go"), "").expect("the project can be written");
        self.started.end()
    }

    #[track_caller]
    pub(crate) fn visit(&self, from: From<'_>) -> Visitor {
        let pid = match from {
            From::Container(role) => self.job.pid_of(role),
            From::Host => 0,
        };
        let path = format!("/proc/{}/root/.baws/socket", self.job.pid_of("build"));
        let mut process = Command::new("/usr/bin/python3")
            .args(["-c", CONNECT, &pid.to_string(), &path])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the bench needs python3: tests/bench/bench install");
        let mut line = String::new();
        let out = process.stdout.take().expect("asked for above");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("it is a pipe");
        let number = line.trim().parse().expect("it has connected");
        let pid = i32::try_from(process.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a child has a number");
        let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty()).expect("it runs");
        let copy = rustix::process::pidfd_getfd(&handle, number, PidfdGetfdFlags::empty())
            .expect("the tests run as root");
        let stream = UnixStream::from(copy);
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .expect("it is a socket");
        Visitor { stream, process }
    }
}

/// Kinds of frames. Source: `src/broker/frame.rs`.
pub(crate) const REQUEST: u8 = 1;
pub(crate) const ENTRIES: u8 = 2;
pub(crate) const DATA: u8 = 3;
pub(crate) const DATA_END: u8 = 4;
pub(crate) const PROCEED: u8 = 16;
pub(crate) const WANT: u8 = 18;
pub(crate) const ANSWER: u8 = 19;

pub(crate) fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("tests write short frames");
    let mut frame = vec![kind, 0, 0, 0];
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// A whole request.
pub(crate) fn request(value: &Value) -> Vec<u8> {
    let mut frames = frame(REQUEST, value.to_string().as_bytes());
    frames.extend(frame(REQUEST, b""));
    frames
}

/// `FROM bench/busybox:1`, `COPY . /x`, in base64.
pub(crate) const DOCKERFILE: &str = "RlJPTSBiZW5jaC9idXN5Ym94OjEKQ09QWSAuIC94Cg==";

pub(crate) fn build_request() -> Vec<u8> {
    request(
        &json!({"version": 1, "verb": "build", "dockerfile": DOCKERFILE, "dockerfile_name": "Dockerfile"}),
    )
}

/// An entry of a context. Source: `src/broker/listing.rs`.
pub(crate) fn entry(kind: u8, mode: u32, size: u64, path: &[u8], target: &[u8]) -> Vec<u8> {
    let mut entry = vec![kind];
    entry.extend_from_slice(&mode.to_le_bytes());
    entry.extend_from_slice(&0_i64.to_le_bytes());
    entry.extend_from_slice(&size.to_le_bytes());
    for text in [path, target] {
        let length = u16::try_from(text.len()).expect("tests write short names");
        entry.extend_from_slice(&length.to_le_bytes());
        entry.extend_from_slice(text);
    }
    entry
}

impl Visitor {
    /// Writes; a host that has hung up is no fault of the test.
    pub(crate) fn say(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// The next frame; `None` where the host has hung up.
    #[track_caller]
    pub(crate) fn hear(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 8];
        if let Err(error) = self.stream.read_exact(&mut head) {
            assert!(
                error.kind() != std::io::ErrorKind::WouldBlock,
                "the host says nothing and does not hang up"
            );
            return None;
        }
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let mut payload = vec![0; length as usize];
        self.stream.read_exact(&mut payload).ok()?;
        Some((head[0], payload))
    }

    /// Listens until a frame of this kind comes; `None` where the host hangs up first.
    #[track_caller]
    pub(crate) fn until(&mut self, wanted: u8) -> Option<Vec<u8>> {
        loop {
            let (kind, payload) = self.hear()?;
            if kind == wanted {
                return Some(payload);
            }
        }
    }

    /// The host's last word; `None` where it hung up without one.
    #[track_caller]
    pub(crate) fn answer(&mut self) -> Option<Value> {
        let mut text = Vec::new();
        loop {
            let part = self.until(ANSWER)?;
            if part.is_empty() {
                return Some(serde_json::from_slice(&text).expect("an answer is JSON"));
            }
            text.extend(part);
        }
    }
}
