//! Images that are missing, or wrong in some way: each with a sentence that tells whose turn it is.

use insta::assert_snapshot;

use crate::support::registry::Registry;
use crate::support::{Ended, Stand};

/// Without what the engine says of a registry: each has its own words for it.
fn reduced(log: &str) -> String {
    let said = |line: &str| {
        let known = ["connection refused", "not found"];
        let place = known
            .iter()
            .find_map(|end| Some(line.rfind(end)? + end.len()));
        let begin = line
            .strip_prefix("  caused by: ")
            .map(|_| 13)
            .or_else(|| Some(line.find("`: ")? + 3));
        match (begin, place) {
            (Some(begin), Some(place)) if begin < place => {
                let rest = line[place..].trim_start_matches(": manifest unknown");
                format!("{}ENGINE'S WORDS{rest}\n", &line[..begin])
            }
            _ => format!("{line}\n"),
        }
    };
    log.lines().map(said).collect()
}

#[test]
fn an_image_its_registry_does_not_know_is_the_jobs_own_fault() {
    let stand = Stand::new();
    let registry = Registry::empty();
    let job = stand
        .job()
        .image(&format!("{}/team/nothing:1", registry.address()));
    let ended = job.prepare().refused();
    let log = reduced(
        &job.masked(&ended.err())
            .replace(&registry.address(), "REGISTRY"),
    );
    assert_snapshot!(log, @r#"
    Docker engine at `ENGINE`, API N
    Pulling `REGISTRY/team/nothing:1` …
    error: there is no image `REGISTRY/team/nothing:1` to pull, or this job may not pull it
      caused by: ENGINE'S WORDS

    hint: the job names this image; check its spelling and its tag
    "#);
    job.cleaned_up();
}

#[test]
fn a_registry_that_does_not_answer_is_not_the_jobs_fault() {
    let stand = Stand::new();
    let address = Registry::closed();
    let job = stand.job().image(&format!("{address}/team/app:1"));
    let ended = job.prepare().system_failure();
    let log = reduced(&job.masked(&ended.err()).replace(&address, "REGISTRY"));
    assert_snapshot!(log, @r#"
    Docker engine at `ENGINE`, API N
    Pulling `REGISTRY/team/app:1` …
    warning: cannot pull the image `REGISTRY/team/app:1`: ENGINE'S WORDS; trying once more
    error: cannot pull the image `REGISTRY/team/app:1`
      caused by: ENGINE'S WORDS

    hint: whoever operates the runner checks that this host reaches the registry and may pull from it
    hint: the job names this image; check its spelling and its tag
    "#);
    job.cleaned_up();
}

#[test]
fn an_image_that_may_not_be_pulled_and_is_not_there_is_named() {
    let stand = Stand::new().set("executor.docker.pull_policy", "\"never\"");
    let job = stand.job().image("it/nowhere:1");
    let ended = job.prepare().system_failure();
    assert_snapshot!(job.masked(&ended.err()), @r#"
    Docker engine at `ENGINE`, API N
    error: the image `it/nowhere:1` is not on this host, and its pull policy is `never`

    hint: the operator of the runner loads the image, or allows another pull policy
    hint: the job names this image; check its spelling and its tag
    "#);
    job.cleaned_up();
}

#[test]
fn the_next_pull_policy_is_tried_after_a_warning() {
    let stand = Stand::new().set(
        "executor.docker.pull_policy",
        "[\"always\", \"if-not-present\"]",
    );
    let address = Registry::closed();
    stand
        .bench
        .engine
        .docker(&["tag", "bench/busybox:1", &format!("{address}/app:1")]);
    let job = stand.job().image(&format!("{address}/app:1"));
    let ended = job.prepare().succeeded();
    stand
        .bench
        .engine
        .docker(&["rmi", &format!("{address}/app:1")]);
    let log = reduced(&job.masked(&ended.err()).replace(&address, "REGISTRY"));
    assert_snapshot!(log, @r#"
    Docker engine at `ENGINE`, API N
    Pulling `REGISTRY/app:1` …
    warning: cannot pull the image `REGISTRY/app:1`: ENGINE'S WORDS; trying once more
    warning: cannot pull the image `REGISTRY/app:1`: ENGINE'S WORDS; trying the next pull policy, `if-not-present` (2 of 2)
    Image of the job: `REGISTRY/app:1`, on this host, N MB, sha256:N
    "#);
    job.cleaned_up();
}

#[test]
fn a_helper_image_that_is_missing_is_the_operators_turn() {
    let stand = Stand::new();
    let address = Registry::closed();
    let stand = stand.set(
        "executor.docker.helper_image",
        &format!("\"{address}/helper:1\""),
    );
    let job = stand.job();
    job.prepare()
        .system_failure()
        .says(&format!("error: the helper image `{address}/helper:1` is not on this host and cannot be pulled\n"))
        .says("\nhint: the operator makes it (`images/helper`, or `scripts/base-images`) or names another: `[executor.docker] helper_image`\n");
    job.cleaned_up();
}

#[test]
fn an_image_the_operator_does_not_allow_is_refused() {
    let stand = Stand::new().set("executor.docker.allowed_images", "[\"bench/**\"]");
    let job = stand.job().image("it/nowhere:1");
    let ended = job.prepare().refused();
    assert_snapshot!(ended.err(), @r#"
    error: the image `it/nowhere:1` of the job is not allowed on this runner
      caused by: allowed: `bench/**`

    hint: use one of the allowed images, or ask the operator of the runner to add yours to `[executor.docker]`
    "#);
    job.cleaned_up();
    let job = stand.job().image("bench/bash:1").prepared();
    job.cleaned_up();
}

/// Runs `build_script` in the image; what the job log then says.
#[track_caller]
pub(crate) fn script_in(stand: &Stand, image: &str) -> (Ended, String) {
    let job = stand.job().image(image).prepared();
    let ended = job.run("build_script", "echo the script");
    let log = job.masked(&ended.err());
    job.cleaned_up();
    (ended, log)
}

#[test]
fn an_image_without_a_shell_is_named_as_such() {
    let stand = Stand::new();
    let (ended, log) = script_in(&stand, "bench/scratch:1");
    ended.system_failure();
    assert_snapshot!(log, @r#"
    error: the image of the build container has no shell
      caused by: looked for bash and sh in /usr/local/bin, /usr/bin, /bin and /busybox

    hint: use an image that has one, such as the `-debug` or `-slim` variant of yours
    "#);
}

#[test]
fn a_user_the_image_does_not_have_is_named() {
    let stand = Stand::new();
    let job = stand
        .job()
        .with("/image/executor_opts/docker/user", "nobody-here".into())
        .prepared();
    job.run("build_script", "true")
        .system_failure()
        .says("nobody-here")
        .says("\nhint: ");
    job.cleaned_up();
}
