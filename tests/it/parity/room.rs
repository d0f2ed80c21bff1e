//! Disk pressure: what jobs used longest ago goes, and nothing that is in use.

use std::time::{Duration, SystemTime};

use crate::support::Stand;
use crate::support::engine::Kind;

/// As if all that jobs used had been used an hour ago.
fn grown_old(stand: &Stand) {
    let dir = stand.state_dir().join("used");
    for entry in std::fs::read_dir(dir).expect("jobs were noted").flatten() {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .open(entry.path())
            .expect("it is ours");
        let then = SystemTime::now() - Duration::from_secs(3600);
        file.set_modified(then).expect("it is ours");
    }
}

#[test]
fn what_jobs_used_longest_ago_makes_room_and_what_is_in_use_stays() {
    // There is never that much.
    let stand = Stand::new().set("executor.min_free_disk", "\"900t\"");
    let image = |name: &str| {
        let text = format!("FROM bench/busybox:1\nLABEL of={}-{name}\n", stand.token);
        stand.made(&format!("room-{}-{name}", stand.token), &text)
    };
    let (old, in_use, new) = (image("old"), image("in-use"), image("new"));
    let has = |name: &str| {
        let path = format!("/images/{name}/json");
        stand.bench.engine.get(&path).is_some()
    };
    let job = stand
        .job()
        .image(&old)
        .variable("GIT_STRATEGY", "fetch")
        .prepared();
    job.cleaned_up();
    assert_eq!(stand.holds(Kind::Volumes).len(), 2);
    let running = stand
        .job()
        .image(&in_use)
        .runner("CI_CONCURRENT_PROJECT_ID", "1")
        .prepared();
    assert!(has(&old), "it was used of late");
    grown_old(&stand);
    let job = stand
        .job()
        .image(&new)
        .runner("CI_CONCURRENT_PROJECT_ID", "2");
    job.prepare()
        .succeeded()
        .says("Made room on this host: 1 images and 2 volumes that no job used of late are gone")
        .says("nothing more can go");
    assert!(!has(&old) && has(&in_use) && has(&new));
    running.run("build_script", "echo goes on").succeeded();
    running.cleaned_up();
    job.cleaned_up();
}
