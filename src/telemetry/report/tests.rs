//! What the report makes of records, good and hostile.

use serde_json::{Value, json};

use super::*;

fn record(job: u64, ended_ms: u64, more: Value) -> String {
    let mut record = json!({
        "schema": "baws-ci/job/1", "ended_at": ended_ms / 1000, "started_ms": ended_ms - 10_000, "ended_ms": ended_ms,
        "job_id": job, "job": "test", "project_id": 7, "project": "group/app", "image": "a", "services": 0,
        "outcome": "success", "parts": {"images_ms": 2000, "script_ms": 6000, "build_ms": 1500}});
    let fields = more.as_object().cloned().unwrap_or_default();
    for (name, value) in fields {
        record[name] = value;
    }
    format!("{record}\n")
}

fn told(text: &str) -> summary::Told {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("jobs.jsonl");
    std::fs::write(&file, text).unwrap();
    let mut summary = Summary::of(1_000_000, 2_000_000);
    read::records(&file, &mut summary).unwrap();
    summary.told()
}

#[test]
fn time_is_told_once_and_only_what_is_within_the_time() {
    let failed = json!({"outcome": "failed", "failure": {"stage": "build_script", "class": "script", "exit_status": 7}});
    let told = told(
        &[
            record(1, 900_000, json!({})),
            record(
                2,
                1_100_000,
                json!({"pulled": [{"image": "node:22", "ms": 1800}]}),
            ),
            record(3, 1_999_999, failed),
            record(
                3,
                2_000_000,
                json!({"outcome": "new", "parts": {"invented_ms": 1}}),
            ),
            record(4, 2_000_001, json!({})),
        ]
        .concat(),
    );
    assert_eq!((told.records, told.jobs, told.broken_lines), (3, 2, 0));
    let part = |name: &str| told.parts.iter().find(|part| part.name == name).unwrap().ms;
    assert_eq!(
        ["images", "script", "build", "other", "between"].map(part),
        [4000, 9000, 3000, 1, 13_999]
    );
    assert_eq!(told.total_ms, 30_000);
    assert_eq!(told.failures.len(), 2);
    assert_eq!(told.failures[1].latest[0].sentence, "exit status 7");
    assert_eq!(
        (told.images[0].name.as_str(), told.images[0].count),
        ("node:22", 1)
    );
    let words = words::words(&told);
    assert!(words.contains("1 success, 1 failed, 1 unknown"), "{words}");
    assert!(words.contains("exit status 7"), "{words}");
}

#[test]
fn broken_lines_are_counted_and_left_out() {
    let long = format!("{}\n", "x".repeat(300_000));
    let told = told(
        &[
            "nonsense\n",
            "\n",
            "{\"schema\":\"other/1\"}\n",
            "[1]\n",
            "\0\u{1b}\n",
            &long,
            &record(1, 1_500_000, json!({})),
            &record(2, 1_500_000, json!({"parts": "x"})),
            "{\"schema\":\"baws-ci/job/1\",\"ended",
        ]
        .concat(),
    );
    assert_eq!((told.records, told.broken_lines), (1, 7));
}

#[test]
fn records_of_an_earlier_version_are_read() {
    let text = "{\"schema\":\"baws-ci/job/1\",\"ended_at\":1500,\"image\":\"a\",\"job\":\"j\",\"job_id\":1,\"parts\":{\"script_ms\":5},\"project\":null,\"project_id\":7,\"services\":0}\n";
    let told = told(text);
    assert_eq!((told.records, told.broken_lines, told.total_ms), (1, 0, 5));
    assert_eq!(told.slowest[0].project, "project 7");
}

/// Names of tags in order.
fn tags(page: &str) -> Vec<String> {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let names = |text: &str| -> Vec<String> {
        let tags = text.split('<').skip(1);
        tags.map(|tag| tag.split(['>', ' ']).next().unwrap().to_owned())
            .collect()
    };
    [names(head), names(rest)].concat()
}

#[test]
fn no_text_of_a_record_becomes_markup() {
    let of = |text: &str| {
        let own = json!({"job": text, "project": text, "outcome": "refused", "stage": text, "image": text,
            "failure": {"stage": text, "class": text, "message": text}, "pulled": [{"image": text, "ms": 1}],
            "parts": {text: 5}});
        page::page(&told(&record(1, 1_500_000, own)))
    };
    let harmless = tags(&of("x"));
    for attack in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</style></title><svg onload=alert(1)>",
        "<!-- ]]>",
        "javascript:alert(1)",
        "a\u{202e}b\u{0}\u{1b}[1m",
    ] {
        let page = of(attack);
        assert_eq!(tags(&page), harmless, "{attack}");
        assert!(!page.contains(['\u{202e}', '\u{0}', '\u{1b}']));
    }
}

#[test]
fn the_style_leads_nowhere_and_knows_every_outcome_and_part() {
    let style = include_str!("style.css");
    for way_out in ["http", "url(", "@import", "</", "<!--", "\r"] {
        assert!(!style.contains(way_out), "{way_out}");
    }
    let outcomes = super::super::story::Outcome::ALL;
    let names = outcomes.iter().map(|one| one.name());
    for name in names.chain(summary::PARTS) {
        assert!(
            style.contains(&format!(".{name} {{ --tone: var(--{name}); }}")),
            "{name}"
        );
        assert_eq!(style.matches(&format!(" --{name}: #")).count(), 2, "{name}");
    }
}

#[test]
fn a_time_without_jobs_is_a_page_too_and_times_are_read() {
    assert!(page::page(&told("")).contains("No job ended in this time."));
    assert_eq!(period_ms("90m").unwrap(), 5_400_000);
    assert_eq!(period_ms("7d").unwrap(), 604_800_000);
    for wrong in [
        "",
        "h",
        "0h",
        "-1h",
        "1.5h",
        "24",
        "é",
        "99999999999999999d",
    ] {
        assert!(period_ms(wrong).is_err(), "{wrong}");
    }
}
