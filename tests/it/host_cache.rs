//! What a host keeps for the next job: told by project, collected by budget, fetched in advance.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::engine::Kind;
use crate::support::{Ended, Site};

fn images(site: &Site, words: &[&str]) -> Ended {
    let words = [&["images"], words].concat();
    site.here(Path::new("/"), &words)
}

#[track_caller]
fn told(site: &Site, words: &[&str]) -> Value {
    let ended = images(site, words).succeeded();
    serde_json::from_str(&ended.out()).unwrap_or_else(|error| panic!("{error}: {ended}"))
}

/// What is told of one image or volume.
#[track_caller]
fn of(site: &Site, name: &str) -> Value {
    let told = told(site, &["--json"]);
    assert_eq!(told["schema"], "baws-ci/images/1");
    let all = told["holdings"].as_array().expect("they are listed");
    // With the containerd image store others may have given the same image more names.
    let is_it = |one: &&Value| {
        let mut names = one["names"].as_array().into_iter().flatten();
        one["id"] == *name || names.any(|one| one == name)
    };
    all.iter().find(is_it).cloned().unwrap_or_default()
}

/// As if what jobs of this site used had been used an hour ago; only what `name` is in.
fn grown_old(site: &Site, name: &str) {
    let dir = site.stand.state_dir().join("used");
    for entry in std::fs::read_dir(dir).expect("jobs were noted").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("it is ours");
        if text.contains(name) {
            let file = std::fs::OpenOptions::new().write(true).open(entry.path());
            let then = SystemTime::now() - Duration::from_secs(3600);
            file.and_then(|file| file.set_modified(then))
                .expect("it is ours");
        }
    }
}

/// An image of this test alone.
fn image(site: &Site, name: &str) -> String {
    let name = format!("cache-{}-{name}", site.name);
    let text = format!("FROM bench/busybox:1\nRUN head -c 3000000 /dev/urandom > /{name}\n");
    site.stand.made(&name, &text)
}

#[test]
fn what_jobs_and_their_builds_use_is_told_with_their_project_and_side() {
    let site = Site::new();
    let job = site
        .job()
        .variable("GIT_STRATEGY", "fetch")
        .plain()
        .file_in("Kept", "FROM bench/bash:1\nRUN echo kept > /kept\n");
    job.baws("build -t kept:1 -f Kept .").succeeded();
    let ours = of(&site, "bench/bash:1");
    assert_eq!(ours["used_by"][0]["project"], "it/project", "{ours}");
    assert_eq!(ours["used_by"][0]["side"], "unprotected", "{ours}");
    let volumes = site.stand.holds(Kind::Volumes);
    assert_eq!(volumes.len(), 2, "{volumes:?}");
    for volume in &volumes {
        let one = of(&site, volume);
        assert_eq!(
            (&one["kind"], &one["state"]),
            (&"volume".into(), &"in-use".into()),
            "{one}"
        );
        assert_eq!(one["used_by"][0]["project"], "it/project", "{one}");
    }
    job.cleaned_up();
    assert_eq!(of(&site, &volumes[0])["state"], "used-of-late");
    let table = images(&site, &["--project", "it/project"]).succeeded();
    let text = table.out();
    assert!(text.contains("docker.io/library/kept:1"), "{text}");
    assert!(text.contains("it/project (unprotected)"), "{text}");
    assert!(text.contains("\nHeld: "), "{text}");
    let other = told(&site, &["--json", "--project", "it/other"]);
    assert_eq!(other["holdings"], Value::Array(Vec::new()));
}

