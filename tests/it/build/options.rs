//! The flags of `docker build`, with Docker's meaning.

use serde_json::{Value, json};

use crate::support::ecr::repository_of;
use crate::support::site::write;
use crate::support::{Job, Site};

/// Builds and shows the log with every step's output.
#[track_caller]
fn built(job: &Job<'_>, dockerfile: &str, words: &str) -> String {
    write(&job.project(), "Dockerfile", dockerfile.as_bytes());
    job.baws(&format!("build --progress plain {words} 2>&1"))
        .succeeded()
        .out()
}

/// The last step takes its time: of one that ends at once the classic builder of a busy engine 26 loses the output.
const STAGES: &str = "ARG BASE=bench/busybox:1\nFROM $BASE AS first\nARG WHO=nobody\nRUN echo \"hello <$WHO>\" > /hello\nFROM scratch AS unused\nCOPY nowhere /\nFROM bench/busybox:1 AS last\nCOPY --from=first /hello /hello\nRUN echo \"last says $(cat /hello)\"; sleep 0.3\n";

#[test]
fn stages_targets_and_arguments_mean_what_they_mean_to_docker() {
    let site = Site::new();
    let job = site.job().variable("WHO", "the environment").prepared();
    for builder in ["buildkit", "classic"] {
        let flags = format!("--builder {builder} --no-cache");
        let stages = match builder {
            // It builds every stage.
            "classic" => STAGES.replace("COPY nowhere /\n", ""),
            _ => STAGES.to_owned(),
        };
        let last = |words: &str| built(&job, &stages, &format!("{flags} {words}"));
        for (words, says) in [
            ("", Some("last says hello <nobody>")),
            ("--build-arg WHO=me", Some("last says hello <me>")),
            ("--build-arg WHO", Some("last says hello <the environment>")),
            ("--target first", None),
            ("--build-arg BASE=bench/bash:1", Some("last says hello")),
        ] {
            let out = last(words);
            let found = out.contains(says.unwrap_or("last says"));
            assert_eq!(found, says.is_some(), "{builder} {words}: {out}");
        }
        let unused = last("--build-arg NOBODY=1");
        assert!(
            unused.contains("warning: the Dockerfile declares no ARG for `NOBODY`"),
            "{unused}"
        );
    }
    let ended = job.baws("build --target nothing .");
    assert!(
        ended.code == 1 && ended.out().contains("nothing"),
        "{ended}"
    );
    job.cleaned_up();
}

#[test]
fn limits_hosts_and_networks_reach_the_steps() {
    let site = Site::new();
    let job = site.job().prepared();
    let look = "FROM bench/busybox:1\nRUN echo \"files $(ulimit -n) shm $(df -m /dev/shm | tail -n 1 | tr -s ' ' | cut -d' ' -f2) host $(grep -c 'db.bench.test' /etc/hosts) links $(ls /sys/class/net | tr '\\n' ' ')\"; sleep 0.3\n";
    for builder in ["buildkit", "classic"] {
        let out = built(
            &job,
            look,
            &format!(
                "--builder {builder} --no-cache --ulimit nofile=777:888 --shm-size 33m --add-host db.bench.test:192.0.2.7 --network none"
            ),
        );
        let line = out
            .lines()
            .find(|line| line.contains("files 7") || line.contains("host 1"))
            .unwrap_or_default();
        assert!(
            line.contains("host 1") && !line.contains("eth0"),
            "{builder}: {out}"
        );
        let all = line.contains("files 777 shm 33");
        // BuildKit in engine 20 knows neither.
        assert!(all || builder == "buildkit", "{builder}: {out}");
    }
    job.cleaned_up();
}

#[test]
fn a_dockerfile_may_come_on_stdin_or_from_outside_the_context() {
    let site = Site::new();
    let job = site.job().plain();
    let script = "cd /builds/it/project; mkdir -p ctx /elsewhere; echo inner > ctx/file
        printf 'FROM bench/busybox:1\\nCOPY file /f\\nRUN echo \"got $(cat /f)\"\\n' > /elsewhere/Other
        baws-ci build --no-cache --progress plain -f - ctx < /elsewhere/Other 2>&1
        baws-ci build --no-cache --progress plain -f /elsewhere/Other ctx 2>&1
        cp /elsewhere/Other ctx/Third; cd ctx; baws-ci build --no-cache --progress plain -f Third . 2>&1";
    let out = job.run("build_script", script).succeeded().out();
    assert_eq!(out.matches("got inner").count(), 3, "{out}");
    job.cleaned_up();
}

