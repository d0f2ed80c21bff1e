//! `provision` against a state machine that goes by timelines: one order is one execution, whatever is lost on the way.

mod audited;
mod begun;
mod ends;
mod followed;
mod interrupted;
mod jobs;
mod orders;
mod outputs;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Ended, Site, Started};

/// A platform with a state machine of this test's own.
struct Plot {
    site: Site,
    /// ARN.
    machine: String,
    catalog: PathBuf,
}

/// As the first revision of the platform writes it.
const CATALOG: &str = "
kind: AWSEnvironment
metadata: {name: dev, short-name: dev}
---
kind: AWSEnvironmentProvider
metadata: {name: dev-pub, aws-account: '123456789012', aws-region: eu-west-1, vpc: vpc-0abc, cluster-name: 'arn:aws:ecs:eu-west-1:123456789012:cluster/dev'}
spec: {dependsOn: ['awsenvironment:dev']}
";

/// The same with names of parameters, as the platform has it.
fn in_parameters(catalog: &str) -> String {
    let cluster = "'arn:aws:ecs:eu-west-1:123456789012:cluster/dev'";
    catalog
        .replace("vpc-0abc", "/NAME/net")
        .replace(cluster, "/NAME/cluster")
}

impl Plot {
    #[track_caller]
    fn new() -> Self {
        Plot::on(Site::new())
    }

    #[track_caller]
    fn audited() -> Self {
        Plot::on(Site::new().audited())
    }

    #[track_caller]
    fn on(site: Site) -> Self {
        let site = site.set("provision.poll_ms", "20");
        let words = ["states-machine", site.name.as_str()];
        let made = site.stand.bench.ask(&words, &Value::Null);
        let machine = made["arn"].as_str().expect("it has one").to_owned();
        let catalog = site.stand.dir().join("catalog.yaml");
        let plot = Plot {
            site,
            machine,
            catalog,
        };
        plot.write_catalog(CATALOG);
        plot
    }

    /// With the names of network, cluster and machine in parameters of its own, to which the catalog leads.
    #[track_caller]
    fn by_parameters(self) -> Self {
        self.site.boto(&format!(
            "for key, value in (('net', 'vpc-0abc'), ('cluster', 'arn:aws:ecs:eu-west-1:123456789012:cluster/dev'), ('pipelineStateMachine/arn', '{}')):\n    \
                 ssm.put_parameter(Name=f'/{{name}}/{{key}}', Value=value, Type='String')",
            self.machine
        ));
        self.write_catalog(&in_parameters(CATALOG));
        self
    }

    fn write_catalog(&self, text: &str) {
        let text = text.replace("NAME", &self.site.name);
        std::fs::write(&self.catalog, text).expect("the stand's directory can be written");
    }

    /// How the next execution goes, and what else the world holds.
    #[track_caller]
    fn is(&self, scenario: Value) -> &Self {
        let mut whole = scenario;
        whole["machine"] = json!(self.site.name);
        self.site.stand.bench.ask(&["states-scenario", "-"], &whole);
        self
    }

    #[track_caller]
    fn goes(&self, steps: Value) -> &Self {
        self.is(json!({"steps": steps}))
    }

    /// Calls of that name answer so; the first of them when nothing else is said.
    #[track_caller]
    fn fault(&self, fault: Value) -> &Self {
        self.is(json!({"faults": [fault]}))
    }

    #[track_caller]
    fn shown(&self) -> Value {
        let words = ["states-show", &self.site.name];
        self.site.stand.bench.ask(&words, &Value::Null)
    }

    /// The executions, oldest first.
    #[track_caller]
    fn executions(&self) -> Vec<Value> {
        let shown = self.shown();
        shown["executions"]
            .as_array()
            .expect("it is a list")
            .clone()
    }

    /// What was asked by calls of that name.
    #[track_caller]
    fn calls(&self, name: &str) -> Vec<Value> {
        let shown = self.shown();
        let calls = shown["calls"].as_array().expect("it is a list").iter();
        let of = calls.filter(|call| call["call"] == name);
        of.map(|call| call["given"].clone()).collect()
    }

    fn command(&self, words: &[&str]) -> Command {
        let all: Vec<&str> = std::iter::once("provision")
            .chain(words.iter().copied())
            .collect();
        self.site.command(Path::new("/"), &all)
    }

    /// The words of an order of `aws_ecs` for `shop`.
    fn words<'w>(&'w self, more: &[&'w str]) -> Vec<&'w str> {
        let mut words = vec![
            "start",
            "shop",
            "--environment",
            "dev",
            "--state-machine",
            &self.machine,
            "--user",
            "ada",
        ];
        words.extend(["--catalog", self.catalog.to_str().expect("it is UTF-8")]);
        if !more.contains(&"--boilerplate") {
            words.extend(["--boilerplate", "aws_ecs"]);
        }
        words.extend(more);
        words
    }

    #[track_caller]
    fn begin(&self, more: &[&str]) -> Started {
        Started::begin(self.command(&self.words(more)), "provision", None)
    }

    #[track_caller]
    fn start(&self, more: &[&str]) -> Ended {
        self.begin(more).end()
    }

    #[track_caller]
    fn run(&self, words: &[&str]) -> Ended {
        Started::begin(self.command(words), "provision", None).end()
    }

    /// The result as JSON, and how the program ended.
    #[track_caller]
    fn result(&self, more: &[&str]) -> (Value, Ended) {
        let more: Vec<&str> = more.iter().copied().chain(["--json"]).collect();
        let ended = self.start(&more);
        (json_of(&ended), ended)
    }

    fn file(&self, name: &str) -> String {
        self.site.stand.dir().join(name).display().to_string()
    }
}

#[track_caller]
fn json_of(ended: &Ended) -> Value {
    serde_json::from_slice(&ended.stdout)
        .unwrap_or_else(|error| panic!("stdout is no JSON ({error}): {ended}"))
}

impl Ended {
    #[track_caller]
    fn ends(self, code: i32) -> Self {
        assert!(self.code == code, "should have ended with {code}: {self}");
        self
    }
}
