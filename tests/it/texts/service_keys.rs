//! Every key of `[executor.docker]` for volumes, networks and services.

use insta::assert_snapshot;

use super::keys::explained;

#[test]
fn every_setting_of_volumes_networks_and_services_is_explained() {
    assert_snapshot!(explained("executor.docker.volumes", "executor.requests.parallel"), @r#"
    executor.docker.volumes
        list · default: none
        `/path`: kept for one project, slot and side of protection, as the cache is. `name:/path[:ro]`: a volume of this host. `/path/of/host:/path[:ro]`: only below allowed_host_paths. Job variables may stand in them.

    executor.docker.allowed_host_paths
        list of patterns · default: none
        Paths of this host that volumes may lend to jobs. The engine's socket never.

    executor.docker.volume_driver
        string · default: the engine's
        Who makes volumes.

    executor.docker.volume_driver_ops
        table of strings · default: none
        What it is told.

    executor.docker.disable_cache
        boolean · default: false
        No volume outlives its job.

    executor.docker.hostname
        string · default: runner-TOKEN-project-N-concurrent-N
        Host name of the job's containers.

    executor.docker.mac_address
        string · default: the engine's
        Of the job's containers, on their network.

    executor.docker.dns
        list · default: the engine's
        DNS servers of the job's containers.

    executor.docker.dns_search
        list · default: the engine's
        Domains that short names are looked up in.

    executor.docker.extra_hosts
        list · default: none
        Lines for the job's hosts file, `name:address`.

    executor.docker.links
        list · default: none
        `container:alias`: containers of this host that the job finds by name, on the default bridge.

    executor.docker.network_mode
        string · default: bridge, or a network of the job's own when it has services
        An existing network for the job's containers. `host` and `none` are refused.

    executor.docker.network_mtu
        integer · default: 0
        Of networks of a job's own; 0: the engine's.

    executor.docker.enable_ipv6
        boolean · default: false
        Networks of a job's own have IPv6 too.

    executor.docker.container_labels
        table of strings · default: none
        More labels of all containers of a job; job variables may stand in the values.

    executor.docker.log_options
        table of strings · default: none
        `env`, `env-regex`, `labels`, `labels-regex`, `tag` of the engine's log of containers.

    executor.docker.services.name
        string · default: required
        [[executor.docker.services]] are services that every job has before its own: the image.

    executor.docker.services.alias
        string · default: those of its image
        More names of it.

    executor.docker.services.entrypoint
        list · default: the image's
        In place of the image's own.

    executor.docker.services.command
        list · default: the image's
        In place of the image's own.

    executor.docker.services.environment
        list · default: none
        Its variables, `NAME=value`; job variables may stand in the values.

    executor.docker.services_limit
        integer · default: 0
        Services a job may have; 0: any number, -1: none.

    executor.docker.wait_for_services_timeout
        integer · default: 30
        Seconds a service may take to be healthy before the job goes on with a warning; 0 or less: no wait.

    executor.docker.service_memory
        string · default: none
        Memory limit of each service.

    executor.docker.service_memory_swap
        string · default: that of service_memory
        As memory_swap.

    executor.docker.service_memory_reservation
        string · default: none
        As memory_reservation.

    executor.docker.service_cpus
        string · default: none
        Processors of each service.

    executor.docker.service_cpu_shares
        integer · default: 0
        As cpu_shares.

    executor.docker.service_cpuset_cpus
        string · default: all
        As cpuset_cpus.

    executor.docker.service_cgroup_parent
        string · default: the engine's
        Control group below which services stand.

    executor.docker.service_gpus
        string · default: none
        As gpus.

    executor.docker.services_privileged
        boolean · default: false
        As privileged, for services whose images are in allowed_privileged_services, such as docker:dind.

    executor.docker.allowed_privileged_services
        list of patterns · default: none
        Services that may be privileged; without one none is.

    executor.docker.services_security_opt
        list · default: the engine's
        As security_opt.

    executor.docker.services_tmpfs
        table of strings · default: none
        As tmpfs.

    executor.docker.services_devices
        table of lists · default: none
        Devices by pattern of the service's image: `"registry.example/*" = ["/dev/fuse"]`.
    "#);
}
