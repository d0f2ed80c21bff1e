//! A registry that has nothing, and addresses where none is. The engine speaks plain HTTP with this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// Answers for as long as the test's process lives.
pub(crate) struct Registry {
    address: String,
}

impl Registry {
    /// Knows no image: 404 to everything but the greeting.
    pub(crate) fn empty() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if answer(stream).is_err() {
                    // The engine has hung up.
                }
            }
        });
        Registry { address }
    }

    /// An address at which nothing listens.
    pub(crate) fn closed() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        listener.local_addr().expect("it is bound").to_string()
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }
}

/// Source of the form: the distribution specification, error codes.
fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let Ok(request) = lines.next().transpose().map(Option::unwrap_or_default) else {
        // A greeting of TLS: only by an answer in plain HTTP does a client know that there is none.
        return write!(stream, "HTTP/1.0 400 Bad Request\r\n\r\n");
    };
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    let greeting = request.split(' ').nth(1) == Some("/v2/");
    let body = if greeting {
        "{}"
    } else {
        r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"1"}}]}"#
    };
    let shown = if request.starts_with("HEAD ") {
        ""
    } else {
        body
    };
    let status = if greeting { "200 OK" } else { "404 Not Found" };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nDocker-Distribution-Api-Version: registry/2.0\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{shown}",
        body.len()
    )
}
