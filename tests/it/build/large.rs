//! Contexts that are large, that change while they are read, or that hold what is no file; and the operator's limits.

use std::fs::File;
use std::io::Write;
use std::os::unix::net::UnixListener;

use super::context::entries;
use crate::support::site::write;
use crate::support::{Job, Site};

#[test]
fn a_hundred_thousand_files_are_built_at_once() {
    let site = Site::new();
    let job = site.job().prepared().file_in(
        "Dockerfile",
        "FROM bench/busybox:1\nCOPY . /ctx\nRUN find /ctx -type f | wc -l\n",
    );
    let project = job.project();
    for directory in 0..100 {
        let dir = project.join(format!("d{directory}"));
        std::fs::create_dir(&dir).expect("the project can be written");
        for file in 0..1000 {
            File::create(dir.join(format!("f{file}"))).expect("the project can be written");
        }
    }
    write(&project, ".dockerignore", b"Dockerfile\n.dockerignore\n");
    // Each of these waits for as long as a busy machine may take; the whole has its own bound.
    let build = job.start_baws("build --progress plain . 2>&1");
    build.until_printed("[2/3] COPY").until_printed("[3/3] RUN");
    build.end().succeeded().printed("100000").within_secs(180);
    job.cleaned_up();
}

/// Sparse files, as large as they say.
#[track_caller]
fn file_of(job: &Job<'_>, name: &str, bytes: u64) {
    let file = File::create(job.project().join(name)).expect("the project can be written");
    file.set_len(bytes).expect("sparse files cost nothing");
}

#[test]
fn a_context_beyond_the_operators_size_is_refused_with_the_limit() {
    let site = Site::new().set("executor.requests.max_context", "\"5m\"");
    let job = site.job().plain();
    file_of(&job, "big", 6 << 20);
    let ended = job.baws("build .").failed_with(15);
    insta::assert_snapshot!(ended.out(), @r"
    error: the build context is not accepted
      caused by: the context is larger than 5.2 MB, the most that this runner takes

    hint: exclude what the build does not need in `.dockerignore`; the limits are the operator's `[executor.requests]`
    ");
    write(&job.project(), ".dockerignore", b"big\n");
    job.baws("build -q").succeeded();
    job.cleaned_up();
}

#[test]
fn a_context_beyond_the_operators_number_of_entries_is_refused_with_the_limit() {
    let site = Site::new().set("executor.requests.max_context_entries", "10");
    let job = site.job().plain();
    for name in 0..12 {
        write(&job.project(), &format!("f{name}"), b"");
    }
    job.baws("build .")
        .failed_with(15)
        .printed("error: the build context is not accepted\n  caused by: the context has more than 10 entries, the most that this runner takes\n");
    job.cleaned_up();
}

#[test]
fn a_build_does_not_begin_on_a_disk_that_is_nearly_full() {
    let site = Site::new().set("executor.requests.min_free_disk", "\"1000000g\"");
    let job = site.job().plain();
    let ended = job.baws("build .");
    assert!(
        ended.code == 1 && ended.out().starts_with("error: "),
        "{ended}"
    );
    assert!(ended.out().contains("min_free_disk"), "{ended}");
    job.cleaned_up();
}

#[test]
fn a_context_that_changes_while_it_is_read_is_built_as_it_was_or_named() {
    let site = Site::new();
    for builder in ["buildkit", "classic"] {
        let job = site.job().prepared();
        let dockerfile = "FROM bench/busybox:1\nCOPY . /ctx\nRUN sed -n 1p /ctx/changing | tr -d '\\n' | sort -u | wc -l\n";
        let job = job.file_in("Dockerfile", dockerfile);
        file_of(&job, "before", 40 << 20);
        write(&job.project(), "changing", b"0\n");
        let change = format!(
            "cd /builds/it/project; (i=0; while [ ! -e stop ]; do i=$((i+1)); head -c $((i % 50 * 1000)) /dev/zero > changing; echo x > new$((i % 9)); rm -f new$(((i + 4) % 9)); done) & for n in 1 2; do baws-ci build --no-cache --builder {builder} . 2>&1 || true; done; touch stop; wait"
        );
        let out = job.run("build_script", &change).succeeded().out();
        let (built, named) = (
            out.matches("Built in").count(),
            out.matches("\nerror: ").count() + usize::from(out.starts_with("error: ")),
        );
        assert_eq!(built + named, 2, "{builder}: {out}");
        let blamed = out.lines().filter(|line| line.starts_with("error: "));
        for line in blamed {
            assert!(
                !line.contains("internal") && !line.contains("host"),
                "{builder}: {out}"
            );
        }
        job.cleaned_up();
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_with_a_way_out() {
    let site = Site::new();
    let job = site
        .job()
        .with("/image/executor_opts/docker/user", "1000".into())
        .prepared();
    let job = job.file_in("Dockerfile", "FROM bench/busybox:1\nCOPY . /ctx\n");
    let secret = job.project().join("secret");
    File::create(&secret)
        .expect("the project can be written")
        .write_all(b"x")
        .expect("it can be written");
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .expect("it is ours");
    job.baws("build .")
        .failed_with_any(&[2, 4])
        .printed("secret`")
        .printed(".dockerignore");
    job.cleaned_up();
}

#[test]
fn a_context_with_links_to_elsewhere_holds_the_links_and_nothing_else() {
    let site = Site::new();
    let job = site.job().prepared().file_in("Dockerfile", "FROM bench/busybox:1\nCOPY . /ctx\nRUN ls -lR /ctx; cat /ctx/out/shadow /ctx/up 2>&1; true\n");
    for (link, target) in [
        ("out", "/etc"),
        ("up", "../../../../etc/hostname"),
        ("self", "."),
    ] {
        std::os::unix::fs::symlink(target, job.project().join(link))
            .expect("the project can be written");
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("every Linux has one");
    let out = job
        .baws("build --progress plain --no-cache . 2>&1")
        .succeeded()
        .out();
    assert!(!out.contains(&format!("\n{host}")), "{out}");
    // A Dockerfile, or a whole context, that is a link to elsewhere is read in the job's own container.
    for words in ["-f out/passwd .", "out", "../../.."] {
        let ended = job.baws(&format!("build -q {words} 2>&1"));
        assert!(!ended.out().contains("baws-it-"), "{words}: {ended}");
    }
    job.cleaned_up();
}

#[test]
fn what_is_no_file_is_left_out_and_named() {
    let site = Site::new();
    let job = site.job().plain();
    let project = job.project();
    let _socket = UnixListener::bind(project.join("a-socket")).expect("the project can be written");
    for words in [
        ["mkfifo", "a-fifo", "", "", ""],
        ["mknod", "a-device", "c", "1", "3"],
    ] {
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let done = std::process::Command::new(words[0])
            .args(&words[1..])
            .current_dir(&project)
            .status();
        assert!(done.expect("coreutils are everywhere").success());
    }
    write(
        &project,
        "Dockerfile",
        b"FROM bench/busybox:1\nCOPY . /ctx/\n",
    );
    let ended = job
        .baws("build --iidfile i . 2>&1")
        .succeeded()
        .within_secs(30);
    for what in [
        "`a-socket` is a socket",
        "`a-fifo` is a FIFO",
        "`a-device` is a",
    ] {
        assert!(ended.out().contains(what), "{what}: {ended}");
    }
    let id = std::fs::read_to_string(project.join("i")).expect("it was written");
    let shown = entries(&site, &id);
    assert!(
        !shown.contains("ctx/a-") && shown.contains("ctx/hello"),
        "{shown}"
    );
    job.cleaned_up();
}
