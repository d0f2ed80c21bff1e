//! A client that lies about what its context holds gets its own side of its own project the wrong image, and nobody else.

use serde_json::{Value, json};

use super::keys::rules;
use crate::support::visitor::{
    ANSWER, DATA, DATA_END, DOCKERFILE, ENTRIES, From, PROCEED, WANT, entry, frame, request,
};
use crate::support::{Job, Site};

/// What is claimed of every context, whatever it holds.
const CLAIM: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Asks for a build of `word` under the claim; whether anything was built, and what the host answered.
#[track_caller]
fn claim(job: &Job<'_>, repository: &str, word: &[u8]) -> (bool, Value) {
    let waiting = job.waiting();
    let mut visitor = waiting.visit(From::Container("build"));
    visitor.say(&request(&json!({
        "version": 1, "verb": "build", "dockerfile": DOCKERFILE, "dockerfile_name": "Dockerfile",
        "tags": [format!("{repository}:x")], "push": {}, "skip": "when_same", "max_age_secs": 3600,
        "context": {"sha256": CLAIM, "bytes": 3, "entries": 1},
    })));
    let (mut built, mut answer) = (false, Vec::new());
    loop {
        let (kind, payload) = visitor.hear().expect("the host answers");
        match kind {
            PROCEED => {
                built = true;
                let size = word.len() as u64;
                visitor.say(&frame(ENTRIES, &entry(1, 0o644, size, b"word", b"")));
                visitor.say(&frame(ENTRIES, b""));
            }
            WANT => {
                visitor.say(&[frame(DATA, word), frame(DATA_END, b"")].concat());
            }
            ANSWER if payload.is_empty() => break,
            ANSWER => answer.extend(payload),
            _ => {}
        }
    }
    drop(visitor);
    waiting.go().succeeded();
    let answer: Value = serde_json::from_slice(&answer).expect("an answer is JSON");
    assert!(answer["done"].is_object(), "{answer}");
    (built, answer["done"]["pushed"][0]["digest"].clone())
}

#[test]
fn a_client_that_lies_about_its_context_harms_its_own_side_of_its_own_project_only() {
    let site = rules(Site::new(), &["unprotected", "protected"]);
    let repository = site.repository("unprotected/app");
    let liar = site.job().plain();
    let (built, lie) = claim(&liar, &repository, b"lie");
    assert!(built, "nothing stood under its claim");
    let (built, same) = claim(&liar, &repository, b"other");
    assert!(!built && same == lie, "it gets what it claimed before");
    liar.baws("build -q").succeeded();
    liar.cleaned_up();
    let other = site
        .job()
        .with("/job_info/project_id", json!(8))
        .with("/job_info/project_full_path", json!("it/other"))
        .runner("CI_CONCURRENT_PROJECT_ID", "1")
        .plain();
    let (built, honest) = claim(&other, &repository, b"honest");
    assert!(built && honest != lie, "another project builds its own");
    other.cleaned_up();
    let protected = site
        .job()
        .with("/git_info/protected", json!(true))
        .runner("CI_CONCURRENT_PROJECT_ID", "2")
        .plain();
    let (built, honest) = claim(&protected, &site.repository("protected/app"), b"honest");
    assert!(built && honest != lie, "the protected side builds its own");
    protected.cleaned_up();
}
