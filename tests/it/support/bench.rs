//! The bench that the tests run in, and the one place of the tests that reads the environment.

use std::path::PathBuf;
use std::process::Command;

use super::engine::Engine;

/// Where to go when the bench is missing.
const HOW: &str =
    "run scripts/test, or tests/bench/bench up and tests/bench/bench exec cargo test --test it";

pub(crate) struct Bench {
    /// Of the engine, with `unix://`.
    pub(crate) docker_host: String,
    pub(crate) engine: Engine,
    /// Where its stand-ins keep their journals and look for fault rules.
    pub(crate) state: PathBuf,
    /// The host of the bench's ECR.
    pub(crate) ecr: String,
    /// An interpreter that has boto3.
    pub(crate) python: String,
    /// One that has python-gitlab.
    pub(crate) gitlab_python: String,
    /// What makes a process a client of AWS: keys, region, certificates.
    pub(crate) aws: Vec<(String, String)>,
}

/// Of AWS's own client, and of those that read certificates in another place.
const AWS: [&str; 6] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
];

/// The bench.
///
/// # Panics
/// The tests were started outside it.
#[track_caller]
pub(crate) fn bench() -> Bench {
    assert!(
        variable("BENCH_INSIDE").is_some(),
        "this test needs the bench: {HOW}"
    );
    let named = |name: &str| {
        variable(name).unwrap_or_else(|| panic!("the bench does not set {name}: {HOW}"))
    };
    let docker_host = named("DOCKER_HOST");
    let socket = docker_host
        .strip_prefix("unix://")
        .expect("the bench's engine listens on a unix socket")
        .into();
    Bench {
        engine: Engine::at(socket),
        docker_host,
        state: named("BENCH_STATE").into(),
        ecr: named("BENCH_ECR_HOST"),
        python: named("BENCH_AWS_PYTHON"),
        gitlab_python: named("BENCH_GITLAB_PYTHON"),
        aws: AWS
            .iter()
            .map(|name| ((*name).to_owned(), named(name)))
            .collect(),
    }
}

impl Bench {
    /// Calls the bench's own command, such as `dockerd kill`.
    #[track_caller]
    pub(crate) fn command(&self, words: &[&str]) {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/bench");
        let done = Command::new(program)
            .args(words)
            .output()
            .expect("the bench's command is in this repository");
        assert!(
            done.status.success(),
            "`{program} {}` failed: {}",
            words.join(" "),
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment in the tests"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where secrets and tables of the tests are.
pub(crate) const REGION: &str = "eu-west-1";

/// What AWS has, asked by another client, boto3: `s` is its Secrets Manager, `d` its DynamoDB. The code prints JSON.
#[track_caller]
pub(crate) fn aws(code: &str) -> serde_json::Value {
    let bench = bench();
    let text = format!(
        "import boto3,json\ns=boto3.client('secretsmanager',region_name='{REGION}')\nd=boto3.client('dynamodb',region_name='{REGION}')\n{code}"
    );
    let done = std::process::Command::new(&bench.python)
        .args(["-c", &text])
        .envs(bench.aws)
        .output()
        .expect("the bench has an interpreter");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    serde_json::from_slice(&done.stdout).expect("it prints JSON")
}
