//! What a script prints: every byte, in order, whatever the script does to its own output.

use std::process::Stdio;

use crate::support::{Job, Stand, eventually};

#[test]
fn output_is_complete_and_in_order() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let ended = job.run("build_script", "seq 1 200000").succeeded();
    let expected: String = (1..=200_000).map(|number| format!("{number}\n")).collect();
    assert!(
        ended.out() == expected,
        "{} bytes in place of {}",
        ended.stdout.len(),
        expected.len()
    );
    job.cleaned_up();
}

#[test]
fn both_streams_of_the_script_keep_their_order() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let ended = job
        .run(
            "build_script",
            "for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf 'no newline'",
        )
        .succeeded();
    assert_eq!(
        ended.out(),
        "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nno newline"
    );
    assert_eq!(ended.err(), "");
    job.cleaned_up();
}

#[test]
fn a_line_of_256_mb_passes_whole() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let ended = job
        .run(
            "build_script",
            "head -c 268435456 /dev/zero | tr '\\0' x; echo end",
        )
        .succeeded();
    assert_eq!(ended.stdout.len(), 268_435_456 + 4);
    let (line, rest) = ended.stdout.split_at(268_435_456);
    assert_eq!(rest, b"end\n");
    let megabyte = vec![b'x'; 1 << 20];
    assert!(line.chunks(1 << 20).all(|chunk| chunk == megabyte));
    job.cleaned_up();
}

#[test]
fn bytes_that_are_no_text_pass_as_they_are() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let ended = job
        .run(
            "build_script",
            "printf 'bad \\377\\376 nul \\000 \\r\\033[31mred\\033[0m'",
        )
        .succeeded();
    assert_eq!(ended.stdout, b"bad \xff\xfe nul \x00 \r\x1b[31mred\x1b[0m");
    job.cleaned_up();
}

/// Each way by which scripts write to what they already have open.
const REOPEN: &str = "id -u\necho one > /dev/stderr\necho two > /dev/stdout\necho three > /proc/self/fd/1\necho four >> /dev/fd/2\necho five | tee /dev/stderr > /dev/null";

#[test]
fn root_can_reopen_its_output() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    assert_eq!(
        job.run("build_script", REOPEN).succeeded().out(),
        "0\none\ntwo\nthree\nfour\nfive\n"
    );
    job.cleaned_up();
}

#[test]
fn user_1000_can_reopen_its_output() {
    let stand = Stand::new();
    let job = stand
        .job()
        .with("/image/executor_opts/docker/user", "1000".into())
        .prepared();
    assert_eq!(
        job.run("build_script", REOPEN).succeeded().out(),
        "1000\none\ntwo\nthree\nfour\nfive\n"
    );
    job.cleaned_up();
}

#[test]
fn a_script_that_closes_its_output_goes_on_to_its_own_status() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let ended = job
        .run(
            "build_script",
            "echo first\nexec > /dev/null 2>&1\nexec >&- 2>&-\nusleep 300000\nexit 7",
        )
        .failed_with(7);
    assert_eq!(ended.out(), "first\n");
    job.cleaned_up();
}

#[test]
fn a_background_process_that_holds_the_output_does_not_hold_the_stage() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let ended = job
        .run(
            "build_script",
            "sleep 4711 &\n(trap '' TERM HUP INT; setsid sleep 4711 &)\necho done",
        )
        .succeeded()
        .within_secs(10);
    assert_eq!(ended.out(), "done\n");
    job.run("build_script", "sleep 4711 &\nexit 6")
        .failed_with(6)
        .within_secs(10);
    job.cleaned_up();
}

#[test]
fn what_the_entrypoint_started_does_not_hold_the_stage_by_its_output() {
    let stand = Stand::new();
    let image = stand.behind(
        "chatty",
        r#"["/bin/sh", "-c", "(while :; do echo chat; sleep 1; done) & exec \"$0\" \"$@\""]"#,
    );
    let job = stand.job().image(&image).prepared();
    job.run("build_script", "echo script")
        .succeeded()
        .printed("script\n")
        .within_secs(10);
    job.cleaned_up();
}

#[test]
fn output_comes_while_the_script_runs() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let started = job.start_run(
        "build_script",
        "printf early\nuntil [ -e /tmp/go ]; do usleep 20000; done\necho late",
    );
    started.until_printed("early");
    stand
        .bench
        .engine
        .docker(&["exec", &job.container("build"), "touch", "/tmp/go"]);
    assert_eq!(started.end().succeeded().out(), "earlylate\n");
    job.cleaned_up();
}

/// Runs a script whose output nobody reads; the exit code and the status file.
fn unread(job: &Job<'_>, body: &str) -> (Option<i32>, Option<String>) {
    use std::os::unix::process::CommandExt;
    let script = job.write_script(&format!("{body}\n"));
    let (reader, writer) = std::io::pipe().expect("pipes can be made");
    drop(reader);
    let mut command = job.command(&["executor", "run", &script.to_string_lossy(), "build_script"]);
    let errors = writer.try_clone().expect("descriptors can be doubled");
    command
        .stdin(Stdio::null())
        .stdout(writer)
        .stderr(errors)
        .process_group(0);
    let mut child = command.spawn().expect("the program was built");
    let end = child.wait().expect("a child can be waited for");
    (end.code(), std::fs::read_to_string(job.status_file()).ok())
}

#[test]
fn a_log_that_nobody_reads_does_not_change_the_outcome() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    assert_eq!(unread(&job, "seq 1 100000; exit 0"), (Some(0), None));
    assert_eq!(
        unread(&job, "seq 1 100000; exit 5"),
        (Some(1), Some("5\n".to_owned()))
    );
    job.cleaned_up();
}

#[test]
fn a_log_kept_in_a_file_is_complete() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let script = job.write_script("seq 1 50000\n");
    let path = stand.dir().join("log");
    let log = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .expect("the stand's directory can be written");
    let done = job
        .command(&["executor", "run", &script.to_string_lossy(), "build_script"])
        .stdin(Stdio::null())
        .stdout(log)
        .status();
    assert!(done.is_ok_and(|status| status.success()));
    let text = std::fs::read_to_string(&path).expect("it was written");
    assert!(
        text.starts_with("1\n2\n") && text.ends_with("\n50000\n") && text.lines().count() == 50_000
    );
    job.cleaned_up();
}

#[test]
fn a_slow_reader_gets_everything() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let script = job.write_script("seq 1 400000\n");
    let mut command = job.command(&["executor", "run", &script.to_string_lossy(), "build_script"]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut stdout = child.stdout.take().expect("asked for above");
    // The script prints more than the pipes hold, so it stands still until somebody reads.
    eventually("the pipe is full", || {
        rustix::io::ioctl_fionread(&stdout).is_ok_and(|count| count >= 60_000)
    });
    assert!(
        child.try_wait().is_ok_and(|end| end.is_none()),
        "it ended before its output was read"
    );
    let mut text = String::new();
    std::io::Read::read_to_string(&mut stdout, &mut text).expect("it is text");
    assert!(child.wait().is_ok_and(|status| status.success()));
    assert!(text.ends_with("\n400000\n") && text.lines().count() == 400_000);
    job.cleaned_up();
}
