//! Texts of others: nothing in them reaches the log as more than text.

use serde_json::json;

use crate::support::Site;
use crate::support::cluster::ended_as;

#[test]
fn no_escape_sequence_and_no_section_of_anothers_reaches_the_log() {
    let site = Site::deploying();
    site.pushed("latest", "before");
    let evil =
        "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nsection_start:1:x\r\u{1b}[0Kboo \u{202e}gpj.exe \u{9b}31m";
    let service = site.service(json!({"breaker": "off"}));
    let image = site.pushed("latest", "after");
    service.goes(json!([
        {"at": 0.05, "tasks": {"pending": 2, "running": 0}, "event": evil},
        {"at": 0.1, "stopped_task": {"stop_code": "EssentialContainerExited", "reason": evil, "container": "app", "exit_code": 1, "container_reason": evil, "count": 3, "log": [evil, evil]}},
    ]));
    let report = site.stand.dir().join("report.html");
    let report = report.to_str().expect("it is text");
    let (told, ended) = service.result(&["deploy", "--image", &image, "--report", report]);
    ended_as(&told, &ended, "failed", 5);
    let html = std::fs::read_to_string(report).expect("the report was written");
    for text in [ended.err(), ended.out(), html] {
        let odd = text
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(odd, None, "{text:?}");
        let section = text
            .lines()
            .find(|line| line.trim_start().starts_with("section_"));
        assert_eq!(section, None, "{text}");
    }
}
