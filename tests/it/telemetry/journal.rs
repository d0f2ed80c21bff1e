//! Entries of the host's journal.

use super::{Journal, Watched, field, whole};

#[test]
fn a_job_is_two_entries_and_a_failure_of_the_host_one_more_with_its_chain() {
    let watched = Watched::new();
    let journal = Journal::in_dir(watched.stand.dir());
    let watched = watched
        .set("telemetry.journal", "true")
        .set("telemetry.journal_socket", &format!("{:?}", journal.path));
    let id = whole(watched.stand.job(), "exit 7").to_string();
    let (began, ended) = (journal.next(), journal.next());
    for entry in [&began, &ended] {
        assert_eq!(field(entry, "SYSLOG_IDENTIFIER"), "baws-ci");
        assert_eq!(field(entry, "BAWS_CI_JOB"), id);
        assert_eq!(field(entry, "BAWS_CI_PROJECT"), "it/project");
        let message_id = field(entry, "MESSAGE_ID");
        assert!(message_id.len() == 32 && message_id.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
    assert_ne!(field(&began, "MESSAGE_ID"), field(&ended, "MESSAGE_ID"));
    assert_eq!(
        (field(&began, "PRIORITY"), field(&ended, "PRIORITY")),
        ("6", "5")
    );
    for (name, value) in [
        ("BAWS_CI_OUTCOME", "failed"),
        ("BAWS_CI_STAGE", "build_script"),
        ("BAWS_CI_EXIT_STATUS", "7"),
        ("BAWS_CI_CLASS", "script"),
    ] {
        assert_eq!(field(&ended, name), value);
    }
    assert!(journal.is_empty());
    let broken = watched
        .stand
        .job()
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    broken.prepare().system_failure();
    journal.next();
    let failed = journal.next();
    assert_eq!(field(&failed, "PRIORITY"), "3");
    assert_eq!(field(&failed, "BAWS_CI_STAGE"), "prepare");
    let message = field(&failed, "MESSAGE");
    assert!(
        message.contains(": cannot reach the Docker engine at "),
        "{message}"
    );
    assert!(message.contains("\ncaused by: "), "{message}");
}
