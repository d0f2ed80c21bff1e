//! The samples of `pipeline-templates`, run from the commit to production: tests, image, registry, services of ECS.
//!
//! What the samples say of images is replaced by what can be had without a registry; all else is theirs and the templates'.

use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::Project;
use crate::support::ecr::repository_of;
use crate::support::{Ended, Started};

/// A sample, its pipeline's inputs, and where it goes.
struct Sample {
    project: Project,
    repository: String,
}

impl Sample {
    /// `inputs` beside those that say where things go.
    fn new(kind: &str, inputs: Value) -> Self {
        images();
        let project = Project::without_git("");
        let bench = &project.stand.bench;
        let name = format!("it-{}", project.stand.token.to_lowercase());
        let repository = format!("{}/{name}/app", bench.ecr);
        let service = |service: &str, repository: &str| {
            let whole = json!({"cluster": name, "service": service, "desired": 2, "image": format!("{repository}:latest")});
            bench.ask(&["ecs-service", "-"], &whole)["service_arn"]
                .as_str()
                .expect("a service has an ARN")
                .to_owned()
        };
        let production = format!("{repository}-production");
        let mut all = json!({
            "job_image": "bench/busybox:1",
            "repository": repository,
            "lower_environment": "dev-ecs",
            "lower_service": service("lower", &repository),
            "production": true,
            "production_environment": "prod-ecs",
            "production_service": service("production", &production),
            "production_repository": production,
        });
        for (key, value) in inputs.as_object().expect("inputs are an object") {
            all[key] = value.clone();
        }
        let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline-templates");
        copy(&templates.join("samples").join(kind), &project.root);
        let stub = json!({"include": [{"project": "platform/pipeline-templates", "ref": "1.0.0",
            "file": format!("/templates/{kind}.yml"), "inputs": all}]});
        project.write(".gitlab-ci.yml", &stub.to_string());
        project.git(&["init", "--quiet", "--initial-branch=main"]);
        project.commit();
        Sample {
            project,
            repository,
        }
    }

    /// `local` by somebody who may push and deploy.
    fn run(&self, jobs: &[&str]) -> Ended {
        let map = ["--map", "platform/pipeline-templates=shipped"];
        let mut command = self
            .project
            .command(&self.project.root, &[&map, jobs].concat());
        let aws = self.project.stand.bench.aws.iter();
        command.envs(aws.map(|(name, value)| (name, value)));
        let ended = Started::begin(command, "local", None).end_of_long(5);
        self.project.nothing_left();
        ended
    }

    /// One digest is in both repositories, and both services are told to run it.
    fn is_one_image(&self, ended: &Ended) {
        let commit = self.project.git(&["rev-parse", "HEAD"]);
        let digest = repository_of(&self.repository).digest(&commit);
        let digest = digest.unwrap_or_else(|| panic!("no image of the commit was pushed: {ended}"));
        let production = format!("{}-production", self.repository);
        let promoted = repository_of(&production).digest(&commit);
        assert_eq!(promoted.as_deref(), Some(digest.as_str()));
        let runs = format!("runs: {digest}");
        let out = ended.out();
        let lines = out.lines();
        assert_eq!(
            lines.filter(|line| line.ends_with(&runs)).count(),
            2,
            "{ended}"
        );
    }
}

/// The images that the samples are tested and built in.
fn images() {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/sample_images");
    let done = Command::new(program)
        .arg("make")
        .output()
        .expect("it is in this repository");
    assert!(
        done.status.success(),
        "`{program} make` failed: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("there is room");
    for entry in std::fs::read_dir(from).expect("it is there").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        match path.is_dir() {
            true => copy(&path, &target),
            false => {
                std::fs::copy(&path, &target).expect("there is room");
            }
        }
    }
}

/// The summary, whose columns are as wide as the times are long.
fn summary(sample: &Sample, ended: &Ended) -> String {
    let summary = sample.project.summary(ended);
    let cells = |line: &str| {
        let cells = line.split("  ").map(str::trim);
        let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
        cells
            .iter()
            .map(|cell| if is_time(cell) { "N s" } else { cell })
            .collect::<Vec<_>>()
            .join(" | ")
    };
    let lines: Vec<String> = summary.lines().map(cells).collect();
    lines.join("\n")
}

