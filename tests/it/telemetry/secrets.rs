//! What is masked in a job's log stands in nothing that the host tells.

use serde_json::json;

use super::collector::{Collector, Manner};
use super::{Journal, Watched};
use crate::support::Started;

const SECRET: &str = "planted-s3cret-value";
const PASSWORD: &str = "planted-p4ssword";
const TOKEN: &str = "glpat-PlantedToken0123456789";

#[test]
fn planted_secrets_stand_nowhere() {
    let collector = Collector::new(Manner::Takes);
    let watched = Watched::new();
    let journal = Journal::in_dir(watched.stand.dir());
    let watched = watched
        .set("telemetry.otlp_endpoint", &format!("{:?}", collector.url))
        .set("telemetry.journal", "true")
        .set("telemetry.journal_socket", &format!("{:?}", journal.path));
    let credential =
        json!([{"type": "registry", "url": "r.example", "username": "u", "password": PASSWORD}]);
    let job = watched
        .stand
        .job()
        .secret("A_SECRET", SECRET)
        .image(&format!("nowhere.invalid/{SECRET}/{PASSWORD}:1"))
        .with("/credentials", credential)
        .with("/job_info/name", json!(format!("{TOKEN} {SECRET}")));
    let ended = job.prepare();
    assert_ne!(ended.code, 0);
    let state = watched.stand.state_dir().join("diaries");
    let diary: String = std::fs::read_dir(state)
        .unwrap()
        .flatten()
        .map(|entry| std::fs::read_to_string(entry.path()).unwrap())
        .collect();
    job.cleaned_up();
    let page = watched.stand.dir().join("page.html");
    let report = |form: &[&str]| {
        let words = [&["executor", "report"], form].concat();
        let ended = Started::begin(job.command(&words), "report", None)
            .end()
            .succeeded();
        ended.out() + &ended.err()
    };
    let told = [
        diary,
        format!("{:?}", watched.records()),
        std::fs::read_to_string(watched.metrics_file()).unwrap(),
        collector.next().body.to_string(),
        format!("{:?}", (journal.next(), journal.next(), journal.next())),
        report(&[]),
        report(&["--json"]),
        report(&["-o", page.to_str().unwrap()]),
        std::fs::read_to_string(&page).unwrap(),
    ];
    for text in &told {
        for planted in [SECRET, PASSWORD, &TOKEN[6..]] {
            assert!(!text.contains(planted), "{planted} stands in {text}");
        }
    }
    assert!(told[1].contains("[MASKED]"), "{}", told[1]);
}
