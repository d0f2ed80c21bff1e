//! Services: found by their names, waited for, and never a reason to fail.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Job, Stand};

/// Serves its /etc on the port it exposes.
const WEB: &str = "FROM bench/busybox:1\nEXPOSE 8080\nCMD [\"httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/etc\"]\n";
/// Exposes a port on which nobody answers.
const DEAF: &str = "FROM bench/busybox:1\nEXPOSE 4000\nCMD [\"sh\", \"-c\", \"echo I am deaf; exec sleep 4721\"]\n";

fn web(stand: &Stand) -> String {
    stand.made("web", WEB)
}

/// An image whose programs resolve names; bench/busybox's wget is static and cannot.
const CURL: &str = "bench/bash:1";

const ASK: &str = "curl -fsS -m 5 http://$HOST:8080/passwd | head -n 1";

#[test]
fn a_service_answers_under_each_of_its_names() {
    let stand = Stand::new();
    let job = stand
        .job()
        .image(CURL)
        .service(json!({"name": web(&stand), "alias": "site, www second"}))
        .prepared();
    for name in ["it__web", "it-web", "site", "www", "second"] {
        job.run("build_script", &format!("HOST={name}; {ASK}"))
            .succeeded()
            .printed("root:x:0:0");
    }
    // The runner's own stages see it too.
    job.run("get_sources", "exec 3<> /dev/tcp/site/8080")
        .succeeded();
    job.cleaned_up();
}