/// `9.2 s`, `2 min 03 s`, or those with `N`.
fn is_time(cell: &str) -> bool {
    cell.ends_with(" s")
        && cell
            .chars()
            .all(|letter| letter.is_ascii_digit() || "N .mins".contains(letter))
}

/// Everything up to production, which somebody has asked for.
const ALL: [&str; 2] = ["deploy-prod-ecs", "verify-prod-ecs"];

#[test]
fn nodejs_goes_from_a_commit_to_production() {
    let inputs = json!({"image": "bench/node:1", "base_image": "bench/node:1", "lint": true});
    let sample = Sample::new("nodejs", inputs);
    let ended = sample.run(&ALL).exited_with(0);
    sample.is_one_image(&ended);
    let ended = ended.printed("ℹ pass 4\n");
    assert_snapshot!(summary(&sample, &ended), @r"
    JOB | RESULT | TIME | ENVIRONMENT
    lint | passed | N s
    test | passed | N s
    build-image | passed | N s
    deploy-dev-ecs | passed | N s | dev-ecs
    verify-dev-ecs | passed | N s | dev-ecs (verify)
    deploy-prod-ecs | passed | N s | prod-ecs
    verify-prod-ecs | passed | N s | prod-ecs (verify)
    total | N s
    ");
}

#[test]
fn python_flask_goes_from_a_commit_to_production() {
    let inputs = json!({"image": "bench/python:1", "base_image": "bench/python:1", "lint": true});
    let sample = Sample::new("python-flask", inputs);
    let ended = sample.run(&ALL).exited_with(0);
    sample.is_one_image(&ended);
    let ended = ended.printed("= 5 passed in ");
    assert_snapshot!(summary(&sample, &ended), @r"
    JOB | RESULT | TIME | ENVIRONMENT
    lint | passed | N s
    test | passed | N s
    build-image | passed | N s
    deploy-dev-ecs | passed | N s | dev-ecs
    verify-dev-ecs | passed | N s | dev-ecs (verify)
    deploy-prod-ecs | passed | N s | prod-ecs
    verify-prod-ecs | passed | N s | prod-ecs (verify)
    total | N s
    ");
}

#[test]
fn springboot_goes_from_a_commit_to_production() {
    // Maven's packages cannot be had here: what `mvn verify` and the jar's own tool make is laid down.
    let layers = "for layer in dependencies spring-boot-loader snapshot-dependencies application; do mkdir -p target/layers/$layer; : >target/layers/$layer/.layer; done";
    let inputs =
        json!({"image": "bench/bash:1", "base_image": "bench/bash:1", "test_script": [layers]});
    let sample = Sample::new("springboot", inputs);
    let ended = sample.run(&ALL).exited_with(0);
    sample.is_one_image(&ended);
    assert_snapshot!(summary(&sample, &ended), @r"
    JOB | RESULT | TIME | ENVIRONMENT
    test | passed | N s
    build-image | passed | N s
    deploy-dev-ecs | passed | N s | dev-ecs
    verify-dev-ecs | passed | N s | dev-ecs (verify)
    deploy-prod-ecs | passed | N s | prod-ecs
    verify-prod-ecs | passed | N s | prod-ecs (verify)
    total | N s
    ");
}

#[test]
fn without_a_name_nothing_goes_to_production() {
    let inputs = json!({"image": "bench/bash:1", "base_image": "bench/bash:1", "install_script": [":"], "test_script": ["echo tested"]});
    let sample = Sample::new("nodejs", inputs);
    sample
        .project
        .write("Dockerfile", "ARG BASE\nFROM $BASE\nCOPY src /src\n");
    sample.project.commit();
    let ended = sample.run(&[]).exited_with(0);
    assert_snapshot!(summary(&sample, &ended), @r"
    JOB | RESULT | TIME | ENVIRONMENT
    test | passed | N s
    build-image | passed | N s
    deploy-dev-ecs | passed | N s | dev-ecs
    verify-dev-ecs | passed | N s | dev-ecs (verify)
    verify-prod-ecs | skipped (`deploy-prod-ecs` is manual and was not named)
    total | N s
    ");
    let ended = sample.run(&["verify-prod-ecs"]).exited_with(4);
    assert_snapshot!(sample.project.said(&ended), @r"
    warning: only GitLab can give `id_tokens`: here these go without: `verify-prod-ecs`
    error: the job `verify-prod-ecs` did not run
      caused by: `deploy-prod-ecs` is manual and was not named

    hint: a manual job runs if it is named as well
    ");
}
