//! Nothing changed, nothing built: the image of the same inputs is taken, and of no others.

use serde_json::{Value, json};

use crate::support::ecr::repository_of;
use crate::support::{Ended, Job, Site};

const SKIPPED: &str = "Skipped the build: the same inputs made sha256:";

/// A job with the same files as every other of these.
pub(super) fn same(site: &Site) -> Job<'_> {
    of_files(site.job())
}

pub(super) fn of_files(job: Job<'_>) -> Job<'_> {
    // Of this test alone: an engine that forgets another test's name of the same image may forget this one's.
    let hello = format!("the same each time in {}\n", job.stand.token);
    job.prepared()
        .file_in(
            "Dockerfile",
            "FROM bench/busybox:1\nARG A\nCOPY hello /hello\n",
        )
        .file_in("hello", &hello)
}

pub(super) fn build(job: &Job<'_>, words: &str) -> Ended {
    job.baws(&format!("build --push -t $REPO:x {words} . 2>&1"))
        .succeeded()
}

fn digest(ended: &Ended) -> String {
    let out = ended.out();
    let last = out.trim().rsplit('@').next().unwrap_or_default();
    assert!(last.starts_with("sha256:"), "{out}");
    last.to_owned()
}

pub(super) fn is_skipped(ended: &Ended) -> bool {
    ended.out().contains(SKIPPED)
}

#[test]
fn an_unchanged_commit_is_the_image_of_the_last_one_under_its_own_tags() {
    let site = Site::new();
    let job = of_files(site.job().variable("CI_COMMIT_SHA", &"1".repeat(40)));
    let first = build(&job, "--tags commit");
    job.cleaned_up();
    assert!(!is_skipped(&first), "{first}");
    let job = of_files(site.job().variable("CI_COMMIT_SHA", &"2".repeat(40)));
    let sent = site.asked_of_ecr().len();
    let second = build(&job, "--tags commit,latest --dotenv /builds/e");
    assert!(is_skipped(&second), "{second}");
    assert_eq!(digest(&first), digest(&second));
    let held = repository_of(&site.repository("app"));
    for tag in ["x", "latest", &"1".repeat(40), &"2".repeat(40)] {
        assert_eq!(held.digest(tag), Some(digest(&first)), "{tag}");
    }
    let asked = site.asked_of_ecr();
    let uploads = asked[sent..]
        .iter()
        .filter(|line| line["operation"] == "ecr:CompleteLayerUpload");
    assert_eq!(uploads.count(), 0, "{asked:#?}");
    let dotenv = std::fs::read_to_string(job.project().join("../../e")).expect("it was written");
    assert!(dotenv.contains(&format!("IMAGE_DIGEST={}\n", digest(&first))));
    let told = job.baws("build --push -q -t $REPO:x --json").succeeded();
    let told: Value = serde_json::from_str(&told.out()).expect("it is JSON");
    assert_eq!(told["digest"], digest(&first));
    let key = told["reused"]["key"].as_str().unwrap_or_default();
    assert!(key.starts_with("ctxu-") && key.len() == 45, "{told}");
    job.cleaned_up();
}

#[test]
fn whatever_decides_the_image_makes_another_key_and_nothing_else_does() {
    let site = Site::new();
    let job = same(&site);
    assert!(!is_skipped(&build(&job, "")));
    for same in [
        "",
        "-t $REPO:other",
        "--build-arg UNUSED=1",
        "--label baws-ci.job-url=other",
        "--progress plain",
    ] {
        let ended = build(&job, same);
        assert!(is_skipped(&ended), "{same}: {ended}");
    }
    for other in [
        "--build-arg A=1",
        "--label mine=1",
        "--builder classic",
        "--network none",
        "--no-cache",
        "--no-skip",
        "--max-age 0",
    ] {
        let ended = build(&job, other);
        assert!(!is_skipped(&ended), "{other}: {ended}");
    }
    for change in [
        "chmod +x hello",
        "echo more >> hello",
        "ln -s hello link",
        "mkdir empty",
        "echo '# other' >> Dockerfile",
        "mv hello h && cp h hello",
    ] {
        job.run(
            "build_script",
            &format!("cd /builds/it/project && {change}"),
        )
        .succeeded();
        let ended = build(&job, "");
        assert!(!is_skipped(&ended), "{change}: {ended}");
        assert!(is_skipped(&build(&job, "")), "{change}");
    }
    job.run(
        "build_script",
        "cd /builds/it/project && touch -d 2001-01-01 hello",
    )
    .succeeded();
    let ended = build(&job, "");
    assert!(is_skipped(&ended), "a time is no change: {ended}");
    job.cleaned_up();
}

#[test]
fn what_cannot_be_known_is_built_and_the_reason_is_told() {
    let site = Site::new();
    let job = same(&site).file_in("token", "s3cret");
    for (dockerfile, words, why) in [
        (
            "FROM bench/busybox:1\nRUN --mount=type=secret,id=t true\n",
            "--secret id=t,src=token",
            "what its secrets decide cannot be known",
        ),
        (
            "# baws: no-skip\nFROM bench/busybox:1\n",
            "",
            "its Dockerfile says `# baws: no-skip`",
        ),
    ] {
        let job_files = |text: &str| {
            let path = job.project().join("Dockerfile");
            std::fs::write(path, text).expect("the tests run as root");
        };
        job_files(dockerfile);
        for _ in 0..2 {
            build(&job, words).printed(&format!("Built even if nothing changed: {why}\n"));
        }
    }
    let held = repository_of(&site.repository("app"));
    assert!(held.digest("x").is_some());
    job.cleaned_up();
}

#[test]
fn a_scheduled_pipeline_builds() {
    let site = Site::new();
    let job = of_files(site.job().variable("CI_PIPELINE_SOURCE", "schedule"));
    for _ in 0..2 {
        let ended = build(&job, "");
        assert!(!is_skipped(&ended), "{ended}");
    }
    job.cleaned_up();
}

#[test]
fn what_nothing_pins_is_named_and_an_image_grows_too_old() {
    let site = Site::new();
    let job = same(&site).file_in(
        "Dockerfile",
        "FROM bench/busybox:1\nRUN true || apk add curl\nCOPY hello /hello\n",
    );
    build(&job, "");
    build(&job, "").printed("nothing pins what it takes from the network: line 2: `apk add`\n");
    std::thread::sleep(std::time::Duration::from_secs(2));
    let ended = build(&job, "--max-age 1s");
    assert!(!is_skipped(&ended), "{ended}");
    ended.printed("Nothing changed, and it is built all the same: the image of these inputs is ");
    job.cleaned_up();
}

#[test]
fn a_base_that_moved_is_built_from_anew() {
    let site = Site::new();
    let base = site.repository("base");
    let job = same(&site);
    let push_base = |text: &str| {
        std::fs::write(job.project().join("hello"), text).expect("the tests run as root");
        job.baws(&format!("build --no-skip --push -q -t {base}:1 ."))
            .succeeded();
    };
    push_base("one\n");
    let path = job.project().join("Dockerfile.app");
    std::fs::write(path, format!("FROM {base}:1\nRUN cat /hello\n"))
        .expect("the tests run as root");
    let of_app = "-f Dockerfile.app --pull";
    let first = build(&job, of_app);
    assert!(is_skipped(&build(&job, of_app)));
    push_base("two\n");
    std::fs::write(job.project().join("hello"), "one\n").expect("the tests run as root");
    let second = build(&job, of_app);
    assert!(!is_skipped(&second), "{second}");
    assert_ne!(digest(&first), digest(&second));
    job.cleaned_up();
}

#[test]
fn an_image_that_lacks_a_part_or_a_registry_that_fails_is_built_again() {
    let site = Site::new();
    let job = same(&site);
    build(&job, "");
    let missing = json!({"status": 404, "body": "{}"});
    let faults = site.faults(&[("^HEAD /v2/{}/app/blobs/", missing)]);
    let ended = job.baws("build --push -t $REPO:x . 2>&1");
    drop(faults);
    assert!(!is_skipped(&ended), "{ended}");
    ended.printed("lacks a part");
    let away = json!({"status": 500, "body": "{}", "times": 20});
    let faults = site.faults(&[("^GET /v2/{}/app/manifests/ctxu-", away)]);
    let ended = job.baws("build --push -t $REPO:x . 2>&1");
    drop(faults);
    let ended = ended.succeeded();
    assert!(!is_skipped(&ended), "{ended}");
    assert!(is_skipped(&build(&job, "")));
    job.cleaned_up();
}

#[test]
fn a_host_that_has_never_seen_the_project_pulls_nothing() {
    let site = Site::new();
    let base = site.repository("base");
    let job = same(&site);
    job.baws(&format!("build --push -q -t {base}:1 ."))
        .succeeded();
    std::fs::write(
        job.project().join("Dockerfile"),
        format!("FROM {base}:1\nRUN cat /hello\n"),
    )
    .expect("the tests run as root");
    build(&job, "");
    job.cleaned_up();
    // Another runner: what the first has on this engine is not seen.
    let engine = &site.stand.bench.engine;
    engine.docker(&["rmi", "-f", &format!("{base}:1")]);
    let job = same(&site).file_in("Dockerfile", &format!("FROM {base}:1\nRUN cat /hello\n"));
    let ended = build(&job, "");
    assert!(is_skipped(&ended), "{ended}");
    assert!(engine.get(&format!("/images/{base}:1/json")).is_none());
    job.cleaned_up();
}
