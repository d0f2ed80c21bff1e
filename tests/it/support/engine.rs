//! The Docker engine as the tests see it: questions over its socket, deeds by its own command.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// Debian's own client; another one may stand earlier on PATH.
const DOCKER: &str = "/usr/bin/docker";

pub(crate) struct Engine {
    socket: PathBuf,
}

impl Engine {
    pub(crate) fn at(socket: PathBuf) -> Self {
        Engine { socket }
    }

    /// The answer to a GET; `None` where there is no such thing.
    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Option<Value> {
        let answer = exchange(&self.socket, path)
            .unwrap_or_else(|error| panic!("the bench's engine does not answer `{path}`: {error}"));
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split(' ').nth(1).unwrap_or_default();
        match status {
            "200" => Some(serde_json::from_str(body).expect("the engine answers in JSON")),
            "404" => None,
            _ => panic!("the engine answers `{path}` with {head}\n{body}"),
        }
    }

    /// Names of the containers (running or not), networks or volumes that carry all labels.
    #[track_caller]
    pub(crate) fn labelled(&self, kind: Kind, labels: &[&str]) -> Vec<String> {
        let filters = percent(&serde_json::json!({ "label": labels }).to_string());
        let answer = match kind {
            Kind::Containers => self.get(&format!("/containers/json?all=1&filters={filters}")),
            Kind::Networks => self.get(&format!("/networks?filters={filters}")),
            Kind::Volumes => self
                .get(&format!("/volumes?filters={filters}"))
                .map(|mut answer| answer["Volumes"].take()),
        };
        let list = answer.unwrap_or_default();
        let one = |item: &Value| match kind {
            Kind::Containers => item["Names"][0]
                .as_str()
                .map(|name| name.trim_start_matches('/').to_owned()),
            Kind::Networks | Kind::Volumes => item["Name"].as_str().map(str::to_owned),
        };
        let mut names: Vec<String> = list
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(one)
            .collect();
        names.sort();
        names
    }

    #[track_caller]
    pub(crate) fn inspect(&self, container: &str) -> Value {
        self.get(&format!("/containers/{container}/json"))
            .unwrap_or_else(|| panic!("there is no container `{container}`"))
    }

    /// The engine's major version, such as 20 or 26.
    #[track_caller]
    pub(crate) fn version(&self) -> u32 {
        let answer = self
            .get("/version")
            .expect("every engine tells its version");
        let version = answer["Version"].as_str().unwrap_or_default().to_owned();
        version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok())
            .unwrap_or_else(|| panic!("`{version}` is no version"))
    }

    /// Runs `docker WORDS…`, with `input` on its stdin.
    pub(crate) fn try_docker(&self, words: &[&str], input: &str) -> Output {
        let mut child = Command::new(DOCKER)
            .args(words)
            .env("DOCKER_HOST", format!("unix://{}", self.socket.display()))
            .env("DOCKER_BUILDKIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot start {DOCKER} ({error}): tests/bench/bench install")
            });
        let mut stdin = child.stdin.take().expect("asked for above");
        if stdin.write_all(input.as_bytes()).is_err() {
            // It did not want to read; its exit status tells whether that is bad.
        }
        drop(stdin);
        child.wait_with_output().expect("a child can be waited for")
    }

    /// Runs `docker WORDS…` to success; what it printed.
    #[track_caller]
    pub(crate) fn docker(&self, words: &[&str]) -> String {
        let done = self.try_docker(words, "");
        assert!(
            done.status.success(),
            "docker {} failed: {}",
            words.join(" "),
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Containers,
    Networks,
    Volumes,
}

/// HTTP/1.0: the answer ends with the connection and is never chunked.
fn exchange(socket: &Path, path: &str) -> std::io::Result<String> {
    let mut stream = UnixStream::connect(socket)?;
    stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
