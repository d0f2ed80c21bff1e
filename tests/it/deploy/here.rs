//! The local target: a container on this engine in the place of a service of ECS, with the same ends.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::cluster::ended_as;
use crate::support::site::write;
use crate::support::{Ended, Site};

/// A local service of this test's own, which is removed at its end.
struct Here {
    site: Site,
    dir: PathBuf,
}

impl Here {
    fn new() -> Self {
        Here::polled("400")
    }

    /// One whose new containers must run for 2 s before they count: those of a test that fail need longer to do so on a busy
    /// machine than a quick test waits.
    fn patient() -> Self {
        Here::polled("8000")
    }

    fn polled(poll_ms: &str) -> Self {
        let site = Site::new().set("deploy.poll_ms", poll_ms);
        let dir = site.directory("app");
        Here { site, dir }
    }

    fn name(&self) -> String {
        format!("local/{}", self.site.name)
    }

    /// An image on the engine, by its id.
    #[track_caller]
    fn built(&self, command: &str) -> String {
        let dockerfile = format!("FROM bench/busybox:1\nCMD {command}\n");
        write(&self.dir, "Dockerfile", dockerfile.as_bytes());
        let name = format!("{}:x", self.site.name);
        let built = self
            .site
            .here(&self.dir, &["build", "-q", "-t", &name, "."]);
        built.succeeded().out().trim().to_owned()
    }

    #[track_caller]
    fn baws(&self, words: &[&str]) -> (Value, Ended) {
        let name = self.name();
        let mut all = vec![words[0], &name, "--json"];
        all.extend(&words[1..]);
        let ended = self.site.here(&self.dir, &all);
        let told = serde_json::from_slice(&ended.stdout)
            .unwrap_or_else(|error| panic!("stdout is no JSON ({error}): {ended}"));
        (told, ended)
    }

    /// Names and states of its containers.
    fn containers(&self) -> Vec<(String, String)> {
        let filter = format!("{{\"label\":[\"baws-ci.service={}\"]}}", self.site.name);
        let engine = &self.site.stand.bench.engine;
        let path = format!("/containers/json?all=1&filters={}", escaped(&filter));
        let listed = engine.get(&path).expect("the engine lists containers");
        let each = listed.as_array().expect("it is a list").iter();
        each.map(|one| {
            let name = one["Names"][0].as_str().unwrap_or_default();
            let state = one["State"].as_str().unwrap_or_default();
            (name.trim_start_matches('/').to_owned(), state.to_owned())
        })
        .collect()
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        let name = self.name();
        let mut command = self
            .site
            .command(Path::new("/"), &["stop", "--remove", &name]);
        let _ = command.output();
    }
}

fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

const RUNS: &str =
    "[\"sh\", \"-c\", \"trap exit TERM; echo up; while :; do sleep 1 & wait; done\"]";
const ALSO_RUNS: &str =
    "[\"sh\", \"-c\", \"trap exit TERM; echo up again; while :; do sleep 1 & wait; done\"]";
const FAILS: &str = "[\"sh\", \"-c\", \"echo no database; exit 3\"]";

