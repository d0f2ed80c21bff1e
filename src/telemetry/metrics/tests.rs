//! What the file holds after jobs, and after accidents.

use super::super::about::About;
use super::super::diary::{End, Entry, Work};
use super::*;

fn story(status: u8) -> Story {
    let ended = |work: Work, at_ms: u64, end: End| Entry::Ended {
        work,
        began_ms: 1000,
        at_ms,
        end,
    };
    let about = About {
        started_ms: 1000,
        timeout_secs: 60,
        ..About::default()
    };
    let end = match status {
        0 => End::Done,
        status => End::Status(status),
    };
    let entries = vec![
        Entry::Job(Box::new(about)),
        ended(Work::Pull("a".to_owned()), 1100, End::Done),
        ended(Work::Stage("build_script".to_owned()), 4000, end),
        ended(Work::Request("evil\"} 1\n".to_owned()), 4000, End::Done),
    ];
    Story::of(entries, Some(5000)).unwrap()
}

fn line<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut values = text
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    values.next()
}

#[test]
fn jobs_add_up_and_every_series_is_there_from_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("baws.prom");
    for status in [0, 0, 7] {
        assert!(add(&file, &story(status)).is_none());
    }
    let text = std::fs::read_to_string(&file).unwrap();
    for (name, value) in [
        ("baws_ci_jobs_total{outcome=\"success\"}", "2"),
        ("baws_ci_jobs_total{outcome=\"failed\"}", "1"),
        ("baws_ci_jobs_total{outcome=\"system_failure\"}", "0"),
        ("baws_ci_job_failures_total{class=\"script\"}", "1"),
        (
            "baws_ci_job_part_seconds_bucket{part=\"script\",le=\"2.5\"}",
            "0",
        ),
        (
            "baws_ci_job_part_seconds_bucket{part=\"script\",le=\"5\"}",
            "3",
        ),
        (
            "baws_ci_job_part_seconds_bucket{part=\"script\",le=\"+Inf\"}",
            "3",
        ),
        ("baws_ci_job_part_seconds_sum{part=\"script\"}", "9"),
        ("baws_ci_job_part_seconds_count{part=\"script\"}", "3"),
        ("baws_ci_job_seconds_sum", "12"),
        ("baws_ci_images_pulled_total", "3"),
        ("baws_ci_requests_total{verb=\"other\",end=\"done\"}", "3"),
        ("baws_ci_last_job_timestamp_seconds", "5"),
    ] {
        assert_eq!(line(&text, name), Some(value), "{name}\n{text}");
    }
    assert_eq!(read(&text).map(|series| written(&series)), Ok(text));
    let names: Vec<String> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != ".baws.prom.lock")
        .collect();
    assert_eq!(names, ["baws.prom"]);
}

#[test]
fn a_broken_file_is_begun_anew_and_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("baws.prom");
    for broken in [
        "nonsense",
        "other_metric 1\n",
        "baws_ci_images_pulled_total NaN\n",
        "baws_ci_images_pulled_total -1\n",
        "baws_ci_images_pulled_total 1\nbaws_ci_images_pulled_total 2\n",
        "baws_ci_images_pulled_total 1",
        "\0\0\0\n",
    ] {
        std::fs::write(&file, broken).unwrap();
        let told = add(&file, &story(0)).unwrap();
        assert!(told.message().contains("are begun anew"), "{told}");
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(line(&text, "baws_ci_images_pulled_total"), Some("1"));
    }
    // What another version had goes, what both have stays.
    let older = "baws_ci_gone_total 7\nbaws_ci_images_pulled_total 41\n";
    std::fs::write(&file, older).unwrap();
    assert!(add(&file, &story(0)).is_none());
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(line(&text, "baws_ci_images_pulled_total"), Some("42"));
    assert_eq!(line(&text, "baws_ci_gone_total"), None);
}

#[test]
fn a_place_that_takes_no_file_is_told() {
    let told = add(Path::new("/nowhere/baws.prom"), &story(0)).unwrap();
    assert_eq!(told.message(), "cannot add a job to `/nowhere/baws.prom`");
    assert!(add(Path::new("/proc/baws.prom"), &story(0)).is_some());
    let dir = tempfile::tempdir().unwrap();
    let (target, link) = (dir.path().join("target"), dir.path().join("baws.prom"));
    std::fs::write(&target, "somebody's\n").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    for no_file in [link.as_path(), dir.path()] {
        let told = add(no_file, &story(0)).unwrap();
        assert_eq!(told.causes(), ["it is no regular file"]);
    }
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "somebody's\n");
    let left = std::fs::read_dir(dir.path()).unwrap().count();
    assert_eq!(left, 2);
}

#[test]
fn jobs_that_end_at_the_same_time_are_all_counted() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("baws.prom");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert!(add(&file, &story(0)).is_none());
                }
            });
        }
    });
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(line(&text, "baws_ci_images_pulled_total"), Some("80"));
}
