//! Layers and cache mounts: kept for one project on one side of protection, and never decided by another.

use serde_json::json;

use crate::support::{Job, Site};

fn of(site: &Site, protection: bool) -> Job<'_> {
    let slot = if protection { "1" } else { "2" };
    site.job()
        .with("/git_info/protected", json!(protection))
        .runner("CI_CONCURRENT_PROJECT_ID", slot)
}

fn of_other_project(site: &Site) -> Job<'_> {
    site.job()
        .with("/job_info/project_id", json!(8))
        .with("/job_info/project_full_path", json!("it/other"))
        .runner("CI_CONCURRENT_PROJECT_ID", "3")
}

const BUILDERS: [&str; 2] = ["buildkit", "classic"];

#[test]
fn an_unprotected_step_is_never_used_for_a_protected_build() {
    let site = Site::new();
    for builder in BUILDERS {
        let dockerfile = format!(
            "FROM bench/busybox:1\n# {builder}\nRUN cat /proc/sys/kernel/random/uuid > /u\n"
        );
        let mut seen = Vec::new();
        for job in [of(&site, false), of(&site, true), of_other_project(&site)] {
            let job = job.prepared().file_in("Dockerfile", &dockerfile);
            let build = format!("build --builder {builder} -q");
            // The engine throws its cache away as it likes; it does not do so all the time.
            let built: Vec<String> = (0..5).map(|_| job.baws(&build).succeeded().out()).collect();
            let again = built.windows(2).find(|two| two[0] == two[1]);
            assert!(again.is_some(), "its own cache is never used: {built:?}");
            seen.extend(built);
            job.cleaned_up();
        }
        assert_eq!(seen.len(), 15);
        for (at, one) in seen.iter().enumerate() {
            let others = seen
                .iter()
                .enumerate()
                .filter(|(other, _)| other / 5 != at / 5);
            assert!(
                others.into_iter().all(|(_, other)| other != one),
                "{builder}: {seen:?}"
            );
        }
    }
}

/// build-and-push.md §0.11, the first attack: what came through somebody's proxy is cached without the proxy's name.
#[test]
fn a_job_cannot_set_the_proxy_of_a_build() {
    let site = Site::new();
    let job = site.job().plain();
    for argument in [
        "http_proxy",
        "HTTPS_PROXY",
        "ftp_proxy",
        "all_proxy",
        "No_Proxy",
    ] {
        job.baws(&format!(
            "build -q --build-arg {argument}=http://evil.example:1"
        ))
        .failed_with(15)
        .printed(&format!(
            "error: a job may not set the proxy of a build (`{argument}`)\n"
        ));
    }
    job.cleaned_up();
}

/// The same attack from within the Dockerfile, and what it may come to.
#[test]
fn a_proxy_that_a_dockerfile_sets_is_of_its_own_layers_only() {
    let site = Site::new();
    let step = "RUN echo \"through <$http_proxy>\" > /through\nRUN cat /through\n";
    let poisoner = of(&site, false).prepared().file_in(
        "Dockerfile",
        &format!("FROM bench/busybox:1\nARG http_proxy=http://evil.example:1\n{step}"),
    );
    poisoner.baws("build -q").succeeded();
    poisoner.cleaned_up();
    let victim = of(&site, true)
        .prepared()
        .file_in("Dockerfile", &format!("FROM bench/busybox:1\n{step}"));
    victim
        .baws("build --progress plain . 2>&1")
        .succeeded()
        .printed("through <>");
    victim.cleaned_up();
}

/// The second attack: the value of a secret is no part of the engine's cache key.
#[test]
fn what_came_of_an_unprotected_secret_does_not_decide_a_protected_build() {
    let site = Site::new();
    let dockerfile = "FROM bench/busybox:1\nRUN --mount=type=secret,id=tok cat /run/secrets/tok > /got\nRUN echo \"got <$(cat /got)>\"\n";
    let mut log = String::new();
    for (job, value) in [(of(&site, false), "evil"), (of(&site, true), "good")] {
        let job = job
            .variable("TOKEN", value)
            .prepared()
            .file_in("Dockerfile", dockerfile);
        let ended = job
            .baws("build --progress plain --secret id=tok,env=TOKEN . 2>&1")
            .succeeded();
        log.push_str(&ended.out());
        job.cleaned_up();
    }
    assert!(
        log.contains("got <evil>") && log.contains("got <good>"),
        "{log}"
    );
}

