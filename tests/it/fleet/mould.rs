//! Many repositories quickly: one is made by the program, the others are made like it.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use super::{at, commit};
use crate::support::Hub;

/// What a repository consisted of when it was made.
pub(super) struct Mould {
    /// Texts by path.
    pub(super) files: Value,
}

impl Mould {
    #[track_caller]
    pub(super) fn of(hub: &Hub, project: &str) -> Self {
        let made = hub.project(project);
        let rows = made["branches"]["main"]["files"].as_array();
        let rows = rows.expect("it is a list").iter();
        let paths = rows.filter_map(|row| row["path"].as_str());
        let files = paths.map(|path| (path.to_owned(), json!(text(hub, project, path))));
        Mould {
            files: files.collect(),
        }
    }

    /// Another one, marked as ours.
    #[track_caller]
    pub(super) fn cast(&self, hub: &Hub, project: &str) {
        let made = json!({"path": project, "files": self.files});
        hub.control("POST", "projects", &made);
        // The stand-in puts it into every project.
        let stray = json!([{"action": "delete", "file_path": "hello.txt"}]);
        commit(hub, project, "main", &stray);
        let topics = json!({"path": project, "topics": ["baws-managed"]});
        hub.control("POST", "project", &topics);
    }
}

/// Byte for byte, which a file of JSON that is taken for an answer is not.
fn text(hub: &Hub, project: &str, path: &str) -> String {
    let file = path.replace('/', "%2F");
    let way = format!("{}/repository/files/{file}?ref=main", at(project));
    let found = hub.api("GET", &way, &Value::Null);
    let content = found["content"].as_str().expect("a file has content");
    let bytes = BASE64_STANDARD
        .decode(content)
        .expect("GitLab writes base64");
    String::from_utf8(bytes).expect("our files are texts")
}
