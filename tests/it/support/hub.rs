//! A GitLab of a test's own: the bench's stand-in, alone on a loopback port, and gone with the value.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::job::PROGRAM;

/// Good for everything. Source: `tests/bench/gitlab.py`.
pub(crate) const TOKEN: &str = "glpat-bench-0123456789ab";
/// Where the templates are in these tests.
pub(crate) const TEMPLATES: &str = "platform/pipeline-templates";

pub(crate) struct Hub {
    process: Child,
    pub(crate) url: String,
    port: u16,
    pub(crate) room: TempDir,
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Hub {
    /// With the groups `aws-app` and `platform`. Its lint takes everything that does not begin with `invalid`.
    pub(crate) fn start() -> Self {
        Hub::with(&[])
    }

    /// Its lint is the program's own.
    pub(crate) fn that_lints() -> Self {
        Hub::with(&["--program", PROGRAM])
    }

    fn with(flags: &[&str]) -> Self {
        let room = tempfile::tempdir().expect("the temporary directory takes files");
        let rules = room.path().join("rules.json");
        std::fs::write(&rules, "[]").expect("it is ours");
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/gitlab.py");
        let mut process = Command::new("/usr/bin/python3")
            .args(["-B", "-u"])
            .arg(program)
            .args(["--listen", "127.0.0.1:0", "--directory"])
            .arg(room.path().join("world"))
            .arg("--rules")
            .arg(&rules)
            .arg("--journal")
            .arg(room.path().join("journal"))
            .args(flags)
            .stdout(Stdio::piped())
            .spawn()
            .expect("/usr/bin/python3 is there: tests/bench/bench install");
        let mut line = String::new();
        let out = process.stdout.take().expect("asked for above");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("the stand-in for GitLab says where it listens");
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .expect("the stand-in for GitLab starts")
            .to_owned();
        let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
        let hub = Hub {
            process,
            port: port.expect("its address has a port"),
            url,
            room,
        };
        hub.control(
            "POST",
            "groups",
            &json!({"path": "platform", "visibility": "internal"}),
        );
        hub
    }

    /// One request; status and JSON.
    pub(crate) fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let body = match body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let mut stream =
            TcpStream::connect(("127.0.0.1", self.port)).expect("the stand-in listens");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nPRIVATE-TOKEN: {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream
            .write_all(request.as_bytes())
            .expect("the stand-in reads");
        let mut answer = Vec::new();
        stream
            .read_to_end(&mut answer)
            .expect("the stand-in answers");
        let text = String::from_utf8_lossy(&answer);
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let value = serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned()));
        (status.expect("an answer has a status"), value)
    }

    #[track_caller]
    pub(crate) fn control(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, value) = self.call(method, &format!("/_bench/{path}"), TOKEN, body);
        assert!(status < 300, "{method} /_bench/{path}: {status} {value}");
        value
    }

    #[track_caller]
    pub(crate) fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, value) = self.call(method, &format!("/api/v4/{path}"), TOKEN, body);
        assert!(status < 300, "{method} {path}: {status} {value}");
        value
    }

    /// Without what differs from run to run.
    pub(crate) fn state(&self) -> Value {
        self.control("GET", "state?stable=1", &Value::Null)
    }

    /// One project of it.
    #[track_caller]
    pub(crate) fn project(&self, path: &str) -> Value {
        let state = self.state();
        let found = match &state["projects"] {
            Value::Object(projects) => projects.get(path).cloned(),
            Value::Array(projects) => projects
                .iter()
                .find(|one| one["path"] == path || one["path_with_namespace"] == path)
                .cloned(),
            other => panic!("the state has no projects: {other}"),
        };
        found.unwrap_or_else(|| panic!("there is no project {path}: {state}"))
    }

    pub(crate) fn has_project(&self, path: &str) -> bool {
        let number = path.replace('/', "%2F");
        self.call(
            "GET",
            &format!("/api/v4/projects/{number}"),
            TOKEN,
            &Value::Null,
        )
        .0 == 200
    }

    /// A file of the default branch, or of another ref.
    #[track_caller]
    pub(crate) fn file(&self, project: &str, path: &str, reference: &str) -> String {
        let encoded = |text: &str| text.replace('/', "%2F");
        let way = format!(
            "/api/v4/projects/{}/repository/files/{}/raw?ref={reference}",
            encoded(project),
            encoded(path)
        );
        let (status, value) = self.call("GET", &way, TOKEN, &Value::Null);
        assert_eq!(status, 200, "{path} of {project}: {value}");
        match value {
            Value::String(text) => text,
            other => other.to_string(),
        }
    }

    /// What was asked since the last look.
    pub(crate) fn asked(&self) -> Vec<Value> {
        let path = self.room.path().join("journal");
        let read = || std::fs::read_to_string(&path).expect("the stand-in keeps a journal");
        // A line is written when its answer is on its way already.
        let mut text = read();
        loop {
            std::thread::sleep(Duration::from_millis(30));
            let later = read();
            if later == text {
                break;
            }
            text = later;
        }
        std::fs::write(&path, "").expect("it is ours");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect()
    }

    pub(crate) fn rules(&self, rules: &Value) {
        let path = self.room.path().join("rules.json");
        let new = self.room.path().join("rules.new");
        std::fs::write(&new, rules.to_string()).expect("it is ours");
        std::fs::rename(new, path).expect("it is ours");
    }

    /// A file for the program to read.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.room.path().join(name);
        std::fs::write(&path, text).expect("it is ours");
        path
    }

    /// The program, told of this GitLab and nothing else.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .args(words)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.room.path())
            .env("NO_COLOR", "1")
            .env("CI_SERVER_URL", &self.url)
            .env("GITLAB_TOKEN", TOKEN)
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Told {
        Told::of(self.command(words), &self.url)
    }

    /// The templates of this program, published.
    #[track_caller]
    pub(crate) fn publish(&self) -> &Self {
        self.run(&["template", "publish"]).is(0);
        self
    }
}

/// What the program said, with the address of its GitLab made the same for every run.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Told {
    pub(crate) fn of(mut command: Command, url: &str) -> Self {
        let done: Output = command.output().expect("the program runs");
        let text =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(url, "https://gitlab.test");
        Told {
            code: done.status.code().unwrap_or(-1),
            out: text(&done.stdout),
            err: text(&done.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn is(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }

    /// Code, words and data, in this order.
    pub(crate) fn whole(&self) -> String {
        format!("{}\n{}{}", self.code, self.err, self.out)
    }
}
