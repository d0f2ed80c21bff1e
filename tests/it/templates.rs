//! The templates that the program carries: what each takes, what a repository receives, and that all of it is valid.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::job::PROGRAM;

fn template(words: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.arg("template").args(words).env("NO_COLOR", "1");
    command.output().expect("the program runs")
}

#[track_caller]
fn printed(words: &[&str]) -> String {
    let done = template(words);
    assert!(
        done.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).expect("it is UTF-8")
}

/// What it said, behind its exit code.
fn said(words: &[&str]) -> String {
    let done = template(words);
    let code = done.status.code().expect("it ended by itself");
    format!("{code}\n{}", String::from_utf8_lossy(&done.stderr))
}

#[track_caller]
fn json(words: &[&str]) -> Value {
    serde_json::from_str(&printed(words)).expect("it is JSON")
}

fn kinds() -> Vec<String> {
    let listed = json(&["list", "--json"]);
    let templates = listed["templates"].as_array().expect("it is a list");
    let name = |one: &Value| one["name"].as_str().expect("it has a name").to_owned();
    templates.iter().map(name).collect()
}

#[test]
fn every_kind_of_the_platform_is_listed() {
    assert_snapshot!(printed(&["list"]), @r"
    KIND                 WHAT IT IS                                                                                                                INPUTS
    backstage            Backstage application on ECS: check, test, build the backend, then the image from what was built                          79
    cdk                  CDK application: tests, a difference for each environment, and the deployment of exactly what was synthesised for it      51
    cloudformation       A template of CloudFormation: a change set for each environment, and the execution of exactly that change set             53
    nodejs-efs           Node application with a file system of EFS on ECS                                                                         78
    nodejs-rds           Node application with a database of RDS on ECS: tests beside a database, migrations before each deployment                78
    nodejs               Node application on ECS: test, build once, deploy that digest to each environment                                         77
    python-flask         Flask application on ECS: test, build once, deploy that digest to each environment                                        77
    serverless-rest-api  REST API of Lambda functions with SAM: tests, build once, a change set for each environment, and exactly that change set  56
    springboot           Spring Boot application on ECS: `mvn verify` makes the jar and its layers, the Dockerfile copies them. No Docker daemon   77
    terraform            Terraform (or OpenTofu): format, validity, a plan for each environment, and exactly that plan                             55
    ");
}

#[test]
fn every_input_has_a_type_a_description_and_a_default() {
    for kind in kinds() {
        let shown = json(&["show", &kind, "--json"]);
        let inputs = shown["inputs"].as_array().expect("it is a list");
        assert!(inputs.len() > 20, "{kind} takes {} inputs", inputs.len());
        for input in inputs {
            let is_text = |key: &str| input[key].as_str().is_some_and(|text| !text.is_empty());
            assert!(
                is_text("type") && is_text("description") && !input["default"].is_null(),
                "{kind}: {input}"
            );
        }
    }
}

/// Whoever knows one kind knows the others: only defaults may differ, and what a text says of another language.
#[test]
fn an_input_is_the_same_in_every_kind() {
    let mut known: BTreeMap<String, (String, Value)> = BTreeMap::new();
    for kind in kinds() {
        let shown = json(&["show", &kind, "--json"]);
        for input in shown["inputs"].as_array().expect("it is a list") {
            let name = input["name"].as_str().expect("it has a name").to_owned();
            let form = ["type", "options", "regex"].map(|key| input[key].clone());
            let form = Value::from(form.to_vec());
            match known.get(&name) {
                Some((first, other)) => {
                    assert_eq!(*other, form, "`{name}` of {kind} and of {first}")
                }
                None => {
                    known.insert(name, (kind.clone(), form));
                }
            }
        }
    }
}

#[test]
fn a_template_tells_what_it_takes() {
    let shown = printed(&["show", "nodejs"]);
    let lines: Vec<&str> = shown.lines().collect();
    assert_snapshot!(lines[..3].join("\n"), @r"
    nodejs 1.0.0: Node application on ECS: test, build once, deploy that digest to each environment

    jobs: lint, test, build-image, secret-scan, code-quality, image-scan, deploy-lower, verify-lower, deploy-production, verify-production, keep-cache, rollback-lower, stop-lower, restart-lower, rollback-production, stop-production, restart-production
    ");
    let few: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with("INPUT") || line.starts_with("image_") && line.len() < 130)
        .collect();
    assert_snapshot!(few.join("\n"), @r"
    INPUT                       TYPE     DEFAULT                                    MEANING
    image_scan_image            string   aquasec/trivy:0.58.1                       Image of the scanner
    ");
}

#[test]
fn a_repository_includes_a_project_or_a_component() {
    let inputs = [
        "--input",
        "production=true",
        "--input",
        "test_script=[\"npm run all\", 'true']",
        "--input",
        "lower_environment=dev",
    ];
    assert_snapshot!(printed(&[&["render", "nodejs"], inputs.as_slice()].concat()), @r"
    # The pipeline of a `nodejs` application; what it takes: baws-ci template show nodejs
    include:
    - project: platform/pipeline-templates
      ref: 1.0.0
      file: /templates/nodejs.yml
      inputs:
        lower_environment: dev
        production: true
        test_script:
        - npm run all
        - 'true'
    ");
    assert_snapshot!(printed(&["render", "terraform", "--component", "--project", "ops/ci", "--ref", "2"]), @r"
    # The pipeline of a `terraform` application; what it takes: baws-ci template show terraform
    include:
    - component: $CI_SERVER_FQDN/ops/ci/terraform@2
    ");
}

/// A directory with a pipeline, and lint in it.
#[track_caller]
fn is_valid(pipeline: &str, of: &str) {
    let place = TempDir::with_prefix("baws-it-").expect("there is room");
    std::fs::write(place.path().join("ci.yml"), pipeline).expect("there is room");
    lint(place.path(), &["ci.yml"], of);
}

#[track_caller]
fn lint(directory: &Path, words: &[&str], of: &str) {
    let map = ["--map", "platform/pipeline-templates=shipped"];
    let done = Command::new(PROGRAM)
        .current_dir(directory)
        .args(["template", "lint", "--strict"])
        .args(map)
        .args(words)
        .output()
        .expect("the program runs");
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success() && told.contains("is valid: "),
        "{of}: {told}"
    );
}

#[test]
fn every_kind_and_every_sample_is_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline-templates");
    for kind in kinds() {
        is_valid(&printed(&["render", &kind]), &kind);
        is_valid(&printed(&["render", &kind, "--merged"]), &kind);
        is_valid(
            &printed(&["render", &kind, "--component"])
                .replace("$CI_SERVER_FQDN", "gitlab.example"),
            &kind,
        );
        lint(
            &root.join("samples").join(&kind),
            &[".gitlab-ci.yml"],
            &kind,
        );
        let file = format!("templates/{kind}.yml");
        lint(&root, &["--project", ".", &file], &kind);
    }
}

#[test]
fn what_a_template_does_not_take_is_refused_with_what_it_takes() {
    assert_snapshot!(said(&["render", "nodejs", "--input", "scans_block=maybe", "--input", "lower_strategi=pin"]), @r"
    2
    error: the template `nodejs` does not take these inputs
      caused by: there is no input `lower_strategi`
      caused by: the input `scans_block` must be a boolean, and is a string

    hint: `baws-ci template show nodejs` tells what it takes
    ");
    assert_snapshot!(said(&["render", "python", "--merged"]), @r"
    2
    error: there is no template `python`

    hint: the templates are backstage, cdk, cloudformation, nodejs-efs, nodejs-rds, nodejs, python-flask, serverless-rest-api, springboot, terraform
    ");
    assert_snapshot!(said(&["render", "nodejs", "--input", "alone"]), @r"
    2
    error: `--input alone` sets no input

    hint: write `--input NAME=VALUE`
    ");
}

#[test]
fn a_file_that_the_program_does_not_carry_is_named() {
    let place = TempDir::with_prefix("baws-it-").expect("there is room");
    let text = "include: [{project: platform/pipeline-templates, file: /templates/cobol.yml}]\n";
    std::fs::write(place.path().join("ci.yml"), text).expect("there is room");
    let done = Command::new(PROGRAM)
        .current_dir(place.path())
        .args([
            "template",
            "lint",
            "--map",
            "platform/pipeline-templates=shipped",
            "ci.yml",
        ])
        .output()
        .expect("the program runs");
    assert_eq!(done.status.code(), Some(2));
    assert_snapshot!(String::from_utf8_lossy(&done.stdout), @r"
    ci.yml:1:11: error[include]: `templates/cobol.yml` is no file of the templates that this program carries
      1 | include: [{project: platform/pipeline-templates, file: /templates/cobol.yml}]
        |           ^
      hint: `baws-ci template list` names the templates
    `ci.yml` is not valid: 1 error
    ");
}
