//! For tests: a server on this machine that answers as it is told and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::{Login, LoginSource, Registry};
use crate::job::Secret;

#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// Such as `GET /v2/app/manifests/1`, with its query.
    pub(super) line: String,
    pub(super) authorization: Option<String>,
    pub(super) body: Vec<u8>,
}

pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

pub(super) struct Server {
    pub(super) host: String,
    asked: Arc<Mutex<Vec<Request>>>,
}

pub(super) fn answer(status: u16, body: impl Into<Vec<u8>>) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: body.into(),
    }
}

impl Answer {
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl Server {
    /// `respond` also gets how many requests with the same line came before.
    pub(super) fn start(
        respond: impl Fn(&str, &Request, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, own, respond) = (Arc::clone(&asked), host.clone(), Arc::new(respond));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, own, respond) = (Arc::clone(&noted), own.clone(), Arc::clone(&respond));
                std::thread::spawn(move || serve(stream, &own, &noted, &*respond));
            }
        });
        Server { host, asked }
    }

    pub(super) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.asked()
            .into_iter()
            .map(|request| request.line)
            .collect()
    }
}

/// One request a connection. TLS is hung up on: it is how a client finds out that there is none.
fn serve(
    stream: TcpStream,
    own: &str,
    noted: &Mutex<Vec<Request>>,
    respond: &dyn Fn(&str, &Request, usize) -> Answer,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    if reader
        .fill_buf()
        .is_ok_and(|bytes| bytes.first() == Some(&0x16))
    {
        return;
    }
    let (mut request, mut length, mut line) = (Request::default(), 0, String::new());
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        let text = line.trim_end();
        match text.split_once(": ") {
            _ if request.line.is_empty() => {
                request.line = text.trim_end_matches(" HTTP/1.1").to_owned()
            }
            Some(("authorization", value)) => request.authorization = Some(value.to_owned()),
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(_) | None => {}
        }
        line.clear();
    }
    request.body = vec![0; length];
    reader.read_exact(&mut request.body).unwrap();
    let before = {
        let mut noted = noted.lock().unwrap();
        let before = noted
            .iter()
            .filter(|other| other.line == request.line)
            .count();
        noted.push(request.clone());
        before
    };
    let answer = respond(own, &request, before);
    let headers: String = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let head = format!(
        "HTTP/1.1 {} X\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n",
        answer.status,
        answer.body.len()
    );
    let mut stream = stream;
    let _ = stream.write_all(head.as_bytes());
    if !request.line.starts_with("HEAD") {
        let _ = stream.write_all(&answer.body);
    }
}

pub(super) fn basic(password: &str) -> Login {
    Login::Basic {
        username: "me".to_owned(),
        password: Secret::new(password),
    }
}

/// The server as a registry.
pub(super) fn at(server: &Server, login: impl LoginSource + 'static) -> Registry {
    Registry::at(
        &server.host,
        Arc::new(login),
        Instant::now() + Duration::from_secs(60),
    )
    .unwrap()
}

pub(super) fn run<F: Future>(calls: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(calls)
}