#[test]
fn a_collector_keeps_to_its_budget_and_from_what_is_in_use_or_somebody_elses() {
    let site = Site::alone();
    let (old, new, running, warm, theirs) = (
        image(&site, "old"),
        image(&site, "new"),
        image(&site, "running"),
        image(&site, "warm"),
        image(&site, "theirs"),
    );
    let site = site.set("cache.warm", &format!("[\"docker.io/{warm}\"]"));
    for one in [&old, &new, &warm] {
        let job = site.job().image(one).variable("GIT_STRATEGY", "fetch");
        job.prepared().cleaned_up();
    }
    let slot = site.job().runner("CI_CONCURRENT_PROJECT_ID", "1");
    let job = slot.image(&running).prepared();
    for one in [&old, &running, &warm, "baws-"] {
        grown_old(&site, one);
    }
    let has = |name: &str| {
        let path = format!("/images/{name}/json");
        site.stand.bench.engine.get(&path).is_some()
    };
    assert_eq!(of(&site, &theirs)["state"], "foreign");
    assert_eq!(of(&site, &warm)["state"], "warm");
    assert_eq!(of(&site, &old)["state"], "may-go");
    let dry = told(&site, &["collect", "--budget", "1", "--dry-run", "--json"]);
    assert!(dry["removed"].to_string().contains(&old), "{dry}");
    assert!(has(&old), "a dry run removes nothing");
    let ended = images(&site, &["collect", "--budget", "1"]).succeeded();
    ended
        .says("Collected ")
        .says("warning: more is held than the budget allows, and nothing else may go");
    assert!(!has(&old) && site.stand.holds(Kind::Volumes).len() == 2);
    assert!(has(&new) && has(&running) && has(&warm) && has(&theirs));
    job.run("build_script", "echo goes on").succeeded();
    job.cleaned_up();
    let before = of(&site, &new);
    let enough = images(&site, &["collect", "--budget", "900t"]).succeeded();
    enough.says("Nothing was collected: ");
    assert_eq!(of(&site, &new)["id"], before["id"]);
    // The budget of the settings is the sweep's.
    for one in [&new, "baws-"] {
        grown_old(&site, one);
    }
    let site = site.set("cache.budget", "\"1\"");
    site.here(Path::new("/"), &["executor", "sweep"])
        .succeeded()
        .says("Collected ");
    assert_eq!(site.stand.holds(Kind::Volumes).len(), 0);
    let gone = site.stand.bench.engine.get(&format!("/images/{new}/json"));
    assert!(gone.is_none(), "{gone:?}");
}

#[test]
fn images_are_fetched_in_advance_with_the_hosts_login_and_one_that_is_not_there_is_named() {
    let site = Site::new();
    let image = site.image_of_ecr();
    site.forget(&image);
    let missing = format!("{}:missing", site.repository("app"));
    let site = site.set("cache.warm", &format!("[\"{missing}\", \"{image}\"]"));
    let ended = images(&site, &["warm"]);
    assert_eq!(ended.code, 4, "{ended}");
    ended
        .says(&format!("error: there is no image `{missing}`"))
        .says(&format!("`{image}` is here: sha256:"));
    assert_eq!(of(&site, &image)["state"], "warm");
    images(&site, &["warm", &image]).succeeded();
    let site = site.set("cache.warm", "[]");
    let ended = images(&site, &["warm"]);
    assert_eq!(ended.code, 2, "{ended}");
    ended.says("hint: name some, or list them as `warm` in `[cache]` of the settings");
    assert_eq!(of(&site, &image)["state"], "used-of-late");
}

#[test]
fn a_job_may_not_look_at_what_its_host_keeps() {
    let site = Site::new();
    let job = site.job().plain();
    for words in [
        "images",
        "images collect --budget 1",
        "images warm bench/bash:1",
    ] {
        job.baws(words)
            .failed_with(15)
            .printed("error: a job may not look at what its host keeps for others");
    }
    job.cleaned_up();
}

#[test]
fn a_collector_without_a_budget_or_with_one_that_is_none_says_what_to_write() {
    let site = Site::new();
    let ended = images(&site, &["collect"]);
    assert_eq!(ended.code, 2, "{ended}");
    ended.says("error: there is no budget to collect for");
    let ended = images(&site, &["collect", "--budget", "much"]);
    assert_eq!(ended.code, 2, "{ended}");
    ended.says("error: `--budget much` must be an amount such as `512m` or `2g`");
    let state = site.stand.state_dir().join("used");
    std::fs::create_dir_all(&state).expect("the state can be written");
    let lock = std::fs::File::create(state.join("lock")).expect("the state can be written");
    lock.lock().expect("nobody else has it");
    let ended = images(&site, &["collect", "--budget", "900t"]);
    assert_eq!(ended.code, 4, "{ended}");
    ended.says("error: another process makes room on this host");
}
