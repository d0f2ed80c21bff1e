//! Services of the bench's ECS: made as a test wants them, with a timeline for their next deployment, and what became of
//! them. Source of the shapes: `tests/bench/README.md`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::bench::Bench;
use super::ecr::repository_of;
use super::site::write;
use super::{Ended, Site, Started};

/// A service.
pub(crate) struct Service<'a> {
    site: &'a Site,
    pub(crate) arn: String,
    pub(crate) cluster: String,
    pub(crate) name: String,
    /// ARN with revision.
    pub(crate) definition: String,
}

impl Bench {
    /// Calls the bench's own command with JSON on stdin, and reads JSON from stdout.
    #[track_caller]
    pub(crate) fn ask(&self, words: &[&str], request: &Value) -> Value {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/bench");
        let mut child = Command::new(program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the bench's command is in this repository");
        let mut stdin = child.stdin.take().expect("asked for above");
        let sent = stdin.write_all(request.to_string().as_bytes());
        drop(stdin);
        let done = child.wait_with_output().expect("a child can be waited for");
        assert!(
            done.status.success(),
            "`bench {}` failed ({sent:?}): {}",
            words.join(" "),
            String::from_utf8_lossy(&done.stderr)
        );
        serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
    }
}

impl Site {
    /// For tests of deployments: looks follow one another quickly, so that patience is short.
    #[track_caller]
    pub(crate) fn deploying() -> Self {
        Site::new().quickly()
    }

    pub(crate) fn quickly(self) -> Self {
        let all = format!(
            "arn:aws:ecs:eu-west-1:123456789012:service/{}/**",
            self.name
        );
        let images = format!("{}/{}/**", self.host(), self.name);
        let rule = format!(
            "[{{ projects = [\"it/*\"], refs = \"any\", push = [\"{images}\"], create = [\"{images}\"], deploy = [\"{all}\"] }}]"
        );
        self.set("deploy.poll_ms", "20").set("grants", &rule)
    }

    /// An image of this test in its ECR, pushed under `tag` too: `repository@sha256:…`.
    #[track_caller]
    pub(crate) fn pushed(&self, tag: &str, content: &str) -> String {
        let dir = self.stand.dir().join(format!("image-{content}"));
        if !dir.exists() {
            std::fs::create_dir(&dir).expect("the stand's directory can be written");
        }
        write(
            &dir,
            "Dockerfile",
            b"FROM bench/busybox:1\nCOPY hello /hello\n",
        );
        write(&dir, "hello", content.as_bytes());
        let repository = self.repository("app");
        if repository_of(&repository).digest("latest").is_none() {
            let name = repository.split_once('/').expect("it names a registry").1;
            self.stand.bench.command(&["ecr-repository", name]);
        }
        let tag = format!("{repository}:{tag}");
        let built = self
            .here(&dir, &["build", "--push", "-q", "-t", &tag, "."])
            .succeeded();
        built.out().trim().to_owned()
    }

    /// A service that has run in peace, and the image that was pushed under its tag since: `repository@sha256:…`.
    #[track_caller]
    pub(crate) fn changed(&self, spec: Value) -> (Service<'_>, String) {
        self.pushed("latest", "before");
        let service = self.service(spec);
        (service, self.pushed("latest", "after"))
    }

    /// A service called `app` in a cluster of this test's name that has run in peace; `spec` adds to it.
    #[track_caller]
    pub(crate) fn service(&self, spec: Value) -> Service<'_> {
        let mut whole = json!({
            "cluster": self.name, "service": "app", "desired": 2, "breaker": "rollback",
            "image": format!("{}:latest", self.repository("app")), "log_group": format!("/{}/app", self.name),
        });
        for (key, value) in spec.as_object().expect("a spec is an object") {
            whole[key] = value.clone();
        }
        let made = self.stand.bench.ask(&["ecs-service", "-"], &whole);
        let text = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
        Service {
            site: self,
            arn: text("service_arn"),
            cluster: whole["cluster"].as_str().unwrap_or_default().to_owned(),
            name: whole["service"].as_str().unwrap_or_default().to_owned(),
            definition: text("task_definition_arn"),
        }
    }
}

impl Service<'_> {
    /// How its next deployment goes.
    #[track_caller]
    pub(crate) fn goes(&self, steps: Value) -> &Self {
        self.scenario(json!({"for": "next", "steps": steps}))
    }

    #[track_caller]
    pub(crate) fn scenario(&self, scenario: Value) -> &Self {
        let mut whole = scenario;
        whole["cluster"] = json!(self.cluster);
        whole["service"] = json!(self.name);
        self.site.stand.bench.ask(&["ecs-scenario", "-"], &whole);
        self
    }

    /// What the bench holds of it, and what it was asked.
    #[track_caller]
    pub(crate) fn shown(&self) -> Value {
        let words = ["ecs-show", &self.cluster, &self.name];
        self.site.stand.bench.ask(&words, &Value::Null)
    }

    /// How many updates it got.
    #[track_caller]
    pub(crate) fn updates(&self) -> usize {
        self.shown()["updates"].as_array().map_or(0, Vec::len)
    }

    /// Runs `baws-ci WORDS` on it, outside any job.
    #[track_caller]
    pub(crate) fn baws(&self, words: &[&str]) -> Ended {
        self.begin(words).end()
    }

    #[track_caller]
    pub(crate) fn begin(&self, words: &[&str]) -> Started {
        let mut all = vec![words[0], self.arn.as_str()];
        all.extend(&words[1..]);
        let command = self.site.command(Path::new("/"), &all);
        Started::begin(command, words[0], None)
    }

    /// The result as JSON, and how the program ended.
    #[track_caller]
    pub(crate) fn result(&self, words: &[&str]) -> (Value, Ended) {
        let mut all = vec![words[0], "--json"];
        all.extend(&words[1..]);
        let ended = self.baws(&all);
        let told = serde_json::from_slice(&ended.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON ({error}): {ended}"));
        (told, ended)
    }
}

/// The exit code and the outcome belong together.
#[track_caller]
pub(crate) fn ended_as(told: &Value, ended: &Ended, outcome: &str, code: i32) {
    assert_eq!(
        (
            told["outcome"].as_str(),
            told["exit_code"].as_i64(),
            ended.code
        ),
        (Some(outcome), Some(i64::from(code)), code),
        "{told:#}\n{ended}"
    );
}

/// How a program that is to be killed is.
pub(crate) const KILL: Signal = Signal::KILL;
