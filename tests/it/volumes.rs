//! Sources and cache: who finds again what an earlier job left, and who never does.

use crate::support::{Job, Stand};

fn fetching(job: Job<'_>) -> Job<'_> {
    job.with("/allow_git_fetch", true.into())
}

/// Leaves a mark in sources and cache.
#[track_caller]
fn mark(job: Job<'_>) {
    let job = job.prepared();
    job.run("get_sources", "echo mark > /builds/mark")
        .succeeded();
    job.run("build_script", "echo mark > /cache/mark")
        .succeeded();
    job.cleaned_up();
}

/// The marks that a job finds: of sources, of cache.
#[track_caller]
fn found(job: Job<'_>) -> (bool, bool) {
    let job = job.prepared();
    let seen = job
        .run("get_sources", "ls /builds /cache")
        .succeeded()
        .out();
    let in_image = job
        .run("build_script", "ls /builds /cache")
        .succeeded()
        .out();
    assert_eq!(seen, in_image, "helper and image see the same");
    job.cleaned_up();
    let (builds, cache) = seen.split_once("/cache").expect("both were listed");
    (builds.contains("mark"), cache.contains("mark"))
}

#[test]
fn the_next_job_of_a_slot_finds_sources_and_cache() {
    let stand = Stand::new();
    mark(fetching(stand.job()));
    assert_eq!(found(fetching(stand.job())), (true, true));
}

#[test]
fn a_job_that_clones_finds_the_cache_and_no_sources() {
    let stand = Stand::new();
    mark(fetching(stand.job()));
    assert_eq!(
        found(fetching(stand.job()).variable("GIT_STRATEGY", "clone")),
        (false, true)
    );
    mark(stand.job());
    assert_eq!(found(stand.job()), (false, true));
}

#[test]
fn an_own_strategy_beats_the_projects() {
    let stand = Stand::new();
    mark(stand.job().variable("GIT_STRATEGY", "fetch"));
    assert_eq!(
        found(stand.job().variable("GIT_STRATEGY", "fetch")),
        (true, true)
    );
    assert_eq!(
        found(fetching(stand.job()).variable("GIT_STRATEGY", "none")),
        (false, true)
    );
}

#[test]
fn two_slots_share_nothing() {
    let stand = Stand::new();
    mark(fetching(stand.job()));
    assert_eq!(
        found(fetching(stand.job()).runner("CI_CONCURRENT_PROJECT_ID", "1")),
        (false, false)
    );
}

#[test]
fn protected_and_unprotected_jobs_share_nothing() {
    let stand = Stand::new();
    let protected = || fetching(stand.job()).with("/git_info/protected", true.into());
    mark(fetching(stand.job()));
    assert_eq!(found(protected()), (false, false));
    mark(protected());
    assert_eq!(found(protected()), (true, true));
    assert_eq!(
        found(fetching(stand.job()).variable("CI_COMMIT_REF_PROTECTED", "true")),
        (true, true),
        "its own, not the protected one's"
    );
}

#[test]
fn a_job_of_which_gitlab_does_not_say_whether_it_is_protected_counts_as_unprotected() {
    let stand = Stand::new();
    mark(fetching(stand.job()).with("/git_info/protected", true.into()));
    let silent = fetching(stand.job()).with("/git_info/protected", serde_json::Value::Null);
    assert_eq!(
        found(silent.variable("CI_COMMIT_REF_PROTECTED", "true")),
        (false, false)
    );
}

#[test]
fn two_projects_share_nothing() {
    let stand = Stand::new();
    mark(fetching(stand.job()));
    assert_eq!(
        found(fetching(stand.job()).with("/job_info/project_id", 8.into())),
        (false, false)
    );
}

#[test]
fn two_runners_share_nothing() {
    let stand = Stand::new();
    let other = Stand::beside(&stand);
    mark(fetching(stand.job()));
    assert_eq!(found(fetching(other.job())), (false, false));
}

#[test]
fn builds_and_cache_stand_where_the_operator_says() {
    let stand = Stand::new()
        .set("executor.builds_dir", "\"/work/sources\"")
        .set("executor.cache_dir", "\"/work/cache\"");
    let job = stand.job();
    let answer: serde_json::Value =
        serde_json::from_slice(&job.config().succeeded().stdout).expect("config answers in JSON");
    assert_eq!(
        (answer["builds_dir"].as_str(), answer["cache_dir"].as_str()),
        (Some("/work/sources"), Some("/work/cache"))
    );
    let job = job.prepared();
    job.run(
        "get_sources",
        "echo x > /work/sources/x; echo x > /work/cache/x",
    )
    .succeeded();
    job.run("build_script", "cat /work/sources/x /work/cache/x")
        .succeeded()
        .printed("x\nx\n");
    job.cleaned_up();
}

#[test]
fn a_jobs_own_sources_end_with_it_also_after_a_cancelled_script() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run(
        "build_script",
        "echo x > /builds/x; echo started; sleep 4720",
    );
    started
        .until_printed("started")
        .signal(rustix::process::Signal::TERM);
    started.end().cancelled();
    job.cleaned_up();
}
