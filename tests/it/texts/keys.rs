//! Every key of the settings, as `settings explain` tells it.

use insta::assert_snapshot;

use super::shown;

/// In parts, each from one of these keys to the next.
pub(super) fn explained(from: &str, to: &str) -> String {
    let all = format!("\n{}", shown(&["settings", "explain"]));
    let at = |key: &str| all.find(&format!("\n{key}\n")).map(|at| at + 1);
    let end = at(to).unwrap_or(all.len());
    all[at(from).expect("the key is explained")..end].to_owned()
}

#[test]
fn every_setting_of_the_executor_is_explained() {
    assert_snapshot!(explained("docker.host", "executor.docker.image"), @r#"
    docker.host
        string · default: DOCKER_HOST, else unix:///var/run/docker.sock
        Where the Docker engine listens. A unix socket on this host: the job's containers must see this host's files.

    docker.timeout_secs
        integer · default: 120
        Seconds one call to the engine may take before the engine counts as unreachable.

    executor.state_dir
        path · default: first of /var/lib/baws-ci, /opt/baws-ci, /run/baws-ci on a file system that runs programs
        Holds the pinned program and one directory a running job. Not under TMPDIR; short, as sockets live in it.

    executor.builds_dir
        path · default: "/builds"
        Where sources are, inside the containers.

    executor.cache_dir
        path · default: "/cache"
        Where the local cache is, inside the containers.

    executor.stop_grace_secs
        integer · default: 10
        Seconds between TERM and KILL when a script is cancelled. Keep it below the runner's graceful_kill_timeout.

    executor.entrypoint_timeout_secs
        integer · default: 120
        Seconds an image's entrypoint may take before it hands over to the command.

    executor.metadata_guard
        "required", "preferred" or "off" · default: "required"
        Keep jobs from the instance's metadata and credentials with an nftables table. required: no guard, no job. preferred: guard where possible, else the job log says that metadata is reachable.

    executor.read_only_root
        boolean · default: false
        The build container's own file system cannot be written; builds_dir, cache_dir and /tmp can.

    executor.job_records
        path · default: none
        A file to which cleanup adds one JSON object a job: what it was, how it ended, and how long each part took, in milliseconds. `executor report` reads it.

    executor.min_free_disk
        string · default: none
        With less free where the engine keeps its images, such as "20g", images and then kept volumes go that jobs used longest ago: only what jobs of this host used, nothing used within ten minutes, nothing in use.
    "#);
}

#[test]
fn every_setting_of_requests_is_explained() {
    assert_snapshot!(explained("executor.requests.parallel", "grants.projects"), @r#"
    executor.requests.parallel
        integer · default: 4
        Builds, pushes and promotions that one job may have under way at a time.

    executor.requests.timeout_secs
        integer · default: 3600
        Seconds one of them may take.

    executor.requests.max_context
        string · default: "8g"
        Size of the build context that a job may send.

    executor.requests.max_context_entries
        integer · default: 1000000
        Files and directories of a build context.

    executor.requests.min_free_disk
        string · default: "1g"
        No build begins with less free space where the engine keeps its images.

    executor.requests.build_args
        table of strings · default: none
        Arguments of every build of a job, such as HTTP_PROXY, HTTPS_PROXY and NO_PROXY; a job may not set those itself.
    "#);
}
