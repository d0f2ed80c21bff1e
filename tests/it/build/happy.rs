//! A commit becomes an image in ECR, and everything that tells of it tells the same digest.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::ecr::repository_of;
use crate::support::{Job, Site};

const BUILD: &str = "--push -t $REPO:x --dotenv e --iidfile i --metadata-file m";

fn json_of(job: &Job<'_>, file: &str) -> Value {
    let text = std::fs::read_to_string(job.project().join(file)).expect("the job wrote it");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}: {text}"))
}

fn text_of(job: &Job<'_>, file: &str) -> String {
    std::fs::read_to_string(job.project().join(file)).expect("the job wrote it")
}

#[test]
fn one_digest_stands_everywhere() {
    let site = Site::new();
    let job = site.job().plain();
    job.baws(&format!("build {BUILD} > out 2> err")).succeeded();
    let repository = site.repository("app");
    let digest = site.digest(&repository, "x").expect("it was pushed");
    assert_eq!(text_of(&job, "out"), format!("{repository}@{digest}\n"));
    assert_eq!(text_of(&job, "i"), digest);
    assert_eq!(
        text_of(&job, "e"),
        format!("IMAGE={repository}:x\nIMAGE_DIGEST={digest}\nIMAGE_REF={repository}@{digest}\n")
    );
    let metadata = json_of(&job, "m");
    assert_eq!(metadata["containerimage.digest"], digest);
    assert_eq!(metadata["image.name"], format!("{repository}:x"));
    job.baws("build --push -t $REPO:x --json > j").succeeded();
    let told = json_of(&job, "j");
    assert_eq!(
        (&told["schema"], &told["digest"], &told["reference"]),
        (
            &json!("baws-ci/image/1"),
            &json!(digest),
            &json!(format!("{repository}@{digest}"))
        )
    );
    let config = repository_of(&repository).manifest("x")["config"]["digest"].clone();
    // Engines name an image by its configuration, or by its manifest: those with the containerd image store.
    if told["image_id"] == digest {
        assert_eq!(metadata["containerimage.config.digest"], json!(null));
    } else {
        assert_eq!(
            (&told["image_id"], &metadata["containerimage.config.digest"]),
            (&config, &config)
        );
    }
    job.cleaned_up();
}

