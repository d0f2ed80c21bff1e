//! A runner of the test's own at the stand-in for GitLab, with the bench's loop in the place of gitlab-runner.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use serde_json::{Value, json};

use super::Project;
use crate::support::engine::Kind;
use crate::support::job::PROGRAM;
use crate::support::wait::unique;
use crate::support::{Started, eventually};

const GITLAB: &str = "gitlab.bench.test";
const LOOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/loop.py");

pub(super) struct Coordinator {
    /// For settings and directories; its pipeline is not used.
    pub(super) project: Project,
    token: String,
    /// On GitLab; another one for each test, so that no volume is shared.
    pub(super) path: String,
}

/// A job that was posted.
pub(super) struct Posted {
    pub(super) id: u64,
    pub(super) token: String,
    project_id: u64,
}

impl Coordinator {
    /// `repository`: as for `POST /_bench/projects`, without its path.
    #[track_caller]
    pub(super) fn new(mut repository: Value) -> Self {
        let project = Project::new("unused: {script: x}\n");
        let token = format!("glrt-{}", unique());
        call("POST", "/_bench/runners", &json!({"token": token}));
        let path = format!("it/p{}", unique());
        repository["path"] = json!(path);
        call("POST", "/_bench/projects", &repository);
        Coordinator {
            project,
            token,
            path,
        }
    }

    /// Posts a job that only this test's runner gets.
    #[track_caller]
    pub(super) fn post(&self, mut job: Value) -> Posted {
        job["project"] = json!(self.path);
        job["runner"] = json!(self.token);
        let posted = json_of(&call("POST", "/_bench/jobs", &job));
        let number = |key: &str| posted[key].as_u64().expect("it is a number");
        let token = posted["token"].as_str().expect("it is a string").to_owned();
        Posted {
            id: number("id"),
            token,
            project_id: number("project_id"),
        }
    }

    /// Takes the next job, and begins to run it.
    pub(super) fn start(&self) -> Started {
        let mut command = Command::new("/usr/bin/python3");
        command
            .args([
                "-B",
                LOOP,
                "--once",
                "--baws-ci",
                PROGRAM,
                "--token",
                &self.token,
                "--work",
            ])
            .arg(self.project.temporary())
            .arg("--");
        command
            .arg("--config")
            .arg(self.project.stand.config())
            .env_clear();
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("TMPDIR", self.project.temporary())
            .env("DOCKER_HOST", &self.project.stand.bench.docker_host);
        Started::begin(command, "loop.py", None)
    }

    /// Posts a job and has it run to its end.
    #[track_caller]
    pub(super) fn run(&self, job: Value) -> Posted {
        let posted = self.post(job);
        self.start().end().succeeded();
        posted
    }

    #[track_caller]
    pub(super) fn cancel(&self, job: &Posted, how: Value) {
        call("POST", &format!("/_bench/jobs/{}/cancel", job.id), &how);
    }
}

impl Posted {
    /// `state`, `failure_reason` and `exit_code` as GitLab has them.
    #[track_caller]
    pub(super) fn end(&self) -> Value {
        let job = json_of(&call(
            "GET",
            &format!("/_bench/jobs/{}?wait=60", self.id),
            &Value::Null,
        ));
        json!([job["state"], job["failure_reason"], job["exit_code"]])
    }

    /// The log as GitLab has it.
    #[track_caller]
    pub(super) fn trace(&self) -> String {
        call(
            "GET",
            &format!("/_bench/jobs/{}/trace", self.id),
            &Value::Null,
        )
    }

    #[track_caller]
    pub(super) fn until_traced(&self, text: &str) {
        eventually(&format!("the log holds {text:?}"), || {
            self.trace().contains(text)
        });
    }

    /// Nothing but the volumes that outlive a job; their names.
    #[track_caller]
    pub(super) fn only_volumes_left(&self, coordinator: &Coordinator) -> Vec<String> {
        let engine = &coordinator.project.stand.bench.engine;
        let label = format!("com.gitlab.gitlab-runner.job.id={}", self.id);
        let labels = ["com.gitlab.gitlab-runner.runner.id=local", &label];
        for kind in [Kind::Containers, Kind::Networks] {
            let left = engine.labelled(kind, &labels);
            assert!(left.is_empty(), "{kind:?} of the job are left: {left:?}");
        }
        coordinator.project.nothing_left();
        self.volumes(coordinator)
    }

    fn volumes(&self, coordinator: &Coordinator) -> Vec<String> {
        let label = format!("com.gitlab.gitlab-runner.project.id={}", self.project_id);
        let labels = ["com.gitlab.gitlab-runner.runner.id=local", &label];
        coordinator
            .project
            .stand
            .bench
            .engine
            .labelled(Kind::Volumes, &labels)
    }
}

#[track_caller]
fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("the stand-in answers in JSON")
}

/// HTTP/1.0: the answer ends with the connection.
#[track_caller]
fn call(method: &str, path: &str, body: &Value) -> String {
    let exchange = || -> std::io::Result<Vec<u8>> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let mut stream = TcpStream::connect((GITLAB, 80))?;
        let head = format!(
            "{method} {path} HTTP/1.0\r\nHost: {GITLAB}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    };
    let answer = exchange().unwrap_or_else(|error| {
        panic!("the bench's GitLab does not answer {method} {path}: {error}")
    });
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let good = head
        .split(' ')
        .nth(1)
        .is_some_and(|status| status.starts_with('2'));
    assert!(good, "{method} {path} was answered by {head}\n{body}");
    body.to_owned()
}
