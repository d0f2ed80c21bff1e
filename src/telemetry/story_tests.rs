//! Diaries, and what is made of them.

use super::*;

fn about(timeout_secs: u64) -> Entry {
    Entry::Job(Box::new(About {
        started_ms: 1000,
        timeout_secs,
        ..About::default()
    }))
}

fn ended(work: Work, began_ms: u64, at_ms: u64, end: End) -> Entry {
    Entry::Ended {
        work,
        began_ms,
        at_ms,
        end,
    }
}

fn stage(name: &str) -> Work {
    Work::Stage(name.to_owned())
}

fn trouble(class: &str) -> End {
    End::Trouble(Trouble {
        class: class.to_owned(),
        sentence: "it broke".to_owned(),
        causes: vec!["a cause".to_owned()],
    })
}

/// How a job ended with these, its stage and class.
fn verdict_of(entries: Vec<Entry>) -> (Outcome, String) {
    let mut all = vec![about(60)];
    all.extend(entries);
    let story = Story::of(all, Some(30_000)).unwrap();
    let failure = story
        .failure
        .map(|one| format!("{} {}", one.stage, one.class));
    (story.outcome, failure.unwrap_or_default())
}

#[test]
fn the_first_that_went_wrong_decides_and_a_later_try_replaces_an_earlier_one() {
    let prepared = || ended(Work::Prepare, 1000, 2000, End::Done);
    let own = |text: &str| text.to_owned();
    for (entries, outcome, failure) in [
        (
            vec![
                prepared(),
                ended(stage("get_sources"), 2000, 2100, End::Status(1)),
                ended(stage("get_sources"), 2200, 2300, End::Done),
                ended(stage("build_script"), 3000, 4000, End::Done),
                ended(stage("after_script"), 4000, 5000, End::Status(9)),
            ],
            Outcome::Success,
            own(""),
        ),
        (
            vec![
                prepared(),
                ended(stage("step_script"), 3000, 4000, End::Status(7)),
                ended(
                    stage("upload_artifacts_on_failure"),
                    4000,
                    5000,
                    trouble("system"),
                ),
            ],
            Outcome::Failed,
            own("step_script script"),
        ),
        (
            vec![ended(Work::Prepare, 1000, 2000, trouble("refused"))],
            Outcome::Refused,
            own("prepare refused"),
        ),
        (
            vec![ended(Work::Prepare, 1000, 2000, trouble("usage"))],
            Outcome::SystemFailure,
            own("prepare usage"),
        ),
        (
            vec![
                prepared(),
                ended(stage("build_script"), 3000, 9000, End::Cancelled),
            ],
            Outcome::Cancelled,
            own("build_script cancelled"),
        ),
        (
            vec![
                prepared(),
                ended(stage("build_script"), 3000, 60_500, End::Cancelled),
            ],
            Outcome::TimedOut,
            own("build_script timed_out"),
        ),
        (
            vec![
                prepared(),
                Entry::Began {
                    work: stage("build_script"),
                    at_ms: 3000,
                },
                ended(stage("cleanup_file_variables"), 9000, 9100, End::Done),
            ],
            Outcome::Unknown,
            own("build_script killed"),
        ),
        (vec![prepared()], Outcome::Unknown, own("")),
    ] {
        assert_eq!(verdict_of(entries), (outcome, failure));
    }
}

#[test]
fn parts_are_summed_and_a_killed_stage_has_no_time() {
    let story = Story::of(
        vec![
            about(60),
            ended(Work::Images, 1000, 3000, End::Done),
            ended(Work::Pull("a".to_owned()), 1000, 2900, End::Done),
            ended(stage("restore_cache"), 3000, 3100, End::Done),
            ended(stage("archive_cache"), 5000, 5200, End::Done),
            Entry::Began {
                work: stage("build_script"),
                at_ms: 4000,
            },
            ended(Work::Request("build".to_owned()), 4100, 4600, End::Done),
        ],
        None,
    )
    .unwrap();
    assert_eq!(
        story.parts(),
        [("images", 2000), ("cache", 300), ("build", 500)]
    );
    assert_eq!((story.ended_ms, story.took_ms()), (5200, 4200));
}

#[test]
fn stages_belong_to_parts() {
    assert_eq!(part_of("restore_cache"), Some("cache"));
    assert_eq!(part_of("upload_artifacts_on_failure"), Some("artifacts"));
    assert_eq!(part_of("step_release"), Some("script"));
    assert_eq!(part_of("prepare_script"), None);
}

#[test]
fn a_diary_of_another_job_or_version_is_no_story() {
    assert!(Story::of(Vec::new(), None).is_none());
    let text = "{\"entry\":\"new\"}\nnonsense\n{\"entry\":\"began\",\"work\":{\"kind\":\"prepare\"},\"at_ms\":7}\n{\"entry\":\"beg";
    let entries = super::super::diary::read(text);
    assert_eq!(entries.len(), 1);
    assert!(Story::of(entries, None).is_none());
}
