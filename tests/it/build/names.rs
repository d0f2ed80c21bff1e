//! Local names are private to a project, on one side of protection: nobody replaces an image for somebody else, or reads it.

use serde_json::json;

use crate::support::site::write;
use crate::support::{Job, Site};

/// A job of another project on the same runner.
fn of_other_project<'a>(site: &'a Site) -> Job<'a> {
    site.job()
        .with("/job_info/project_id", json!(8))
        .with("/job_info/project_full_path", json!("it/other"))
        .runner("CI_CONCURRENT_PROJECT_ID", "1")
}

fn of_protected_ref<'a>(site: &'a Site) -> Job<'a> {
    site.job()
        .with("/git_info/protected", json!(true))
        .runner("CI_CONCURRENT_PROJECT_ID", "2")
}

const POISON: &str = "FROM bench/busybox:1\nRUN echo poisoned > /etc/origin\n";
const READ: &str = "FROM bench/busybox:1\nRUN cat /etc/origin 2>/dev/null || echo cl''ean\n";

#[test]
fn an_image_built_under_a_public_name_is_nobody_elses() {
    let site = Site::new();
    let poisoner = site.job().prepared().file_in("Dockerfile", POISON);
    poisoner.baws("build -q -t bench/busybox:1 -t docker.io/bench/busybox:1 -t index.docker.io/bench/busybox:1").succeeded();
    for job in [of_other_project(&site), of_protected_ref(&site)] {
        let job = job.prepared().file_in("Dockerfile", READ);
        job.baws("build --progress plain --no-cache . 2>&1")
            .succeeded()
            .printed("clean");
        job.cleaned_up();
    }
    // Nor does the host start it in place of a job's image.
    let job = of_other_project(&site).image("bench/busybox:1").prepared();
    job.run("build_script", "cat /etc/origin || echo clean")
        .succeeded()
        .printed("clean");
    job.cleaned_up();
    let own = site
        .job()
        .runner("CI_CONCURRENT_PROJECT_ID", "3")
        .prepared()
        .file_in("Dockerfile", READ);
    own.baws("build --progress plain --no-cache . 2>&1")
        .succeeded()
        .printed("poisoned");
    own.cleaned_up();
    poisoner.cleaned_up();
}

#[test]
fn an_image_of_another_project_or_side_cannot_be_started_from() {
    let site = Site::new();
    let owner = site.job().prepared().file_in(
        "Dockerfile",
        "FROM bench/busybox:1\nRUN echo very s3cret > /s3cret\n",
    );
    let id = owner
        .baws("build -q -t it/secret:1 -t $REPO:secret")
        .succeeded()
        .out();
    let key = site.private_key(&id);
    for job in [of_other_project(&site), of_protected_ref(&site)] {
        let job = job.prepared();
        let project = job.project();
        let id = id.trim();
        let forms: [&dyn Fn(&str) -> String; 4] = [
            &|from| format!("FROM {from}\nRUN cat /s3cret\n"),
            &|from| format!("ARG B={from}\nFROM $B\nRUN cat /s3cret\n"),
            &|from| {
                format!(
                    "FROM bench/busybox:1\nCOPY --from={from} /s3cret /s3cret\nRUN cat /s3cret\n"
                )
            },
            &|from| {
                format!(
                    "FROM bench/busybox:1\nRUN --mount=type=bind,from={from},target=/m cat /m/s3cret\n"
                )
            },
        ];
        let private = format!("baws.local/{key}/docker.io/it/secret:1");
        let names = [
            "it/secret:1".to_owned(),
            format!("BAWS.LOCAL/{key}/docker.io/it/secret:1"),
            id.to_owned(),
            id.trim_start_matches("sha256:").to_owned(),
            id.trim_start_matches("sha256:")[..12].to_owned(),
            format!("it/secret@{id}"),
        ];
        let tries = names
            .iter()
            .map(|name| forms[0](name))
            .chain(forms.iter().map(|form| form(&private)));
        for dockerfile in tries {
            write(&project, "Dockerfile", dockerfile.as_bytes());
            let ended = job.baws("build --progress plain . 2>&1");
            assert!(
                ended.code == 1 && !ended.out().contains("very s3cret\n"),
                "{dockerfile}{ended}"
            );
        }
        job.baws("push -q $REPO:secret")
            .failed_with(4)
            .printed(&format!(
                "error: there is no image `{}:secret` to push\n",
                site.repository("app")
            ));
        job.cleaned_up();
    }
    owner.cleaned_up();
}

