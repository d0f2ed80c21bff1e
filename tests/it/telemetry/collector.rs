//! A collector of traces, for a test: takes OTLP over HTTP and looks at its shape.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

/// How it answers.
#[derive(Clone, Copy)]
pub(super) enum Manner {
    Takes,
    Refuses,
    /// Takes the request and says nothing.
    Hangs,
}

pub(super) struct Request {
    pub(super) head: String,
    pub(super) body: Value,
}

pub(super) struct Collector {
    pub(super) url: String,
    received: Receiver<Request>,
}

impl Collector {
    pub(super) fn new(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let address = listener.local_addr().expect("it listens");
        let (send, received) = channel();
        std::thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming().flatten() {
                if let Some(request) = read(&stream) {
                    answer(&stream, manner);
                    held.push(stream);
                    if send.send(request).is_err() {
                        return;
                    }
                }
            }
        });
        Collector {
            url: format!("http://{address}"),
            received,
        }
    }

    #[track_caller]
    pub(super) fn next(&self) -> Request {
        let next = self.received.recv_timeout(Duration::from_secs(20));
        next.expect("a trace comes")
    }

    pub(super) fn is_empty(&self) -> bool {
        self.received.try_recv().is_err()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length:")?
            .trim()
            .parse()
            .ok()
    })?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        head,
        body: serde_json::from_slice(&body).ok()?,
    })
}

fn answer(mut stream: &TcpStream, manner: Manner) {
    let text: &[u8] = match manner {
        Manner::Takes => b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        Manner::Refuses => b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        Manner::Hangs => return,
    };
    stream.write_all(text).expect("the client waits");
}

/// The spans, of a body in the shape of OTLP. Source: opentelemetry-proto, `trace_service.proto` and its JSON.
#[track_caller]
pub(super) fn spans(body: &Value) -> Vec<Value> {
    let resource = &body["resourceSpans"][0];
    assert_eq!(body["resourceSpans"].as_array().map(Vec::len), Some(1));
    attributes_are_sound(&resource["resource"]["attributes"]);
    assert_eq!(attribute(&resource["resource"], "service.name"), "baws-ci");
    let scope = &resource["scopeSpans"][0];
    assert_eq!(scope["scope"]["name"], "baws-ci");
    let spans = scope["spans"].as_array().expect("there are spans");
    for span in spans {
        id_is_sound(&span["traceId"], 32);
        id_is_sound(&span["spanId"], 16);
        if !span["parentSpanId"].is_null() {
            id_is_sound(&span["parentSpanId"], 16);
        }
        assert!(span["name"].as_str().is_some_and(|name| !name.is_empty()));
        assert!(
            span["kind"]
                .as_u64()
                .is_some_and(|kind| (1..=5).contains(&kind))
        );
        let nanos = |field: &str| -> u64 {
            let text = span[field].as_str().expect("64 bits are a text");
            text.parse().expect("it is a number")
        };
        let (start, end) = (nanos("startTimeUnixNano"), nanos("endTimeUnixNano"));
        assert!(start <= end && start > 1_700_000_000_000_000_000, "{span}");
        attributes_are_sound(&span["attributes"]);
        let status = &span["status"];
        assert!(
            status.is_object() && (status["code"].is_null() || status["code"].as_u64() <= Some(2))
        );
    }
    spans.clone()
}

#[track_caller]
fn id_is_sound(id: &Value, digits: usize) {
    let text = id.as_str().unwrap_or_default();
    let sound = text.len() == digits
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && text.bytes().any(|byte| byte != b'0');
    assert!(sound, "{id} is no id");
}

#[track_caller]
fn attributes_are_sound(attributes: &Value) {
    for one in attributes.as_array().expect("attributes are a list") {
        let value = one["value"].as_object().expect("a value is an object");
        assert!(one["key"].is_string() && value.len() == 1, "{one}");
        let (kind, value) = value.iter().next().expect("there is one");
        let sound = match kind.as_str() {
            "stringValue" => value.is_string(),
            "boolValue" => value.is_boolean(),
            "intValue" => value
                .as_str()
                .is_some_and(|text| text.parse::<i64>().is_ok()),
            _ => false,
        };
        assert!(sound, "{one}");
    }
}

/// An attribute's value as text; empty where there is none.
pub(super) fn attribute(of: &Value, key: &str) -> String {
    let all = of["attributes"].as_array().into_iter().flatten();
    let mut found = all.filter(|one| one["key"] == key).map(|one| {
        let value = one["value"]
            .as_object()
            .and_then(|value| value.values().next());
        value.and_then(Value::as_str).unwrap_or_default().to_owned()
    });
    found.next().unwrap_or_default()
}
