//! Every key of `[executor.docker]` for images, users, limits and rights.

use insta::assert_snapshot;

use super::keys::explained;

#[test]
fn every_setting_of_containers_is_explained() {
    assert_snapshot!(explained("executor.docker.image", "executor.docker.volumes"), @r#"
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

    executor.docker.disable_entrypoint_overwrite
        boolean · default: false
        Jobs and services keep their images' own entrypoint, with a warning where they name another.

    executor.docker.user
        string · default: the job's, else the image's
        User of the build container; beats the job's own choice.

    executor.docker.allowed_users
        list · default: any; with user: that one
        Users a job may name; the image's own is always allowed.

    executor.docker.group_add
        list · default: none
        More groups of the build container's user.

    executor.docker.userns_mode
        string · default: the engine's
        User namespace of all containers of a job; `host`: that of the engine's host.

    executor.docker.memory
        string · default: none
        Memory limit of the build container and of the helper, such as "2g". A job may ask for less by BAWS_CI_MEMORY.

    executor.docker.memory_swap
        string · default: that of memory
        Memory and swap together; "-1": any. Without it there is no swap, and a job that takes too much is ended, and told so.

    executor.docker.memory_reservation
        string · default: none
        What a container is pushed back to when the host runs short.

    executor.docker.cpus
        string · default: none
        Processors of the build container and of the helper, such as "1.5". A job may ask for less by BAWS_CI_CPUS.

    executor.docker.cpu_shares
        integer · default: 0
        Weight against other containers; 0: the engine's 1024.

    executor.docker.cpuset_cpus
        string · default: all
        Processors it may run on, such as "0-3".

    executor.docker.cpuset_mems
        string · default: all
        Memory nodes it may use.

    executor.docker.cgroup_parent
        string · default: the engine's
        Control group below which both containers stand.

    executor.docker.pids_limit
        integer · default: 0
        Processes and threads of each container; 0: no limit.

    executor.docker.oom_kill_disable
        boolean · default: false
        Wait for memory in place of ending processes. Only with memory.

    executor.docker.oom_score_adjust
        integer · default: 0
        Who is ended first when the host runs short, from -1000 (last) to 1000.

    executor.docker.shm_size
        integer · default: 0
        Bytes of /dev/shm in the build container and in services; 0 keeps the engine's 64 MiB.

    executor.docker.ulimit
        table of strings · default: the engine's
        Limits of processes, `nofile = "1024:2048"`: soft and hard.

    executor.docker.tmpfs
        table of strings · default: none
        Paths of the build container that are memory, with mount options: `"/scratch" = "rw,size=1g"`.

    executor.docker.privileged
        boolean · default: false
        Give the build container all rights of the host, where its image is in allowed_privileged_images. Nothing keeps such a job in.

    executor.docker.allowed_privileged_images
        list of patterns · default: none
        Images that may be privileged; without one none is.

    executor.docker.cap_add
        list · default: none
        More capabilities of the build container. With NET_RAW a job can reach instance metadata past the guard.

    executor.docker.cap_drop
        list · default: NET_RAW
        Capabilities that the containers do not get; NET_RAW goes too, unless cap_add names it.

    executor.docker.security_opt
        list · default: the engine's
        Such as "no-new-privileges", "apparmor=PROFILE", "seccomp=FILE" (a file of this host) or "systempaths=unconfined".

    executor.docker.devices
        list · default: none
        Devices of this host in the build container: "/dev/fuse", "/dev/fuse:/dev/fuse:rw".

    executor.docker.device_cgroup_rules
        list · default: none
        Rules for devices, such as "c 81:* rmw".

    executor.docker.gpus
        string · default: none
        As for `docker run --gpus`: "all", "2", "device=0".

    executor.docker.sysctls
        table of strings · default: the engine's
        Kernel settings of the job's namespaces; those of `net.` hold for all its containers but services.

    executor.docker.runtime
        string · default: the engine's
        Runtime of all containers of a job.

    executor.docker.ipcmode
        "private", "shareable" or "none" · default: the engine's
        Shared memory of the build container.
    "#);
}
