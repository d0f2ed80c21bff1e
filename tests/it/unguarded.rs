//! Hosts on which the metadata guard is not wanted or cannot be set.

use insta::assert_snapshot;

use crate::support::{Ended, Job, Stand, Started};

#[test]
fn a_job_without_the_guard_is_told_so_where_the_operator_accepts_it() {
    let stand = Stand::new().set("executor.metadata_guard", "\"off\"");
    let job = stand.job();
    job.prepare().succeeded().says("warning: the metadata guard is off: this job can reach the instance's metadata and credentials\n");
    job.cleaned_up();
}

/// `prepare` where the program `nft` cannot be started.
fn prepare_without_nft(job: &Job<'_>) -> Ended {
    let inner = job.command(&["executor", "prepare"]);
    let mut outer = std::process::Command::new("/usr/bin/unshare");
    outer.args([
        "--mount",
        "--propagation",
        "private",
        "/bin/sh",
        "-c",
        "mount --bind /dev/null /usr/sbin/nft && exec \"$0\" \"$@\"",
    ]);
    outer
        .arg(inner.get_program())
        .args(inner.get_args())
        .current_dir(&job.tmp)
        .env_clear();
    outer.envs(
        inner
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Started::begin(outer, "prepare", None).end()
}

#[test]
fn where_no_guard_can_be_set_no_job_runs() {
    let stand = Stand::new();
    let job = stand.job();
    let ended = prepare_without_nft(&job).system_failure();
    assert_snapshot!(job.masked(&ended.err()), @r#"
    Docker engine at `ENGINE`, API N
    error: cannot keep jobs from the instance's metadata and credentials
      caused by: Permission denied (os error 13)

    hint: the operator of this host installs nftables and runs gitlab-runner as root
    hint: or accepts it by name: `metadata_guard = "preferred"` in `[executor]` of the settings
    "#);
    job.cleaned_up();
}

#[test]
fn where_no_guard_can_be_set_and_the_operator_accepts_that_the_job_is_told() {
    let stand = Stand::new().set("executor.metadata_guard", "\"preferred\"");
    let job = stand.job();
    prepare_without_nft(&job)
        .succeeded()
        .says("warning: no metadata guard (")
        .says("): on an EC2 instance this job can reach its credentials\n");
    job.cleaned_up();
}
