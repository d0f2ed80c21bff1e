//! Every key of the settings, as `settings explain` tells it.

use insta::assert_snapshot;

use super::shown;

/// Up to the rules, and from there on.
pub(super) fn explained() -> (String, String) {
    let all = shown(&["settings", "explain"]);
    let at = all.find("grants.projects").expect("rules are explained");
    (all[..at].to_owned(), all[at..].to_owned())
}

#[test]
fn every_setting_of_the_executor_is_explained() {
    assert_snapshot!(explained().0, @r#"
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

    executor.docker.image
        string · default: none
        Image of jobs that name none.

    executor.docker.helper_image
        string · default: "baws-ci/helper:1"
        Image of the helper container: git, git-lfs, bash, CA certificates (images/helper).

    executor.docker.pull_policy
        string or list · default: "always"
        always, if-not-present or never; of a list each is tried in turn.

    executor.docker.allowed_pull_policies
        list · default: those of pull_policy
        What a job's own pull_policy may be.

    executor.docker.allowed_images
        list of patterns · default: any
        Images a job may name; `*` stops at a slash, `**` does not. The configured image is always allowed.

    executor.docker.allowed_services
        list of patterns · default: any
        The same for services.

    executor.docker.user
        string · default: the job's, else the image's
        User of the build container; beats the job's own choice.

    executor.docker.memory
        string · default: none
        Memory limit of the build container, such as "2g".

    executor.docker.cpus
        string · default: none
        Processors of the build container, such as "1.5".

    executor.docker.shm_size
        integer · default: 0
        Bytes of /dev/shm in the build container; 0 keeps the engine's 64 MiB.

    executor.docker.dns
        list · default: the engine's
        DNS servers of the job's containers.

    executor.docker.extra_hosts
        list · default: none
        Lines for the job's hosts file, `name:address`.

    executor.docker.network_mode
        string · default: bridge, or a network of the job's own when it has services
        An existing network for the job's containers. `host` and `none` are refused.

    executor.docker.wait_for_services_timeout
        integer · default: 30
        Seconds a service may take to be healthy before the job goes on with a warning; 0 or less: no wait.

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
