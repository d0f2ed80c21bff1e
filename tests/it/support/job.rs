//! A job as GitLab and the runner describe it: what is special about it is said in words, the rest is plain.
//!
//! Read next: `stages` (what can be done with it), `left` (what it may not leave).

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::Stand;
use super::wait::unique;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_baws-ci");

/// A variable as GitLab sends it.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) public: bool,
    pub(crate) file: bool,
    pub(crate) masked: bool,
}

pub(crate) struct Job<'a> {
    pub(crate) stand: &'a Stand,
    pub(crate) id: u64,
    /// TMPDIR of the attempt.
    pub(crate) tmp: PathBuf,
    pub(super) response: Value,
    pub(super) variables: Vec<Variable>,
    /// What the runner itself sets, without the prefix.
    pub(super) runners: Vec<(String, String)>,
    pub(super) env: Vec<(String, String)>,
    pub(super) scripts: Cell<u32>,
}

impl<'a> Job<'a> {
    pub(super) fn new(stand: &'a Stand) -> Self {
        let number = u64::from_str_radix(&unique()[..8], 16).expect("a uuid is hexadecimal");
        let id = 1_000_000_000 + number;
        let tmp = stand.dir().join(format!("custom-executor{id}"));
        std::fs::create_dir(&tmp).expect("the stand's directory can be written");
        std::fs::set_permissions(&tmp, PermissionsExt::from_mode(0o700)).expect("it is ours");
        let response = json!({
            "id": id, "token": "job-token", "allow_git_fetch": false,
            "job_info": {"name": "job", "stage": "test", "project_id": 7, "project_full_path": "it/project"},
            "git_info": {"ref": "main", "ref_type": "branch", "sha": "5".repeat(40), "before_sha": "0".repeat(40), "protected": false},
            "runner_info": {"timeout": 3600}, "inputs": {}, "variables": [], "steps": [{"name": "script", "script": ["true"]}],
            "image": {"name": "", "executor_opts": {"docker": {"platform": "", "user": ""}}},
            "services": [], "artifacts": null, "cache": [], "credentials": [], "dependencies": [], "features": {}
        });
        let runners = [
            ("CI_RUNNER_SHORT_TOKEN", stand.token.as_str()),
            ("CI_RUNNER_VERSION", "19.3.0"),
            ("CI_CONCURRENT_ID", "0"),
            ("CI_CONCURRENT_PROJECT_ID", "0"),
            ("CI_BUILDS_DIR", "/builds"),
            ("CI_PROJECT_DIR", "/builds/it/project"),
            ("CI_JOB_STATUS", "running"),
            ("CI_SHARED_ENVIRONMENT", "true"),
            ("RUNNER_TEMP_PROJECT_DIR", "/builds/it/project.tmp"),
            ("FF_NETWORK_PER_BUILD", "false"),
            ("CI_JOB_SERVICES", ""),
        ];
        let runners = runners
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let job = Job {
            stand,
            id,
            tmp,
            response,
            variables: Vec::new(),
            runners,
            env: Vec::new(),
            scripts: Cell::new(0),
        };
        job.variable("CI_JOB_ID", &id.to_string())
            .variable("CI_PIPELINE_ID", "31")
    }

    pub(crate) fn image(self, name: &str) -> Self {
        self.with("/image/name", json!(name))
    }

    /// Replaces a part of JOB_RESPONSE_FILE.
    #[track_caller]
    pub(crate) fn with(mut self, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer
            .rsplit_once('/')
            .expect("a JSON pointer has a slash");
        let parent = self
            .response
            .pointer_mut(parent)
            .unwrap_or_else(|| panic!("the job response has no `{pointer}`"));
        parent[key] = value;
        self
    }

    /// Adds a service, given as in JOB_RESPONSE_FILE.
    pub(crate) fn service(mut self, service: Value) -> Self {
        self.response["services"]
            .as_array_mut()
            .expect("it is a list from the start")
            .push(service);
        // Source: gitlab-runner `executors/custom/custom.go`: name, first alias, entrypoint, command.
        let list = self.response["services"].to_string();
        self.runner("CI_JOB_SERVICES", &list)
    }

    pub(crate) fn variable(self, key: &str, value: &str) -> Self {
        self.push(Variable {
            key: key.to_owned(),
            value: value.to_owned(),
            public: true,
            file: false,
            masked: false,
        })
    }

    pub(crate) fn secret(self, key: &str, value: &str) -> Self {
        self.push(Variable {
            key: key.to_owned(),
            value: value.to_owned(),
            public: false,
            file: false,
            masked: true,
        })
    }

    pub(crate) fn file(self, key: &str, value: &str) -> Self {
        self.push(Variable {
            key: key.to_owned(),
            value: value.to_owned(),
            public: true,
            file: true,
            masked: false,
        })
    }

    fn push(mut self, variable: Variable) -> Self {
        self.variables.push(variable);
        self
    }

    /// A variable that the runner gives, such as CI_CONCURRENT_PROJECT_ID.
    pub(crate) fn runner(mut self, name: &str, value: &str) -> Self {
        self.runners.retain(|(known, _)| known != name);
        self.runners.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A variable of the runner's own environment, such as DOCKER_HOST; replaces what the stand-in sets.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }
}
