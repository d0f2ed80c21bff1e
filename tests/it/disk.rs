//! Disks without room: the engine's, the executor's own, the runner's temporary one; and file systems without inodes.

use crate::support::Stand;
use crate::support::disk::{SmallDisk, Tmpfs};

#[test]
fn a_job_that_meets_a_full_disk_fails_by_its_own_script_and_is_cleaned_up() {
    let stand = Stand::alone();
    let disk = SmallDisk::full_but_for(&stand, "60");
    let job = stand.job().prepared();
    job.run("get_sources", "echo source > /builds/source")
        .succeeded();
    disk.leave("0");
    for place in ["/builds", "/cache", "/root"] {
        let fill = format!("dd if=/dev/zero of={place}/big bs=1M count=100 2>&1");
        job.run("build_script", &fill)
            .failed_with(1)
            .printed("No space left on device");
    }
    // Stages go on, also those of the helper that write.
    job.run("after_script", "cat /builds/source")
        .succeeded()
        .printed("source\n");
    job.run("archive_cache", "echo x > /cache/x || echo no room")
        .succeeded();
    let other = stand.job().runner("CI_CONCURRENT_PROJECT_ID", "1");
    let prepared = other.prepare();
    // An engine may find the few blocks that a container takes.
    if prepared.code != 0 {
        let told = prepared.system_failure().err().to_lowercase();
        assert!(told.contains("no space left"), "{told}");
    }
    other.cleaned_up();
    job.cleaned_up();
    disk.free();
    let next = stand.job().prepared();
    next.run("build_script", "echo works").succeeded();
    next.cleaned_up();
}

#[test]
fn without_room_for_the_executors_own_files_no_job_begins_and_the_operator_is_named() {
    for options in ["size=1m", "size=1g,nr_inodes=6"] {
        let stand = Stand::new();
        let job = stand.job();
        let small = Tmpfs::at(&stand.state_dir(), options);
        job.prepare()
            .system_failure()
            .says("error: cannot set up the job's directory")
            .says("No space left on device")
            .says("hint: the operator checks `[executor] state_dir`");
        job.cleanup().succeeded();
        drop(small);
        job.prepare().succeeded();
        job.cleaned_up();
    }
}

#[test]
fn without_room_in_the_runners_temporary_directory_an_exit_status_is_not_lost_silently() {
    let stand = Stand::new();
    let job = stand.job().prepared();
    let small = Tmpfs::at(&job.tmp, "size=1m,nr_inodes=9");
    job.run("build_script", "true").succeeded();
    let script = job.write_script("exit 3");
    for name in 0.. {
        if std::fs::write(job.tmp.join(format!("taken-{name}")), "x").is_err() {
            break;
        }
    }
    let script = script.display().to_string();
    let words = ["executor", "run", script.as_str(), "build_script"];
    job.program(&words)
        .system_failure()
        .says("error: cannot write the exit status file")
        .says("No space left on device");
    drop(small);
    job.run("after_script", "exit 4").failed_with(4);
    job.cleaned_up();
}

#[test]
fn a_script_that_uses_up_all_inodes_harms_its_own_job_only() {
    let stand = Stand::new().set(
        "executor.docker.tmpfs",
        "{ \"/small\" = \"rw,size=1m,nr_inodes=20\" }",
    );
    let job = stand.job().prepared();
    job.run(
        "build_script",
        "cd /small; i=0; while [ $i -lt 40 ]; do i=$((i+1)); : > f$i || exit 7; done",
    )
    .failed_with_any(&[1, 2, 7]);
    job.run("after_script", "rm /small/f1 && echo x > /small/new")
        .succeeded();
    job.cleaned_up();
}
