//! `runner`: a host is registered, and told how to drain, sweep and guard.

mod host;
mod install;
mod lifecycle;
mod register;
mod secret;

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::Hub;
use crate::support::hub::{TOKEN, Told};

const OTHERS: &str = r#"# of the platform team
concurrent = 12 # as many as fit

[[runners]]
  name = "docker"
  url = "https://gitlab.test"
  token = "glrt-others"
  executor = "docker"
"#;

fn file(hub: &Hub) -> PathBuf {
    hub.room.path().join("runner/config.toml")
}

fn words<'w>(file: &'w str, more: &[&'w str]) -> Vec<&'w str> {
    let mut words = vec!["runner", "register", "--runner-config", file];
    if !more.contains(&"--name") {
        words.extend(["--name", "baws"]);
    }
    words.extend(more);
    words
}

fn register(hub: &Hub, more: &[&str]) -> Told {
    let file = file(hub);
    hub.run(&words(file.to_str().expect("it is UTF-8"), more))
}

/// With the token in a file, which was made by hand.
fn register_by(hub: &Hub, token: &str) -> Told {
    let token = hub.write("token", token);
    let token = token.to_str().expect("it is UTF-8");
    register(hub, &["--runner-token-file", token])
}

/// gitlab-runner's file as it was before.
fn given(hub: &Hub, text: &str) {
    std::fs::create_dir_all(hub.room.path().join("runner")).expect("it is ours");
    hub.write("runner/config.toml", text);
}

fn text(hub: &Hub) -> String {
    std::fs::read_to_string(file(hub)).expect("it was written")
}

/// Of the runner in the file that runs jobs by this program.
fn token(hub: &Hub) -> String {
    let value: toml::Value = toml::from_str(&text(hub)).expect("it is TOML");
    let runners = value["runners"].as_array().expect("it is a list");
    let ours = runners
        .iter()
        .find(|one| one["executor"].as_str() == Some("custom"));
    let token = ours.and_then(|one| one["token"].as_str());
    token.expect("it has a token").to_owned()
}

fn is_good(hub: &Hub, token: &str) -> bool {
    let body = json!({"token": token});
    hub.call("POST", "/api/v4/runners/verify", TOKEN, &body).0 == 200
}

fn runners(hub: &Hub) -> Vec<Value> {
    let all = hub.api("GET", "runners/all", &Value::Null);
    let all = all.as_array().expect("it is a list").iter();
    all.map(|one| hub.api("GET", &format!("runners/{}", one["id"]), &Value::Null))
        .collect()
}
