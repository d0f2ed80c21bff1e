//! A job of this host, as drain and status tell it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::output;

#[derive(Clone, Debug, Default)]
pub(crate) struct RunningJob {
    /// As in the names of its containers.
    pub(crate) key: String,
    /// Its number in GitLab. `None` here and below: it is not known.
    pub(crate) id: Option<u64>,
    pub(crate) project: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) runs_for: Duration,
}

impl RunningJob {
    /// Number, project, name, and how long it runs; names come from a pipeline's author.
    pub(super) fn cells(&self) -> [String; 4] {
        let plain = |text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            text.replace(char::is_control, " ")
        };
        let id = self.id.map(|id| id.to_string());
        [
            id.unwrap_or_else(|| self.key.clone()),
            plain(&self.project),
            plain(&self.name),
            output::age(self.runs_for),
        ]
    }

    /// `12 (group/app, test), 3 min`
    pub(super) fn line(&self) -> String {
        let [id, project, name, age] = self.cells();
        let known: Vec<String> = [project, name]
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        match known.is_empty() {
            true => format!("{id}, {age}"),
            false => format!("{id} ({}), {age}", known.join(", ")),
        }
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "key": self.key,
            "id": self.id,
            "project": self.project,
            "name": self.name,
            "runs_for_secs": self.runs_for.as_secs(),
        })
    }
}

/// `2 jobs: 12 (group/app, test), 3 min; …`
pub(super) fn told(jobs: &[RunningJob]) -> String {
    let lines: Vec<String> = jobs.iter().map(RunningJob::line).collect();
    match jobs.len() {
        0 => "no job".to_owned(),
        1 => format!("1 job: {}", lines[0]),
        many => format!("{many} jobs: {}", lines.join("; ")),
    }
}
