//! What gitlab-ci-local, an independent reader of pipelines, says of the same: of the cases as their `case.toml` has it,
//! and of the samples of `pipeline-templates` as we do. `tests/bench/bench install` fetches it.

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::case::Case;

fn peer(words: &[&str]) -> (bool, String, String) {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pipelines/peer.py");
    let done = Command::new("python3")
        .arg(program)
        .args(words)
        .output()
        .expect("python3 is installed");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        done.status.success(),
        text(&done.stdout),
        text(&done.stderr),
    )
}

#[test]
fn it_says_of_the_cases_what_stands_in_them() {
    let (agrees, told, error) = peer(&["--check", "--brief"]);
    assert!(agrees, "{told}{error}");
}

#[derive(Deserialize)]
struct Answer {
    case: String,
    event: String,
    ok: bool,
    jobs: Vec<String>,
    text: String,
}

#[test]
fn it_finds_the_same_jobs_in_every_sample_of_the_templates() {
    let (ended_well, told, error) = peer(&["--samples", "--brief"]);
    assert!(ended_well, "{told}{error}");
    let answers: Vec<Answer> = told
        .lines()
        .map(|line| serde_json::from_str(line).expect("each line is an answer"))
        .collect();
    assert!(answers.len() >= 20, "only {} answers", answers.len());
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline-templates/samples");
    for answer in answers {
        let what = format!("{} on {}", answer.case, answer.event);
        assert!(answer.ok, "{what}: {}", answer.text);
        let sample = Case::of_sample(samples.join(&answer.case));
        // It writes jobs of one stage by what they need.
        let sorted = |mut jobs: Vec<String>| {
            jobs.sort();
            jobs
        };
        let ours = sample
            .on(&answer.event)
            .jobs()
            .unwrap_or_else(|why| panic!("{what}: {why}"));
        assert_eq!(sorted(ours), sorted(answer.jobs), "{what}");
    }
}
