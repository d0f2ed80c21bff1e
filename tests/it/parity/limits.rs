//! Limits, rights and names, as processes of the job and the engine see them.

use serde_json::json;

use super::host_config;
use crate::support::Stand;

#[test]
fn limits_hold_for_the_build_container_and_for_the_helper() {
    let stand = Stand::new()
        .set("executor.docker.memory", "\"96m\"")
        .set("executor.docker.memory_reservation", "\"64m\"")
        .set("executor.docker.memory_swap", "\"128m\"")
        .set("executor.docker.cpu_shares", "512")
        .set("executor.docker.cpuset_cpus", "\"0\"")
        .set("executor.docker.pids_limit", "64")
        .set("executor.docker.oom_score_adjust", "500")
        .set("executor.docker.ulimit", "{ nofile = \"321:654\" }");
    let job = stand.job().prepared();
    for role in ["build", "helper"] {
        let host = host_config(&job, role);
        let told = [
            "Memory",
            "MemoryReservation",
            "MemorySwap",
            "CpuShares",
            "PidsLimit",
        ]
        .map(|name| host[name].as_i64());
        let megabytes = |count: i64| Some(count << 20);
        assert_eq!(
            told,
            [
                megabytes(96),
                megabytes(64),
                megabytes(128),
                Some(512),
                Some(64)
            ],
            "{role}: {host}"
        );
        assert_eq!(host["CpusetCpus"], "0", "{role}");
    }
    for stage in ["build_script", "get_sources"] {
        job.run(
            stage,
            "ulimit -n; ulimit -H -n; cat /proc/self/oom_score_adj",
        )
        .succeeded()
        .printed("321\n654\n500\n");
    }
    job.run("build_script", "nproc").succeeded().printed("1\n");
    job.cleaned_up();
}

#[test]
fn a_fork_bomb_meets_the_limit_of_processes_and_the_job_is_cleaned_up() {
    let stand = Stand::new().set("executor.docker.pids_limit", "40");
    let job = stand.job().prepared();
    job.run(
        "build_script",
        "i=0; while [ $i -lt 100 ]; do sleep 60 & i=$((i+1)); done; wait",
    )
    .failed_with_any(&[1, 2]);
    job.run("after_script", "echo still here")
        .succeeded()
        .printed("still here\n");
    job.cleaned_up();
}

#[test]
fn rights_and_devices_are_those_of_the_build_container_alone() {
    let stand = Stand::new()
        .set("executor.docker.cap_add", "[\"SYS_PTRACE\"]")
        .set("executor.docker.cap_drop", "[\"MKNOD\"]")
        .set("executor.docker.devices", "[\"/dev/null:/dev/own:rw\"]")
        .set("executor.docker.security_opt", "[\"no-new-privileges\"]")
        .set("executor.docker.group_add", "[\"4321\"]")
        .set("executor.docker.tmpfs", "{ \"/scratch\" = \"rw,size=4m\" }")
        .set(
            "executor.docker.sysctls",
            "{ \"net.ipv4.ip_unprivileged_port_start\" = \"81\", \"kernel.msgmax\" = \"9000\" }",
        );
    let job = stand.job().prepared();
    job.run(
        "build_script",
        "id -G; cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/msgmax; grep NoNewPrivs /proc/self/status; \
         test -c /dev/own; df -k /scratch | tail -n 1 | awk '{print $2}'; grep CapBnd /proc/self/status",
    )
    .succeeded()
    .printed("4321")
    .printed("81\n9000\nNoNewPrivs:\t1\n4096\n")
    // Docker's own set with SYS_PTRACE, without MKNOD and NET_RAW.
    .printed("CapBnd:\t00000000a00c05fb");
    job.run(
        "get_sources",
        "test ! -e /dev/own; test ! -e /scratch; cat /proc/sys/net/ipv4/ip_unprivileged_port_start",
    )
    .succeeded()
    .printed("81\n");
    let helper = host_config(&job, "helper");
    assert_eq!(helper["CapAdd"], json!(null), "{helper}");
    job.cleaned_up();
}

#[test]
fn names_labels_and_init_are_as_the_operator_says() {
    let stand = Stand::new()
        .set("executor.docker.hostname", "\"own-name\"")
        .set("executor.docker.dns_search", "[\"corp.example\"]")
        .set(
            "executor.docker.container_labels",
            "{ \"team\" = \"of $CI_PROJECT_NAME\", \"baws-ci.job\" = \"forged\" }",
        );
    let job = stand
        .job()
        .variable("CI_PROJECT_NAME", "shop")
        .variable("FF_USE_INIT_WITH_DOCKER_EXECUTOR", "true")
        .prepared();
    job.run(
        "build_script",
        "hostname; cat /etc/resolv.conf /proc/1/comm",
    )
    .succeeded()
    .printed("own-name\n")
    .printed("search corp.example\n")
    .printed("docker-init\n");
    assert_eq!(host_config(&job, "build")["Init"], true);
    let engine = &stand.bench.engine;
    let labels = engine.inspect(&job.container("build"))["Config"]["Labels"].clone();
    assert_eq!(labels["team"], "of shop");
    assert_ne!(labels["baws-ci.job"], "forged");
    job.cleaned_up();
}

#[test]
fn the_address_of_a_job_on_its_network_may_be_given_where_the_engine_can() {
    let stand = Stand::new().set("executor.docker.mac_address", "\"92:d0:c6:0a:29:33\"");
    let job = stand.job();
    let ended = job.prepare();
    match stand.bench.engine.version() {
        25.. => {
            ended.succeeded();
            job.run("build_script", "cat /sys/class/net/eth0/address")
                .succeeded()
                .printed("92:d0:c6:0a:29:33\n");
        }
        _ => drop(
            ended
                .system_failure()
                .says("`executor.docker.mac_address` needs an engine of API 1.44"),
        ),
    }
    job.cleaned_up();
}

#[test]
fn networks_of_a_jobs_own_have_the_operators_mtu() {
    let stand = Stand::new().set("executor.docker.network_mtu", "1200");
    let job = stand
        .job()
        .variable("FF_NETWORK_PER_BUILD", "true")
        .prepared();
    job.run("build_script", "cat /sys/class/net/eth0/mtu")
        .succeeded()
        .printed("1200\n");
    job.cleaned_up();
}

#[test]
fn services_have_limits_of_their_own() {
    let stand = Stand::new()
        .set("executor.docker.memory", "\"96m\"")
        .set("executor.docker.service_memory", "\"48m\"")
        .set("executor.docker.service_cpus", "\"0.5\"")
        .set("executor.docker.services_tmpfs", "{ \"/data\" = \"rw\" }")
        .set(
            "executor.docker.services_devices",
            "{ \"bench/*\" = [\"/dev/null:/dev/own\"] }",
        );
    let job = stand
        .job()
        .service(json!({"name": "bench/busybox:1", "command": ["sleep", "600"]}))
        .prepared();
    let host = host_config(&job, "service-1");
    assert_eq!(
        (host["Memory"].as_i64(), host["NanoCpus"].as_i64()),
        (Some(48 << 20), Some(500_000_000))
    );
    assert_eq!(host["Tmpfs"], json!({"/data": "rw"}));
    assert_eq!(host["Devices"][0]["PathInContainer"], "/dev/own");
    job.cleaned_up();
}
