//! Templates published, and repositories kept current by them, against a stateful GitLab.
//!
//! Read first: this file's words (`Templates`, `fleet`, `change`, `merge`), then `sync`, then any promise.

mod beside;
mod broken;
mod check;
mod choices;
mod diff;
mod hostile;
mod independent;
mod interrupted;
mod merged;
mod mould;
mod page;
mod publish;
mod rewritten;
mod rollback;
mod skipped;

mod sync;
mod told;
mod tree;
mod versions;
mod waves;

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use versions::{Templates, other_port};

use crate::support::Hub;
use crate::support::hub::{TOKEN, Told};

/// Where all updates come from.
const BRANCH: &str = "baws-ci/template-sync";
/// What a repository remembers of its templates.
const LOCK: &str = ".baws/templates.lock.yaml";

/// A GitLab with version 1.0.0 of the templates, and Node applications of these names in `aws-app`.
fn fleet(names: &[&str]) -> Hub {
    let hub = Hub::start();
    Templates::few(&hub, "1.0.0").out(&hub);
    for name in names {
        born(&hub, &format!("aws-app/{name}"), "nodejs");
    }
    hub
}

#[track_caller]
fn born(hub: &Hub, project: &str, kind: &str) {
    hub.run(&[
        "bootstrap-repo",
        project,
        "--kind",
        kind,
        "--owner",
        "group:default/x",
    ])
    .is(0);
}

fn sync(hub: &Hub, words: &[&str]) -> Told {
    let mut all = vec!["template", "sync", "--group", "aws-app"];
    all.extend(words);
    hub.run(&all)
}

fn check(hub: &Hub, words: &[&str]) -> Told {
    let mut all = vec!["template", "check", "--group", "aws-app"];
    all.extend(words);
    hub.run(&all)
}

/// What a run says of one repository, as `verdict: notes`.
#[track_caller]
fn verdict(told: &Told, project: &str) -> String {
    let value = told.json();
    let all = value["repositories"].as_array().expect("it is a list");
    let one = all.iter().find(|one| one["project"] == project);
    let one = one.unwrap_or_else(|| panic!("{project} is not told: {value}"));
    let notes = one["notes"].as_array().expect("it is a list").iter();
    let notes: Vec<&str> = notes.filter_map(Value::as_str).collect();
    let verdict = one["verdict"].as_str().expect("it is a word");
    match notes.is_empty() {
        true => verdict.to_owned(),
        false => format!("{verdict}: {}", notes.join("; ")),
    }
}

/// Code, words and data; what is told of each repository in the order of their names, for they end in any order.
fn ordered(told: &Told) -> String {
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in told.err.lines() {
        let name = match line.starts_with("aws-app/") {
            true => line.to_owned(),
            false => "later".to_owned(),
        };
        match parts.last_mut() {
            Some((_, text)) if line.starts_with("  ") => text.push_str(&format!("{line}\n")),
            Some(_) | None => parts.push((name, format!("{line}\n"))),
        }
    }
    parts.sort_by(|one, other| one.0.cmp(&other.0));
    let err: String = parts.into_iter().map(|(_, text)| text).collect();
    format!("{}\n{err}{}", told.code, told.out)
}

fn at(project: &str) -> String {
    format!("projects/{}", project.replace('/', "%2F"))
}

/// A commit of a developer, who is not the program's user.
#[track_caller]
fn commit(hub: &Hub, project: &str, branch: &str, actions: &Value) {
    let body = json!({"branch": branch, "commit_message": "By hand", "actions": actions});
    commit_as(hub, project, &body);
}

#[track_caller]
fn commit_as(hub: &Hub, project: &str, body: &Value) {
    let token = "glpat-developer";
    if hub.call("GET", "/api/v4/user", token, &Value::Null).0 != 200 {
        hub.control("POST", "users", &json!({"username": "dev"}));
        hub.control("POST", "tokens", &json!({"token": token, "user": "dev"}));
        for group in ["aws-app", "platform"] {
            let member = json!({"group": group, "user": "dev", "access_level": 40});
            hub.control("POST", "members", &member);
        }
    }
    let way = format!("/api/v4/{}/repository/commits", at(project));
    let (status, value) = hub.call("POST", &way, token, body);
    assert_eq!(status, 201, "{project}: {value}");
}

/// A developer's change of a file at the default branch.
#[track_caller]
fn change(hub: &Hub, project: &str, path: &str, text: &str) {
    let action = json!([{"action": "update", "file_path": path, "content": text}]);
    commit(hub, project, "main", &action);
}

/// The same, of a part of it.
#[track_caller]
fn edit(hub: &Hub, project: &str, path: &str, from: &str, to: &str) {
    let text = hub.file(project, path, "main");
    assert!(text.contains(from), "{path} has no {from:?}: {text}");
    change(hub, project, path, &text.replace(from, to));
}

#[track_caller]
fn remove(hub: &Hub, project: &str, path: &str) {
    let action = json!([{"action": "delete", "file_path": path}]);
    commit(hub, project, "main", &action);
}

/// Its merge requests, the newest first.
#[track_caller]
fn requests(hub: &Hub, project: &str) -> Vec<Value> {
    let way = format!("{}/merge_requests", at(project));
    let all = hub.api("GET", &way, &Value::Null);
    all.as_array().expect("it is a list").clone()
}

/// Its one open merge request.
#[track_caller]
fn open(hub: &Hub, project: &str) -> Value {
    let all = requests(hub, project);
    let open: Vec<&Value> = all.iter().filter(|one| one["state"] == "opened").collect();
    assert_eq!(open.len(), 1, "{project}: {all:?}");
    open[0].clone()
}

/// The pipeline of the branch of updates ends.
#[track_caller]
fn ends(hub: &Hub, project: &str, status: &str) {
    let body = json!({"project": project, "ref": BRANCH, "status": status});
    hub.control("POST", "pipeline", &body);
}

/// Its pipeline passes, and people merge it.
#[track_caller]
fn merge(hub: &Hub, project: &str) {
    ends(hub, project, "success");
    let way = format!(
        "{}/merge_requests/{}/merge",
        at(project),
        open(hub, project)["iid"]
    );
    hub.api("PUT", &way, &json!({}));
}

#[track_caller]
fn close(hub: &Hub, project: &str) {
    let way = format!(
        "{}/merge_requests/{}",
        at(project),
        open(hub, project)["iid"]
    );
    hub.api("PUT", &way, &json!({"state_event": "close"}));
}

/// The requests of the program since the last look, and those of them that change something.
fn traffic(hub: &Hub) -> (usize, usize) {
    let asked = hub.asked();
    let path = |one: &Value| one["path"].as_str().unwrap_or_default().to_owned();
    let api: Vec<&Value> = asked
        .iter()
        .filter(|one| path(one).starts_with("/api/"))
        .collect();
    let writes = api
        .iter()
        .filter(|one| one["method"] != "GET" && !path(one).contains("/ci/lint"));
    (api.len(), writes.count())
}

/// A work tree.
#[track_caller]
fn cloned(hub: &Hub, project: &str, name: &str) -> PathBuf {
    let tree = hub.room.path().join(name);
    let url = hub.url.replace("http://", &format!("http://root:{TOKEN}@"));
    let mut git = Command::new("/usr/bin/git");
    git.args(["clone", "-q", &format!("{url}/{project}.git")])
        .arg(&tree);
    ran(&mut git);
    tree
}

#[track_caller]
fn ran(command: &mut Command) -> String {
    let done = command.output().expect("it is installed");
    let error = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {error}");
    String::from_utf8_lossy(&done.stdout).into_owned()
}