#[test]
fn prepare_waits_until_a_service_answers_on_its_port() {
    let stand = Stand::new();
    let slow = "FROM bench/busybox:1\nEXPOSE 8080\nCMD [\"sh\", \"-c\", \"sleep 2; exec httpd -f -p 8080 -h /etc\"]\n";
    let job = stand
        .job()
        .image(CURL)
        .service(json!({"name": stand.made("slow-web", slow), "alias": "site"}));
    let ended = job.prepare().succeeded();
    assert!(ended.took.as_secs() >= 2, "{ended}");
    assert_snapshot!(without_times(&job, &ended.err()), @r#"
    Docker engine at `ENGINE`, API N
    Service `it/slow-web:1` (as it__slow-web, it-slow-web, site) answers after N s
    "#);
    job.run("build_script", &format!("HOST=site; {ASK}"))
        .succeeded()
        .printed("root:x:0:0");
    job.cleaned_up();
}

#[test]
fn the_port_to_ask_may_be_named_by_the_service() {
    let stand = Stand::new();
    let service = json!({"name": "bench/busybox:1", "alias": "site", "command": ["sh", "-c", "sleep 1; exec httpd -f -p 9000 -h /etc"],
        "variables": [{"key": "HEALTHCHECK_TCP_PORT", "value": "9000"}]});
    let job = stand.job().service(service);
    job.prepare()
        .succeeded()
        .says("Service `bench/busybox:1` (as bench__busybox, bench-busybox, site) answers after ");
    job.cleaned_up();
}

#[test]
fn an_images_own_health_check_decides() {
    let stand = Stand::new();
    let checked = format!("{DEAF}HEALTHCHECK --interval=1s --retries=1 CMD test -e /etc/passwd\n");
    let job = stand
        .job()
        .service(json!({"name": stand.made("checked", &checked)}));
    job.prepare()
        .succeeded()
        .says("Service `it/checked:1` (as it__checked, it-checked) answers after ");
    job.cleaned_up();
}

#[test]
fn a_service_that_does_not_answer_is_warned_of_and_the_job_goes_on() {
    let stand = Stand::new().set("executor.docker.wait_for_services_timeout", "1");
    let job = stand
        .job()
        .service(json!({"name": stand.made("deaf-web", DEAF)}));
    let ended = job.prepare().succeeded();
    assert_snapshot!(without_times(&job, &ended.err()), @r#"
    Docker engine at `ENGINE`, API N
    warning: the service `it/deaf-web:1` (as it__deaf-web, it-deaf-web) did not become healthy within N s; the job goes on without waiting for it
    section_start:TIME:service_baws_KEY_service_1[collapsed=true]
    What the service `it/deaf-web:1` (as it__deaf-web, it-deaf-web) printed
    I am deaf
    section_end:TIME:service_baws_KEY_service_1
    "#);
    job.run("build_script", "echo goes on")
        .succeeded()
        .printed("goes on\n");
    job.cleaned_up();
}

#[test]
fn a_service_that_ends_is_warned_of_with_its_words_and_the_job_goes_on() {
    let stand = Stand::new();
    let service =
        json!({"name": web(&stand), "command": ["sh", "-c", "echo no such table; exit 3"]});
    let job = stand.job().service(service);
    let ended = job.prepare().succeeded();
    assert_snapshot!(without_times(&job, &ended.err()), @r#"
    Docker engine at `ENGINE`, API N
    warning: the service `it/web:1` (as it__web, it-web) ended with exit status 3; the job goes on without waiting for it
    section_start:TIME:service_baws_KEY_service_1[collapsed=true]
    What the service `it/web:1` (as it__web, it-web) printed
    no such table
    section_end:TIME:service_baws_KEY_service_1
    "#);
    job.cleaned_up();
}

/// The log without the order of its images and without the time of day of its sections.
fn without_times(job: &Job<'_>, log: &str) -> String {
    let masked = job.masked(log).replace("\u{1b}[0K", "").replace('\r', "\n");
    let line = |line: &str| {
        let mut parts = line.splitn(3, ':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(mark @ ("section_start" | "section_end")), Some(_), Some(name)) => {
                format!("{mark}:TIME:{name}")
            }
            _ => line.to_owned(),
        }
    };
    // Images are looked at side by side, so they come in any order.
    let lines = masked.lines().filter(|line| !line.starts_with("Image of "));
    lines.map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_name_that_is_taken_is_skipped_with_a_warning() {
    let stand = Stand::new();
    let web = web(&stand);
    let job = stand
        .job()
        .image(CURL)
        .service(json!({"name": web, "alias": "site"}))
        .service(json!({"name": web, "alias": "site other"}));
    let ended = job.prepare().succeeded();
    ended.says(
        "warning: the name `site` of service `it/web:1` is skipped: an earlier service has it\n",
    );
    for name in ["site", "other"] {
        job.run("build_script", &format!("HOST={name}; {ASK}"))
            .succeeded()
            .printed("root:x:0:0");
    }
    job.cleaned_up();
}

#[test]
fn a_services_own_variables_reach_it_and_no_other() {
    let stand = Stand::new();
    let tell = ["sh", "-c", "env > /tmp/env; exec httpd -f -p 8080 -h /tmp"];
    let first = json!({"name": web(&stand), "alias": "first", "command": tell, "variables": [{"key": "MODE", "value": "for-$STAGE"}]});
    let second = json!({"name": web(&stand), "alias": "second", "command": tell});
    let job = stand
        .job()
        .image(CURL)
        .variable("STAGE", "test")
        .service(first)
        .service(second)
        .prepared();
    job.run(
        "build_script",
        "curl -fsS http://first:8080/env | grep MODE",
    )
    .succeeded()
    .printed("MODE=for-test\n");
    job.run(
        "build_script",
        "curl -fsS http://second:8080/env | grep MODE || echo none",
    )
    .succeeded()
    .printed("none\n");
    job.cleaned_up();
}

#[test]
fn no_container_shows_a_private_variable() {
    let stand = Stand::new();
    let job = stand
        .job()
        .secret("API_TOKEN", "s3cret-7d1f")
        .service(json!({"name": web(&stand)}))
        .prepared();
    job.run("build_script", "test \"$API_TOKEN\" = s3cret-7d1f")
        .succeeded();
    for role in ["helper", "build", "service-1"] {
        let inspected = stand.bench.engine.inspect(&job.container(role)).to_string();
        assert!(!inspected.contains("s3cret-7d1f"), "{role}: {inspected}");
    }
    job.cleaned_up();
}

#[test]
fn jobs_do_not_reach_each_others_services() {
    let stand = Stand::new();
    let job = stand
        .job()
        .service(json!({"name": web(&stand), "alias": "site"}))
        .prepared();
    let other = stand
        .job()
        .runner("CI_CONCURRENT_PROJECT_ID", "1")
        .service(json!({"name": "bench/busybox:1", "command": ["sleep", "4722"]}));
    let other = other.prepared();
    other
        .run(
            "build_script",
            "nslookup site > /dev/null 2>&1 || echo unknown",
        )
        .succeeded()
        .printed("unknown\n");
    job.cleaned_up();
    other.cleaned_up();
}

#[test]
fn a_service_reaches_the_job_under_the_name_build() {
    let stand = Stand::new();
    let command = [
        "bash",
        "-c",
        "until curl -s -m 2 http://build:8080/hello; do sleep 0.1; done; exec sleep 4724",
    ];
    let job = stand
        .job()
        .service(json!({"name": "bench/bash:1", "alias": "caller", "command": command}))
        .prepared();
    let serve = "printf 'HTTP/1.0 200 OK\\r\\n\\r\\n' | nc -l -p 8080 | head -n 1";
    job.run("build_script", serve)
        .succeeded()
        .printed("GET /hello HTTP/1.1");
    job.cleaned_up();
}

#[test]
fn a_service_that_cannot_be_started_is_named() {
    let stand = Stand::new();
    let job = stand
        .job()
        .service(json!({"name": "bench/busybox:1", "command": ["no-such-program"]}));
    let ended = job.prepare();
    assert_ne!(ended.code, 0, "{ended}");
    ended.says("no-such-program");
    job.cleaned_up();
}

#[test]
fn a_service_the_operator_does_not_allow_is_refused() {
    let stand = Stand::new().set("executor.docker.allowed_services", "[\"bench/*:*\"]");
    let job = stand.job().service(json!({"name": "it/nowhere:1"}));
    job.prepare()
        .refused()
        .says("error: the image `it/nowhere:1` of service 1 is not allowed on this runner\n");
    job.cleaned_up();
}

#[test]
fn a_network_for_each_job_can_be_asked_for() {
    let stand = Stand::new();
    let job = stand
        .job()
        .runner("FF_NETWORK_PER_BUILD", "true")
        .prepared();
    assert_eq!(job.holds(crate::support::engine::Kind::Networks).len(), 1);
    job.run("build_script", "echo fine").succeeded();
    job.cleaned_up();
}