#[test]
fn progress_is_for_people_machines_or_nobody() {
    let site = Site::new();
    let job = site.job().plain();
    assert_eq!(job.baws("build -q . > /dev/null").succeeded().out(), "");
    let out = job
        .baws("build --progress json . 2>&1 > /dev/null")
        .succeeded()
        .out();
    assert!(!out.is_empty());
    for line in out.lines() {
        let event: Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(event["schema"], "baws-ci/build-event/1");
    }
    job.baws("build --progress loud .")
        .failed_with(2)
        .printed("error: `--progress loud` cannot be");
    let inside = site
        .job()
        .runner("CI_CONCURRENT_PROJECT_ID", "1")
        .variable("GITLAB_CI", "true")
        .plain();
    inside
        .file_in("Dockerfile", "FROM bench/busybox:1\nRUN echo folded\n")
        .baws("build . 2>&1")
        .succeeded()
        .printed("section_start:");
    job.cleaned_up();
}

#[test]
fn the_builder_tells_what_it_can() {
    let site = Site::new();
    let job = site.job().prepared();
    let told = |words: &str| -> Value {
        let out = job
            .run(
                "build_script",
                &format!("baws-ci build --features --json {words}"),
            )
            .succeeded()
            .out();
        serde_json::from_str(&out).expect("it is JSON")
    };
    let (kit, classic) = (told(""), told("--builder classic"));
    assert_eq!(
        (&kit["schema"], &kit["builder"], &classic["builder"]),
        (
            &json!("baws-ci/build-features/1"),
            &json!("BuildKit"),
            &json!("classic")
        )
    );
    let knows = |told: &Value, name: &str| {
        let rows = told["features"].as_array().expect("it is a list");
        let row = rows.iter().find(|row| {
            row["feature"]
                .as_str()
                .is_some_and(|text| text.contains(name))
        });
        row.unwrap_or_else(|| panic!("no row for {name}: {told}"))["known"].clone()
    };
    assert_eq!(
        (knows(&kit, "RUN --mount"), knows(&classic, "RUN --mount")),
        (json!(true), json!(false))
    );
    let new = site.stand.bench.engine.version() > 20;
    assert_eq!(knows(&kit, "heredoc"), json!(new));
    job.run("build_script", "baws-ci build --features")
        .succeeded()
        .printed("builder BuildKit");
    job.cleaned_up();
}

#[test]
fn the_same_command_does_the_same_outside_a_job() {
    let site = Site::new();
    let dir = site.directory("outside");
    let repository = site.repository("app");
    site.stand.bench.command(&[
        "ecr-repository",
        repository.split_once('/').expect("it has a host").1,
    ]);
    let name = format!("{repository}:x");
    let words = [
        "build",
        "--push",
        "-t",
        &name,
        "--tags",
        "latest",
        "--dotenv",
        "e",
        "--iidfile",
        "i",
        ".",
    ];
    let ended = site.here(&dir, &words).succeeded();
    let digest = site.digest(&repository, "latest").expect("it was pushed");
    assert_eq!(ended.out(), format!("{repository}@{digest}\n"));
    assert_eq!(
        std::fs::read_to_string(dir.join("i")).expect("it was written"),
        digest
    );
    let job = site.job().plain().file_in("hello", "hello\n");
    let inside = job
        .baws("build --push -t $REPO:x --tags latest . 2>&1")
        .succeeded()
        .out();
    let plain = |text: &str| -> Vec<String> {
        site.masked(&job, text)
            .lines()
            .map(|line| {
                let line = line.replace("cached", "").replace("N s", "");
                // Of builds that run side by side BuildKit tells one base by the name of another's stage.
                match line.split_once("] FROM") {
                    Some((_, image)) => format!("[1/2] FROM{}", image.trim_end()),
                    None => line.trim().to_owned(),
                }
            })
            .filter(|line| !line.starts_with("Pushed") && !line.starts_with("Built"))
            .collect()
    };
    assert_eq!(
        plain(&format!("{}{}", ended.err(), ended.out())),
        plain(&inside)
    );
    let config = repository_of(&repository).config("x");
    assert_eq!(
        config["config"]["Labels"]["org.opencontainers.image.revision"],
        json!(null)
    );
    job.cleaned_up();
}
