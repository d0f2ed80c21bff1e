//! Backstage's catalog, which hears of an application: a small one of our own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{FULL, hub};

/// A catalog that knows what it was told.
fn catalog() -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let known = Arc::new(Mutex::new(Vec::new()));
    let held = known.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut text = Vec::new();
            let mut piece = [0; 4096];
            let complete = |text: &[u8]| {
                let text = String::from_utf8_lossy(text);
                text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let head = head.to_lowercase();
                    let length = head
                        .split("content-length: ")
                        .nth(1)
                        .and_then(|rest| rest.lines().next()?.trim().parse::<usize>().ok());
                    body.len() >= length.unwrap_or(0)
                })
            };
            while !complete(&text) {
                match stream.read(&mut piece) {
                    Ok(count) if count > 0 => text.extend_from_slice(&piece[..count]),
                    Ok(_) | Err(_) => break,
                }
            }
            let text = String::from_utf8_lossy(&text).into_owned();
            let mut known = held.lock().expect("nobody panics with it");
            let (status, body) = match (
                text.contains("authorization: Bearer planted-portal-token"),
                text.starts_with("POST "),
            ) {
                (false, _) => (
                    "401 Unauthorized",
                    json!({"error": {"message": "who are you"}}),
                ),
                (true, true) => {
                    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                    let body: Value = serde_json::from_str(body).unwrap_or(Value::Null);
                    known.push(
                        json!({"data": {"id": "1", "type": "url", "target": body["target"]}}),
                    );
                    ("201 Created", json!({"location": body}))
                }
                (true, false) => ("200 OK", Value::Array(known.clone())),
            };
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    (url, known)
}

#[test]
fn backstage_hears_of_the_application_once() {
    let hub = hub();
    let (url, known) = catalog();
    let token = hub.write("portal-token", "planted-portal-token\n");
    let portal = format!(
        "backstage: {{url: \"{url}\", token_file: \"{}\"}}\n",
        token.display()
    );
    hub.write("order.yaml", &format!("{FULL}\n{portal}"));
    for _ in 0..2 {
        let told = super::bootstrap(&hub, &[]);
        assert!(!told.is(0).whole().contains("planted-portal-token"));
    }
    let known = known.lock().expect("nobody panics with it").clone();
    let target = format!(
        "{}/aws-app/shop/-/blob/main/.backstage/catalog-info.yaml",
        hub.url
    );
    assert_eq!(known.len(), 1, "{known:?}");
    assert_eq!(known[0]["data"]["target"], target);
    hub.write("portal-token", "wrong");
    let told = super::bootstrap(&hub, &["--json"]);
    assert_eq!(
        (told.code, super::code(&told).as_str()),
        (3, "backstage_failed"),
        "{}",
        told.whole()
    );
}