#[test]
fn the_private_names_cannot_be_said() {
    let site = Site::new();
    let job = site.job().plain();
    for (words, what) in [
        ("build -q -t baws.local/0123456789abcdef/x:1", "the tag"),
        ("push -q baws.local/0123456789abcdef/x:1", "the image"),
        (
            "promote -q baws.local/0123456789abcdef/x:1 $REPO:1",
            "the source",
        ),
        (
            "build -q --cache-from baws.local/0123456789abcdef/x:1",
            "--cache-from",
        ),
    ] {
        job.baws(words).failed_with(15).printed(&format!(
            "error: {what} `baws.local/0123456789abcdef/x:1` is private to this host\n"
        ));
    }
    job.cleaned_up();
}

#[test]
fn another_projects_repository_in_ecr_cannot_be_started_from() {
    let site = Site::new();
    let text = format!(
        "[{{ projects = [\"it/*\"], refs = \"any\", push = [\"{0}/{{project}}\"], create = [\"{0}/**\"] }}]",
        site.repository("of")
    );
    let site = site.set("grants", &text);
    let owner = site.job().plain();
    let theirs = site.repository("of/it/project");
    owner
        .baws(&format!("build --push -q -t {theirs}:1"))
        .succeeded();
    owner.cleaned_up();
    let job = of_other_project(&site)
        .prepared()
        .file_in("Dockerfile", &format!("FROM {theirs}:1\n"));
    let asked = site.asked_of_ecr().len();
    let ended = job.baws("build . 2>&1").failed_with(15);
    let ended = ended.printed(&format!(
        "error: this job may not read the image `{theirs}:1`\n"
    ));
    assert!(
        ended.out().contains(&format!("bases = [\"{theirs}\"]")),
        "{ended}"
    );
    assert_eq!(site.asked_of_ecr().len(), asked, "the registry was asked");
    job.cleaned_up();
}

#[test]
fn what_a_job_pushed_stays_on_the_engine_under_no_name_that_others_can_say() {
    let site = Site::new();
    let job = site.job().plain();
    job.baws("build --push -q -t $REPO:x --tags latest")
        .succeeded();
    let names = site
        .stand
        .bench
        .engine
        .docker(&["images", "--format", "{{.Repository}}:{{.Tag}}"]);
    let said: Vec<&str> = names
        .lines()
        .filter(|name| name.starts_with(site.host()) && name.contains(&site.name))
        .collect();
    assert_eq!(said, Vec::<&str>::new());
    job.cleaned_up();
}

/// The executor starts a job's image from what the engine has.
#[test]
fn no_job_runs_in_a_private_image() {
    let site = Site::new();
    let owner = site.job().prepared().file_in(
        "Dockerfile",
        "FROM bench/busybox:1\nRUN echo very s3cret > /s3cret\n",
    );
    let id = owner.baws("build -q -t it/secret:1").succeeded().out();
    let key = site.private_key(&id);
    let id = id.trim().to_owned();
    let mut entered = Vec::new();
    for image in [
        format!("baws.local/{key}/docker.io/it/secret:1"),
        format!("BAWS.local/{key}/docker.io/it/secret:1"),
        id.clone(),
        id[7..].to_owned(),
        id[7..19].to_owned(),
        format!("it/secret@{id}"),
    ] {
        for service in [false, true] {
            let job = of_other_project(&site);
            let job = if service {
                job.service(json!({"name": image, "command": ["sleep", "4727"]}))
            } else {
                job.image(&image)
            };
            if job.prepare().code == 0 {
                entered.push(format!("{image}, as a service: {service}"));
            }
            job.cleaned_up();
        }
    }
    assert_eq!(entered, Vec::<String>::new());
    owner.cleaned_up();
}

#[test]
fn layers_of_another_projects_repository_are_no_cache() {
    let site = Site::new();
    let job = site.job().plain();
    let theirs = format!("{}/theirs/app", site.host());
    job.baws(&format!("build -q --cache-from {theirs}:x"))
        .failed_with(15)
        .printed(&format!(
            "error: this job may not read the image `{theirs}:x`\n"
        ));
    job.cleaned_up();
}