#[test]
fn cache_mounts_are_kept_apart_by_project_and_protection() {
    let site = Site::new();
    let mark = &site.name;
    let dockerfile = format!(
        "FROM bench/busybox:1\nARG WHO\nRUN --mount=type=cache,target=/c,id={mark} echo $WHO >> /c/seen; echo \"seen: $(cat /c/seen | tr '\\n' ' ').\"\n"
    );
    let mut seen = Vec::new();
    for (job, who) in [
        (of(&site, false), "one"),
        (of(&site, true), "two"),
        (of_other_project(&site), "three"),
        (of(&site, false), "four"),
    ] {
        let job = job.prepared().file_in("Dockerfile", &dockerfile);
        let out = job
            .baws(&format!(
                "build --progress plain --build-arg WHO={who} . 2>&1"
            ))
            .succeeded()
            .out();
        let line = out
            .lines()
            .rfind(|line| line.contains("seen: ") && !line.contains("cat /c"))
            .unwrap_or_default();
        seen.push(line.split("seen: ").nth(1).unwrap_or_default().to_owned());
        job.cleaned_up();
    }
    assert_eq!(seen, ["one .", "two .", "three .", "one four ."]);
}

#[test]
fn a_job_cannot_choose_the_names_that_keep_caches_apart() {
    let site = Site::new();
    let job = site.job().plain();
    for argument in [
        "BAWS_CACHE",
        "BUILDKIT_CACHE_MOUNT_NS",
        "BUILDKIT_SYNTAX",
        "BUILDKIT_SANDBOX_HOSTNAME",
    ] {
        job.baws(&format!("build -q --build-arg {argument}=x"))
            .failed_with(15)
            .printed(&format!(
                "error: the build argument `{argument}` is reserved\n"
            ));
    }
    for line in [
        "ARG BAWS_CACHE",
        "ENV BAWS_CACHE=x",
        "ARG BUILDKIT_CACHE_MOUNT_NS=x",
        "ENV A=1 BAWS_CACHE=2",
    ] {
        let job = site
            .job()
            .runner("CI_CONCURRENT_PROJECT_ID", "5")
            .prepared();
        let job = job.file_in(
            "Dockerfile",
            &format!("FROM bench/busybox:1\n{line}\nRUN true\n"),
        );
        job.baws("build -q")
            .failed_with(15)
            .printed("error: the Dockerfile is refused\n");
        job.cleaned_up();
    }
    job.cleaned_up();
}

#[test]
fn layers_that_unprotected_jobs_may_push_are_no_cache_for_protected_ones() {
    let site = Site::new();
    let dockerfile = "FROM bench/busybox:1\nRUN cat /proc/sys/kernel/random/uuid\n";
    let job = of(&site, false)
        .prepared()
        .file_in("Dockerfile", dockerfile);
    job.baws("build --push -q -t $REPO:cache").succeeded();
    job.cleaned_up();
    let job = of(&site, true).prepared().file_in("Dockerfile", dockerfile);
    let ended = job
        .baws("build --cache-from $REPO:cache . 2>&1")
        .succeeded()
        .printed(&format!(
            "`--cache-from {}:cache` is not used",
            site.repository("app")
        ));
    assert!(!ended.out().contains("random/uuid   cached"), "{ended}");
    job.cleaned_up();
}

#[test]
fn steps_that_a_base_image_brings_are_never_taken_from_anybodys_cache() {
    let site = Site::new();
    let base = site.stand.made(
        "build-trigger",
        "FROM bench/busybox:1\nONBUILD RUN cat /proc/sys/kernel/random/uuid > /u\n",
    );
    let mut ids = Vec::new();
    for protection in [false, true, true] {
        let job = of(&site, protection)
            .prepared()
            .file_in("Dockerfile", &format!("FROM {base}\n"));
        ids.push(job.baws("build -q").succeeded().out());
        job.cleaned_up();
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
}
