//! The page about the last day: whole without anything else, and readable in a browser.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::job::PROGRAM;
use crate::support::{Ended, Started};

const EVIL: &str =
    "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>";

fn report(dir: &Path, words: &[&str]) -> Ended {
    let mut command = Command::new(PROGRAM);
    command
        .args(["executor", "report"])
        .args(words)
        .current_dir(dir)
        .env_clear()
        .env("NO_COLOR", "1");
    Started::begin(command, "report", None).end()
}

fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("it is later than 1970");
    u64::try_from(since.as_millis()).expect("it is small")
}

fn record(job: u64, ended_ms: u64) -> Value {
    json!({"schema": "baws-ci/job/1", "ended_at": ended_ms / 1000, "started_ms": ended_ms - 9000, "ended_ms": ended_ms,
        "job_id": job, "job": "test", "project_id": 7, "project": format!("group/app-{}", job % 50), "image": "a", "services": 0,
        "outcome": "success", "parts": {"images_ms": 2000, "script_ms": 6000},
        "pulled": [{"image": format!("image:{}", job % 30), "ms": 1500}]})
}

/// What a browser makes of it.
fn seen(dir: &Path) -> String {
    let browser = "/usr/bin/chromium";
    assert!(
        Path::new(browser).exists(),
        "there is no {browser}: apt-get install chromium"
    );
    let done = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", dir.join("browser").display()))
        .arg(format!("file://{}", dir.join("page.html").display()))
        .env("HOME", dir)
        .output()
        .expect("it is there");
    String::from_utf8(done.stdout).expect("a page is UTF-8")
}

#[test]
fn a_page_needs_nothing_else_and_what_records_say_stays_words() {
    let dir = tempfile::tempdir().unwrap();
    let mut evil = record(9, now_ms() - 1000);
    for field in ["job", "project", "stage", "image"] {
        evil[field] = json!(EVIL);
    }
    evil["outcome"] = json!("system_failure");
    evil["failure"] = json!({"stage": EVIL, "class": "system", "message": EVIL});
    evil["pulled"] = json!([{"image": EVIL, "ms": 1}]);
    let older = record(7, now_ms() - 2000);
    std::fs::write(dir.path().join("jobs.jsonl.1"), format!("{older}\n")).unwrap();
    let text = format!("{evil}\n{}\n", record(8, now_ms() - 100_000_000));
    std::fs::write(dir.path().join("jobs.jsonl"), text).unwrap();
    report(dir.path(), &["--records", "jobs.jsonl", "-o", "page.html"])
        .succeeded()
        .says("Wrote `page.html`: 2 records of 2 jobs");
    let page = std::fs::read_to_string(dir.path().join("page.html")).unwrap();
    for outside in [
        " href=", "<link", "@import", "url(", "<script", "<img", " style=",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert!(page.contains("default-src 'none'"), "{page}");
    let seen = seen(dir.path());
    assert!(seen.contains("<h2>Where time went</h2>"), "{seen}");
    assert!(seen.contains("&lt;img src=x"), "{seen}");
    assert!(
        !seen.contains("<img") && !seen.contains("<title>taken"),
        "{seen}"
    );
}

#[test]
fn a_hundred_thousand_records_take_seconds_and_broken_lines_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let now = now_ms();
    let mut text = String::from("nonsense\n");
    for job in 0..100_000 {
        let _ = writeln!(text, "{}", record(job, now - job * 800));
    }
    std::fs::write(dir.path().join("jobs.jsonl"), text).unwrap();
    let told = report(dir.path(), &["--records", "jobs.jsonl", "--json"])
        .succeeded()
        .says("1 lines of `jobs.jsonl` are no records of jobs and were left out")
        .within_secs(30);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["schema"], "baws-ci/job-report/1");
    assert_eq!(
        (&told["records"], &told["broken_lines"]),
        (&json!(100_000), &json!(1))
    );
    assert_eq!(told["images"][0]["count"], 3334);
    assert_eq!(told["slots"].as_array().map(Vec::len), Some(48));
}

#[test]
fn without_records_the_key_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let told = report(dir.path(), &[]);
    assert_eq!(told.code, 2);
    insta::assert_snapshot!(told.err(), @r#"
    error: this host keeps no records of its jobs

    hint: the operator sets `job_records` in `[executor]` of the settings, such as "/var/log/baws-ci/jobs.jsonl"; each job that ends from then on is in it
    hint: or name a file of records by --records
    "#);
    let told = report(dir.path(), &["--records", "none.jsonl"]);
    assert_eq!(told.code, 4, "{told}");
    let told = report(dir.path(), &["--records", "none.jsonl", "--since", "soon"]);
    assert_eq!(told.code, 2, "{told}");
}
