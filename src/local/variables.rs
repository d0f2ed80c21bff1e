//! The job's variables as the runner hands them on: its own, the server's over them, each expanded once.
//!
//! Source of order and expansion: gitlab-runner `common/build.go` `GetAllVariables`, `common/spec` `Variables.Expand`: later
//! ones win, one pass over unexpanded values, raw ones are left alone, file variables stand for their path in others.

use std::collections::BTreeMap;

use crate::job::{JobResponse, Variable, expand};

/// What the runner, here the driver, knows beside the payload.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// Empty while `config` runs for the first time.
    pub(super) builds_dir: String,
    pub(super) project_dir: String,
    pub(super) slot: u32,
    pub(super) status: Status,
}

/// `CI_JOB_STATUS`: `running` until the script's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Running,
    Success,
    Failed,
    Canceled,
    TimedOut,
}

impl Status {
    fn text(self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Success => "success",
            Status::Failed => "failed",
            Status::Canceled => "canceled",
            Status::TimedOut => "timedout",
        }
    }
}

/// How a variable reaches a script.
pub(super) enum Export<'a> {
    Text(&'a str),
    File { path: &'a str, content: &'a str },
}

/// The short token of the runner that `local` stands for; a part of every Docker name.
pub(super) const RUNNER: &str = "local";
/// The version of the contract that is kept, and that the executor asks for.
const VERSION: &str = "19.3.0";

#[derive(Clone, Debug)]
pub(super) struct Variables {
    order: Vec<String>,
    entries: BTreeMap<String, Entry>,
    /// What `$NAME` stands for elsewhere.
    values: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
struct Entry {
    value: String,
    path: Option<String>,
    masked: bool,
}

impl Variables {
    pub(super) fn new(job: &JobResponse, at: &Surroundings) -> Self {
        let temporary = format!("{}.tmp", at.project_dir);
        let own = |key: &str, value: &str| Variable {
            key: key.to_owned(),
            value: value.to_owned(),
            public: true,
            file: false,
            masked: false,
            raw: true,
        };
        let mut all = Vec::new();
        if !job.image.name.is_empty() {
            all.push(Variable {
                raw: false,
                ..own("CI_JOB_IMAGE", &job.image.name)
            });
        }
        all.extend([
            own("CI_RUNNER_SHORT_TOKEN", RUNNER),
            own("CI_BUILDS_DIR", &at.builds_dir),
            own("CI_PROJECT_DIR", &at.project_dir),
            own("CI_CONCURRENT_ID", &at.slot.to_string()),
            own("CI_CONCURRENT_PROJECT_ID", &at.slot.to_string()),
            own("CI_SERVER", "yes"),
            own("CI_JOB_STATUS", at.status.text()),
            own("CI_JOB_TIMEOUT", &job.timeout_secs().to_string()),
        ]);
        all.extend(job.variables.iter().cloned());
        all.extend([
            own("CI_SHARED_ENVIRONMENT", "true"),
            own("CI_RUNNER_VERSION", VERSION),
            own("CI_RUNNER_EXECUTABLE_ARCH", architecture()),
            own("RUNNER_TEMP_PROJECT_DIR", &temporary),
        ]);
        Variables::expanded(&all, &temporary)
    }

    fn expanded(all: &[Variable], temporary: &str) -> Self {
        let path = |variable: &Variable| {
            variable
                .file
                .then(|| format!("{temporary}/{}", variable.key))
        };
        let seen = |variable: &Variable| path(variable).unwrap_or_else(|| variable.value.clone());
        let unexpanded: BTreeMap<String, String> =
            all.iter().map(|one| (one.key.clone(), seen(one))).collect();
        let mut variables = Variables {
            order: Vec::new(),
            entries: BTreeMap::new(),
            values: BTreeMap::new(),
        };
        for one in all {
            let value = if one.raw {
                one.value.clone()
            } else {
                expand(&one.value, &unexpanded)
            };
            let path = path(one);
            variables.values.insert(
                one.key.clone(),
                path.clone().unwrap_or_else(|| value.clone()),
            );
            let entry = Entry {
                value,
                path,
                masked: one.masked,
            };
            if variables.entries.insert(one.key.clone(), entry).is_none() {
                variables.order.push(one.key.clone());
            }
        }
        variables
    }

    /// The value; a file variable's content.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.entries.get(name).map(|entry| entry.value.as_str())
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1"))
    }

    /// `text` with the job's variables in it; a file variable stands for its path.
    pub(super) fn expand(&self, text: &str) -> String {
        expand(text, &self.values)
    }

    /// Names and values for the environment of a stage, without their prefix; file variables by content.
    pub(super) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry.value.as_str()))
    }

    /// What scripts export, in the runner's order. Names that no shell can hold are left out.
    pub(super) fn exports(&self) -> impl Iterator<Item = (&str, Export<'_>)> {
        let shell = |name: &&String| crate::pipeline::is_variable_name(name);
        self.order.iter().filter(shell).filter_map(|name| {
            let entry = self.entries.get(name)?;
            Some((
                name.as_str(),
                match &entry.path {
                    Some(path) => Export::File {
                        path,
                        content: &entry.value,
                    },
                    None => Export::Text(&entry.value),
                },
            ))
        })
    }

    /// What must not be seen in the job log.
    pub(super) fn masked(&self) -> Vec<String> {
        self.entries
            .values()
            .filter(|entry| entry.masked && !entry.value.is_empty())
            .map(|entry| entry.value.clone())
            .collect()
    }
}

/// As Go names it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "linux/amd64",
        "aarch64" => "linux/arm64",
        _ => "linux",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(text: &str) -> Variables {
        let job = serde_json::from_str(&format!(r#"{{"id":7,"variables":{text}}}"#)).unwrap();
        let at = Surroundings {
            builds_dir: "/b".into(),
            project_dir: "/b/p".into(),
            slot: 0,
            status: Status::Running,
        };
        Variables::new(&job, &at)
    }

    #[test]
    fn one_pass_over_unexpanded_values_and_the_last_one_wins() {
        let text = r#"[{"key":"A","value":"1"},{"key":"A","value":"2"},{"key":"NEST","value":"$REF"},{"key":"REF","value":"x$A"},
            {"key":"RAW","value":"$A","raw":true},{"key":"SELF","value":"$SELF-x"},{"key":"DIR","value":"$CI_PROJECT_DIR"}]"#;
        let v = variables(text);
        let got = ["A", "NEST", "RAW", "SELF", "DIR"].map(|name| v.get(name).unwrap());
        assert_eq!(got, ["2", "x$A", "$A", "$SELF-x-x", "/b/p"]);
    }

    #[test]
    fn a_file_variable_is_content_by_itself_and_a_path_in_others() {
        let v = variables(
            r#"[{"key":"CERT","value":"pem","file":true},{"key":"SEE","value":"see $CERT"}]"#,
        );
        assert_eq!(
            (v.get("CERT"), v.get("SEE")),
            (Some("pem"), Some("see /b/p.tmp/CERT"))
        );
        assert_eq!(v.expand("$CERT"), "/b/p.tmp/CERT");
    }
}