#[test]
fn a_first_deployment_makes_the_service_and_verifies_its_digest() {
    let here = Here::new();
    let image = here.built(RUNS);
    let (told, ended) = here.baws(&["deploy", "--image", &image]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(told["digests_observed"], json!([image]), "{told:#}");
    assert!(ended.err().contains("runs in 1 of 1 task"), "{ended}");
    assert_eq!(
        here.containers(),
        [(here.site.name.clone(), "running".to_owned())]
    );
    let (told, _) = here.baws(&["status"]);
    assert_eq!(
        (&told["running"], &told["digests"]),
        (&json!(1), &json!([image]))
    );
}

#[test]
fn a_new_container_that_fails_leaves_the_old_one_running_and_shows_its_words() {
    let here = Here::patient();
    let good = here.built(RUNS);
    let (told, ended) = here.baws(&["deploy", "--image", &good]);
    ended_as(&told, &ended, "ok", 0);
    let bad = here.built(FAILS);
    let (told, ended) = here.baws(&["deploy", "--image", &bad]);
    ended_as(&told, &ended, "rolled_back", 6);
    let ended = ended.says("no database");
    assert_eq!(told["stopped_tasks"][0]["exit_code"], 3, "{ended}");
    let (told, _) = here.baws(&["status"]);
    assert_eq!(
        (&told["running"], &told["digests"]),
        (&json!(1), &json!([good])),
        "{told:#}"
    );
    // And the next deployment goes as if nothing had happened.
    let next = here.built(ALSO_RUNS);
    let (told, ended) = here.baws(&["deploy", "--image", &next]);
    ended_as(&told, &ended, "ok", 0);
}

#[test]
fn a_first_container_that_fails_is_a_failure() {
    let here = Here::patient();
    let bad = here.built(FAILS);
    let (told, ended) = here.baws(&["deploy", "--image", &bad]);
    ended_as(&told, &ended, "failed", 5);
    ended.says("no database");
}

#[test]
fn it_is_restarted_stopped_started_and_rolled_back() {
    let here = Here::new();
    let first = here.built(RUNS);
    let (told, ended) = here.baws(&["deploy", "--image", &first]);
    ended_as(&told, &ended, "ok", 0);
    let second = here.built(ALSO_RUNS);
    let (told, ended) = here.baws(&["deploy", "--image", &second]);
    ended_as(&told, &ended, "ok", 0);
    let (told, ended) = here.baws(&["restart"]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(told["digests_observed"], json!([second]));
    let (told, ended) = here.baws(&["rollback"]);
    ended_as(&told, &ended, "ok", 0);
    assert_eq!(told["digests_observed"], json!([first]), "{ended}");
    let (told, ended) = here.baws(&["stop"]);
    ended_as(&told, &ended, "ok", 0);
    let (told, ended) = here.baws(&["restart"]);
    ended_as(&told, &ended, "not_running", 16);
    let (told, ended) = here.baws(&["start"]);
    ended_as(&told, &ended, "ok", 0);
    let (told, ended) = here.baws(&["run-task", "--", "sh", "-c", "echo migrating; exit 4"]);
    ended_as(&told, &ended, "task_failed", 13);
    ended.says("migrating");
}

#[test]
fn what_is_not_there_is_named() {
    let here = Here::new();
    let name = here.name();
    for words in [
        vec!["status", &name],
        vec!["restart", &name],
        vec!["deploy", &name, "--image", "nowhere:1"],
    ] {
        let ended = here.site.here(&here.dir, &words);
        assert_eq!(ended.code, 4, "{ended}");
    }
    let ended = here.site.here(&here.dir, &["deploy", "local/../x"]);
    assert_eq!(ended.code, 2, "{ended}");
}

#[test]
fn a_job_runs_its_own_image_as_a_service_and_no_image_of_another_project() {
    let here = Here::new();
    let rule = "[{ projects = [\"it/*\"], refs = \"any\", deploy = [\"local/*\"] }]";
    let site = Site::new().set("grants", rule);
    let service = format!("local/{}", site.name);
    let job = site.job().plain();
    let dockerfile = format!("FROM bench/busybox:1\nCMD {RUNS}\n");
    write(&job.project(), "Dockerfile", dockerfile.as_bytes());
    let own = job.baws("build -q -t app .").succeeded().out();
    job.baws(&format!("deploy {service} --image {}", own.trim()))
        .succeeded();
    // Built by the caller in another place, and known to the engine by that name alone.
    let dockerfile = "FROM bench/scratch:1\nCMD [\"/busybox\", \"sleep\", \"9\"]\n";
    write(&here.dir, "Dockerfile", dockerfile.as_bytes());
    let private = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/others/app:x";
    let others = here
        .site
        .here(&here.dir, &["build", "-q", "-t", private, "."])
        .succeeded()
        .out();
    job.baws(&format!("deploy {service} --image {}", others.trim()))
        .failed_with(15)
        .printed("this job may not run the image");
    job.baws(&format!("stop --remove {service}")).succeeded();
    job.cleaned_up();
}
