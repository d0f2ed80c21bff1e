//! Builds that are ended: by a cancel, a timeout, a client that dies; nothing of them goes on at the engine.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::site::write;
use crate::support::{Job, Site, eventually};

/// A step that can be told from any other by its number of seconds.
fn sleeping(secs: &str) -> String {
    format!("FROM bench/busybox:1\nRUN echo in the step; sleep {secs}\n")
}

/// Whether a process with these words runs in the bench, other than the words of a script or a client.
fn runs(words: &str) -> bool {
    let entries = std::fs::read_dir("/proc")
        .expect("/proc is there")
        .flatten();
    entries.into_iter().any(|entry| {
        let text = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        text.strip_suffix(b"\0").unwrap_or(&text) == words.replace(' ', "\0").as_bytes()
    })
}

const BUILDERS: [(&str, &str); 2] = [("buildkit", "47291"), ("classic", "47292")];

#[track_caller]
fn goes_on(job: &Job<'_>) {
    write(
        &job.project(),
        "Dockerfile",
        b"FROM bench/busybox:1\nRUN true\n",
    );
    job.run("after_script", "cd /builds/it/project; baws-ci build -q")
        .succeeded()
        .printed("sha256:");
    job.cleaned_up();
}

#[test]
fn a_cancel_ends_the_step_on_the_engine_too() {
    let site = Site::new();
    for (builder, secs) in BUILDERS {
        let job = site.job().prepared().file_in("Dockerfile", &sleeping(secs));
        let started = job.start_baws(&format!(
            "build --builder {builder} --progress plain . 2>&1"
        ));
        started.until_printed("in the step\n");
        eventually("the step runs", || runs(&format!("sleep {secs}")));
        started.signal(Signal::TERM);
        started.end().cancelled().within_secs(40);
        eventually("the step has ended", || !runs(&format!("sleep {secs}")));
        goes_on(&job);
    }
}

#[test]
fn a_client_that_dies_ends_its_build_while_the_script_goes_on() {
    let site = Site::new();
    for (builder, secs) in BUILDERS {
        let secs = format!("{secs}1");
        let job = site
            .job()
            .prepared()
            .file_in("Dockerfile", &sleeping(&secs));
        let script = format!(
            "cd /builds/it/project; baws-ci build --builder {builder} --progress plain . 2>&1 & pid=$!; while [ ! -e go ]; do sleep 0.1; done; kill -9 $pid; wait $pid || echo killed; sleep 1; while [ ! -e end ]; do sleep 0.1; done"
        );
        let started = job.start_run("build_script", &script);
        started.until_printed("in the step\n");
        write(&job.project(), "go", b"");
        started.until_printed("killed\n");
        eventually("the step has ended", || !runs(&format!("sleep {secs}")));
        write(&job.project(), "end", b"");
        started.end().succeeded();
        goes_on(&job);
    }
}

#[test]
fn a_cancel_while_the_context_streams_ends_both_sides() {
    let site = Site::new();
    for builder in ["buildkit", "classic"] {
        let job = site
            .job()
            .prepared()
            .file_in("Dockerfile", "FROM bench/busybox:1\nCOPY big /big\n");
        let big =
            std::fs::File::create(job.project().join("big")).expect("the project can be written");
        big.set_len(4 << 30).expect("sparse files cost nothing");
        let started = job.start_baws(&format!(
            "build --builder {builder} --progress plain . 2>&1"
        ));
        std::thread::sleep(Duration::from_millis(1500));
        started.signal(Signal::TERM);
        started.end().cancelled().within_secs(20);
        std::fs::remove_file(job.project().join("big")).expect("it is there");
        goes_on(&job);
    }
}

#[test]
fn a_killed_stage_leaves_no_step_behind() {
    let site = Site::new();
    let job = site
        .job()
        .prepared()
        .file_in("Dockerfile", &sleeping("47293"));
    let started = job.start_baws("build --progress plain . 2>&1");
    started.until_printed("in the step\n").signal(Signal::KILL);
    drop(started.end());
    eventually("the step has ended", || !runs("sleep 47293"));
    job.cleaned_up();
}

#[test]
fn a_build_that_takes_longer_than_the_operator_allows_is_ended_with_a_word() {
    let site = Site::new().set("executor.requests.timeout_secs", "8");
    let job = site
        .job()
        .prepared()
        .file_in("Dockerfile", &sleeping("47294"));
    job.baws("build .")
        .failed_with(15)
        .printed("error: this took longer than 8 s\n")
        .printed(
            "hint: the operator of the runner may raise `timeout_secs` in `[executor.requests]`\n",
        );
    eventually("the step has ended", || !runs("sleep 47294"));
    goes_on(&job);
}

#[test]
fn an_interrupt_outside_a_job_ends_the_build_there_too() {
    let site = Site::new();
    let dir = site.directory("here");
    write(&dir, "Dockerfile", sleeping("47295").as_bytes());
    let mut command = site.command(&dir, &["build", "--progress", "plain", "."]);
    let started = {
        // Both streams in one, so that the step can be waited for.
        command.args(["--iidfile", "i"]);
        crate::support::Started::begin(command, "build", None)
    };
    eventually("the step runs", || runs("sleep 47295"));
    started.signal(Signal::INT);
    let ended = started.end();
    assert!([130, 143].contains(&ended.code), "{ended}");
    eventually("the step has ended", || !runs("sleep 47295"));
}