#[test]
fn a_build_is_told_in_a_few_lines() {
    let site = Site::new();
    let job = site.job().plain();
    let ended = job.baws("build --push -t $REPO:x . 2>&1").succeeded();
    // The registry may have the base's layer of another test.
    let out = ended
        .out()
        .replace("1 layer pushed, 1 there already", "2 layers pushed")
        // BuildKit gives the step that builds share the number that it has in the first of them.
        .replace("[1/3] FROM", "[1/2] FROM");
    assert_snapshot!(site.masked(&job, &out), @r#"
    Made the repository `ECR/NAME/app`
    [1/2] FROM bench/busybox:1   cached
    [2/2] COPY hello /hello   N s
    Built in N s: 2 steps, 1 cached
    Pushed `ECR/NAME/app:x` in N s: 2 layers pushed
    ECR/NAME/app@sha256:N
    "#);
    job.cleaned_up();
}

#[test]
fn another_client_of_the_registry_sees_the_digest_that_was_printed() {
    let site = Site::new();
    let job = site.job().plain();
    let out = job.baws("build --push -q -t $REPO:x").succeeded().out();
    let seen = site.skopeo(&[
        "inspect",
        "--format",
        "{{.Digest}}",
        &format!("docker://{}:x", site.repository("app")),
    ]);
    assert_eq!(
        out.trim(),
        format!("{}@{}", site.repository("app"), seen.trim())
    );
    job.cleaned_up();
}

#[test]
fn every_tag_of_a_repository_is_the_one_image_that_was_pushed_once() {
    let site = Site::new();
    let job = site
        .job()
        .variable("CI_COMMIT_SHA", &"5".repeat(40))
        .variable("CI_COMMIT_SHORT_SHA", "55555555")
        .plain();
    job.baws("build --push -t $REPO --tags commit,short,latest,time")
        .succeeded();
    let held = repository_of(&site.repository("app"));
    let digest = held.digest("latest").expect("it was pushed");
    for tag in ["5".repeat(40), "55555555".to_owned()] {
        assert_eq!(held.digest(&tag).as_deref(), Some(digest.as_str()), "{tag}");
    }
    let asked = site.asked_of_ecr();
    let of = |operation: &str| {
        asked
            .iter()
            .filter(|line| line["operation"] == operation)
            .count()
    };
    // Four tags and the key of its inputs. Its configuration and its own layer; the base's layer may be mounted.
    let uploads = of("ecr:CompleteLayerUpload");
    assert_eq!(
        (of("ecr:PutImage"), (2..=3).contains(&uploads)),
        (5, true),
        "{asked:#?}"
    );
    job.cleaned_up();
}

#[test]
fn several_repositories_get_the_same_image() {
    let site = Site::new();
    let (one, other) = (site.repository("one"), site.repository("other"));
    let job = site.job().plain();
    let out = job
        .baws(&format!(
            "build --push -q -t {one}:1 -t {other}:2 -t {one}:3"
        ))
        .succeeded()
        .out();
    let digest = site.digest(&one, "1").expect("it was pushed");
    assert_eq!(out, format!("{one}@{digest}\n{other}@{digest}\n"));
    assert_eq!(site.digest(&one, "3").as_ref(), Some(&digest));
    assert_eq!(site.digest(&other, "2").as_ref(), Some(&digest));
    job.cleaned_up();
}

#[test]
fn a_build_and_a_later_push_are_two_jobs_of_one_project() {
    let site = Site::new();
    let job = site.job().plain();
    let id = job.baws("build -q -t $REPO:x").succeeded().out();
    assert_eq!(site.digest(&site.repository("app"), "x"), None);
    job.cleaned_up();
    let job = site.job().prepared();
    let project = job.project();
    let out = job
        .baws("push -q $REPO:x --tags latest --json")
        .succeeded()
        .out();
    let told: Value = serde_json::from_str(&out).expect("it is JSON");
    assert_eq!(told["image_id"], id.trim());
    assert_eq!(told["pushed"][0]["tags"], json!(["x", "latest"]));
    let digest = site.digest(&site.repository("app"), "latest");
    assert_eq!(told["digest"].as_str(), digest.as_deref());
    assert_eq!(std::fs::read_dir(project).expect("it is there").count(), 0);
    job.cleaned_up();
}

#[test]
fn the_same_sources_are_the_same_image() {
    let site = Site::new();
    let job = site.job().plain();
    let first = job.baws("build -q -t a:1").succeeded().out();
    job.run(
        "build_script",
        "cd /builds/it/project; sleep 1; touch hello; cp hello x; mv x hello",
    )
    .succeeded();
    let ended = job
        .baws("build -t a:1 2>&1")
        .succeeded()
        .printed("2 steps, 2 cached");
    assert!(ended.out().ends_with(&first), "{ended}");
    job.cleaned_up();
}

#[test]
fn labels_tell_commit_source_and_job_and_stand_beside_ones_own() {
    let site = Site::new();
    let job = site
        .job()
        .variable("CI_COMMIT_SHA", &"5".repeat(40))
        .variable("CI_PROJECT_URL", "https://gitlab.bench.test/it/project")
        .variable("CI_COMMIT_TIMESTAMP", "2026-11-25T10:00:00+00:00")
        .variable(
            "CI_JOB_URL",
            "https://gitlab.bench.test/it/project/-/jobs/1",
        )
        .plain();
    job.baws("build --push -t $REPO:x --label team=a --label 'odd=a \"b\" =c' --label empty")
        .succeeded();
    let labels = repository_of(&site.repository("app")).config("x")["config"]["Labels"].clone();
    assert_eq!(
        labels,
        json!({
            // Of the base.
            "baws-ci.base-image": labels["baws-ci.base-image"],
            "baws-ci.job-url": "https://gitlab.bench.test/it/project/-/jobs/1",
            "org.opencontainers.image.created": "2026-11-25T10:00:00+00:00",
            "org.opencontainers.image.revision": "5".repeat(40),
            "org.opencontainers.image.source": "https://gitlab.bench.test/it/project",
            "team": "a", "odd": "a \"b\" =c", "empty": "",
        })
    );
    job.baws("build --push -t $REPO:y --no-labels").succeeded();
    let labels = repository_of(&site.repository("app")).config("y")["config"]["Labels"].clone();
    assert_eq!(
        labels,
        json!({"baws-ci.base-image": labels["baws-ci.base-image"]})
    );
    job.cleaned_up();
}

#[test]
fn the_job_has_no_privilege_no_socket_of_docker_and_no_key() {
    let site = Site::new();
    let job = site.job().plain();
    let look = "cd /builds/it/project; baws-ci build --push -q -t $REPO:x . > /dev/null
        ls /var/run/docker.sock /run/docker.sock 2>&1 || echo none; env | grep -c AWS_ || true
        grep CapEff /proc/self/status";
    let out = job.run("build_script", look).succeeded().out();
    assert!(
        out.contains("No such file") && out.contains("none\n0\n"),
        "{out}"
    );
    let capabilities = out.split("CapEff:").nth(1).unwrap_or_default().trim();
    let bits = u64::from_str_radix(capabilities, 16).expect("it is hexadecimal");
    // SYS_ADMIN, SYS_PTRACE, NET_ADMIN, NET_RAW, SYS_MODULE
    assert_eq!(
        bits & (1 << 21 | 1 << 19 | 1 << 12 | 1 << 13 | 1 << 16),
        0,
        "{out}"
    );
    job.cleaned_up();
}
