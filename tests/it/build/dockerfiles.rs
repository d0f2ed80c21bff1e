//! Dockerfiles that are missing, wrong, too large or hostile: judged before anything is built.

use insta::assert_snapshot;

use crate::support::site::write;
use crate::support::{Ended, Job, Site};

#[track_caller]
fn build(job: &Job<'_>, dockerfile: &str, words: &str) -> Ended {
    write(&job.project(), "Dockerfile", dockerfile.as_bytes());
    job.baws(&format!("build {words} . 2>&1"))
}

#[test]
fn a_dockerfile_that_is_missing_is_named() {
    let site = Site::new();
    let job = site.job().prepared();
    job.project();
    let ended = job.baws("build .").failed_with(4);
    assert_snapshot!(ended.out(), @r"
    error: there is no Dockerfile at `./Dockerfile`

    hint: add a `Dockerfile` to the context, or name one with `-f`
    ");
    job.baws("build -f deploy/Dockerfile .")
        .failed_with(4)
        .printed("error: there is no Dockerfile at `deploy/Dockerfile`\n");
    job.cleaned_up();
}

#[test]
fn a_context_that_is_missing_is_named() {
    let site = Site::new();
    let job = site.job().plain();
    let ended = job.baws("build nowhere");
    assert!(
        ended.code == 1 && ended.out().contains("`nowhere"),
        "{ended}"
    );
    job.cleaned_up();
}

#[test]
fn a_dockerfile_that_is_invalid_is_told_with_its_line() {
    let site = Site::new();
    let job = site.job().prepared();
    for (dockerfile, what) in [
        ("", "the Dockerfile"),
        ("RUN true\n", "line 1"),
        ("FROM bench/busybox:1\nRUNN true\n", "line 2"),
        ("FROM bench/busybox:1\n\n# x\nCOPY only\n", "line 4"),
        ("FROM\n", "line 1"),
        ("FROM bench/busybox:1\nHEALTHCHECK\n", "line 2"),
        (
            "FROM bench/busybox:1 AS a\nFROM bench/busybox:1 AS a\n",
            "line 2",
        ),
        ("\u{feff}FROM bench/busybox:1\nENV\n", "line 2"),
    ] {
        build(&job, dockerfile, "")
            .failed_with_any(&[2, 5, 15])
            .printed(what);
    }
    job.cleaned_up();
}

#[test]
fn a_dockerfile_of_ten_megabytes_is_refused_before_it_is_sent() {
    let site = Site::new();
    let job = site.job().prepared();
    let huge = format!("FROM bench/busybox:1\n{}", "# filling\n".repeat(1 << 20));
    let ended = build(&job, &huge, "").failed_with(4).within_secs(5);
    assert_snapshot!(ended.out(), @r"
    error: cannot read the Dockerfile `./Dockerfile`
      caused by: it is larger than 2 MiB

    hint: move data out of it, into files of the context
    ");
    let ended = job.baws("build -f - . < Dockerfile 2>&1");
    assert!(ended.code == 1 && ended.out().len() < 500, "{ended}");
    job.cleaned_up();
}

#[test]
fn a_syntax_line_is_not_followed() {
    let site = Site::new();
    let job = site.job().prepared();
    for line in [
        "# syntax=docker/dockerfile:1",
        "#syntax=evil.example/frontend:1",
        "# escape=`\n# syntax=evil.example/frontend:1",
        "// syntax=evil.example/frontend:1",
        "{\"syntax\": \"evil.example/frontend:1\"}",
    ] {
        let ended = build(
            &job,
            &format!("{line}\nFROM bench/busybox:1\nRUN echo built\n"),
            "",
        );
        assert!(
            !ended.out().contains("evil.example/v2")
                && !ended.out().contains("resolve image config"),
            "{line}: {ended}"
        );
        if line.starts_with('#') {
            ended.succeeded();
        }
    }
    job.cleaned_up();
}

#[test]
fn what_a_builder_of_this_engine_does_not_know_is_named_with_a_way_out() {
    let site = Site::new();
    let job = site.job().prepared();
    let mut unknown = 0;
    for line in [
        "RUN --network=none true",
        "COPY --link Dockerfile /",
        "RUN <<E\ntrue\nE",
    ] {
        let ended = build(&job, &format!("FROM bench/busybox:1\n{line}\n"), "");
        if ended.code != 0 {
            unknown += 1;
            ended
                .failed_with(2)
                .printed("the builder of this engine")
                .printed("\nhint: ");
        }
    }
    let version = site.stand.bench.engine.version();
    assert_eq!(
        unknown,
        if version <= 20 { 3 } else { 0 },
        "engine {version}"
    );
    job.cleaned_up();
}

#[test]
fn no_step_gets_the_hosts_network_or_rights() {
    let site = Site::new();
    let job = site.job().prepared();
    for (line, words) in [
        ("RUN true", "--network host"),
        ("RUN true", "--network container:baws-other"),
        ("RUN true", "--network bridge"),
        ("RUN true", "--network \"\""),
        ("RUN true", "--add-host gateway:host-gateway"),
        ("RUN true", "--shm-size 64g"),
        ("RUN --network=host true", ""),
        ("RUN --network=\"host\" true", ""),
        ("RUN --security=insecure true", ""),
        ("RUN --mount=type=ssh true", ""),
        ("RUN --device=/dev/mem true", ""),
    ] {
        for builder in ["auto", "classic"] {
            build(
                &job,
                &format!("FROM bench/busybox:1\n{line}\n"),
                &format!("--builder {builder} {words}"),
            )
            .failed_with_any(&[2, 15]);
        }
    }
    job.cleaned_up();
}

#[test]
fn a_step_is_root_of_its_container_and_of_nothing_else() {
    let site = Site::new();
    let job = site.job().prepared();
    for builder in ["buildkit", "classic"] {
        let out = build(
            &job,
            "FROM bench/busybox:1\nRUN echo \"cap $(grep CapEff /proc/self/status | cut -f2)\"; ls /run/docker.sock /.baws /var/run/docker.sock 2>&1; hostname; mount -t tmpfs x /mnt 2>&1; sleep 0.3\n",
            &format!("--builder {builder} --progress plain --no-cache"),
        )
        .succeeded()
        .out();
        let bits = out
            .split("cap 0")
            .nth(1)
            .map(|rest| &rest[..15])
            .unwrap_or_default();
        let bits = u64::from_str_radix(bits, 16).unwrap_or(u64::MAX);
        assert_eq!(bits & (1 << 21 | 1 << 12 | 1 << 16), 0, "{out}");
        assert!(!out.contains("agent") && !out.contains("\nsocket"), "{out}");
    }
    job.cleaned_up();
}

/// The request holds the very bytes that are judged and built; what stands in the project afterwards is nobody's concern.
#[test]
fn a_dockerfile_that_is_swapped_after_the_check_is_not_built() {
    let site = Site::new();
    let job = site.job().plain();
    let swap = "cd /builds/it/project
        (while :; do printf 'FROM bench/busybox:1\\nRUN echo swap''ped\\n' > Dockerfile; printf 'FROM bench/busybox:1\\nRUN echo hon''est\\n' > new; mv new Dockerfile; done) &
        for i in 1 2 3 4 5 6; do baws-ci build --progress plain . 2>&1 || true; done; kill %1";
    let out = job.run("build_script", swap).succeeded().out();
    // Either one is judged and told and built as a whole, or the context is told to have changed.
    for build in out.split("Built in") {
        assert!(
            !(build.contains("RUN echo swapped") && build.contains("RUN echo honest")),
            "{out}"
        );
    }
    job.cleaned_up();
}

#[test]
fn a_failing_step_is_told_with_its_output_last() {
    let site = Site::new();
    let job = site.job().prepared();
    for builder in ["buildkit", "classic"] {
        let ended = build(
            &job,
            "FROM bench/busybox:1\nRUN echo fine\nRUN echo the reason; sleep 0.3; exit 7\n",
            &format!("--no-cache --builder {builder}"),
        )
        .failed_with(5);
        let out = ended.out();
        let at = out.find("Output of").unwrap_or_default();
        assert_eq!(
            out[at..].replace("[3/3] RUN", "RUN"),
            "Output of `RUN echo the reason; sleep 0.3; exit 7`:\nthe reason\n\nerror: the build failed at `RUN echo the reason; sleep 0.3; exit 7`\n  caused by: its program ended with exit code 7\n  caused by: its last words: the reason\n",
            "{out}"
        );
    }
    job.cleaned_up();
}
