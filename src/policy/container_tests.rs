//! What each kind of container is given, and what cannot be.

use super::*;

fn unread(path: &str) -> std::io::Result<String> {
    match path {
        "/etc/profile.json" => Ok("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}".to_owned()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    }
}

fn settings(text: &str) -> JobContainerSettings {
    toml::from_str(text).unwrap()
}

#[test]
fn limits_hold_for_both_containers_and_rights_for_the_build_alone() {
    let settings = settings(
        r#"
        memory = "1g"
        memory_swap = "2g"
        cpus = "1.5"
        cpuset_cpus = "0-1"
        pids_limit = 100
        ulimit = {nofile = "10:20"}
        cap_add = ["SYS_PTRACE"]
        cap_drop = ["CHOWN"]
        devices = ["/dev/fuse"]
        sysctls = {"net.core.somaxconn" = "1024", "kernel.msgmax" = "1"}
        security_opt = ["no-new-privileges", "seccomp=/etc/profile.json", "systempaths=unconfined"]
        dns = ["203.0.113.53"]
        dns_search = ["corp.example"]
        tmpfs = {"/scratch" = "rw"}
        "#,
    );
    let build = build_options(&settings, false, &unread).unwrap();
    let helper = helper_options(&settings, &unread).unwrap();
    for both in [&build, &helper] {
        assert_eq!(both.memory_bytes, Some(1 << 30));
        assert_eq!(both.memory_swap_bytes, Some(2 << 30));
        assert_eq!(
            (both.nano_cpus, both.pids_limit),
            (Some(1_500_000_000), Some(100))
        );
        assert_eq!(both.cap_drop, ["CHOWN"]);
        assert_eq!(
            both.security,
            [
                "no-new-privileges",
                "seccomp={\"defaultAction\":\"SCMP_ACT_ALLOW\"}"
            ]
        );
        assert!(both.open_system_paths && both.ulimits.len() == 1);
    }
    assert_eq!(build.cap_add, ["SYS_PTRACE"]);
    assert!(build.devices.len() == 1 && build.tmpfs.len() == 1);
    assert!(build.sysctls.contains_key("kernel.msgmax") && build.sysctls.len() == 1);
    assert!(helper.cap_add.is_empty() && helper.devices.is_empty() && helper.tmpfs.is_empty());
    assert!(helper.sysctls.contains_key("net.core.somaxconn") && helper.sysctls.len() == 1);
    // The build container has the helper's network, resolver and hosts file.
    assert!(build.dns.is_empty() && helper.dns == ["203.0.113.53"]);
    assert_eq!(helper.dns_search, ["corp.example"]);
}

#[test]
fn services_have_limits_of_their_own_and_devices_by_image() {
    let settings = settings(
        r#"
        memory = "1g"
        service_memory = "256m"
        service_cpus = "0.5"
        services_tmpfs = {"/var/lib/db" = "rw"}
        services_devices = {"registry.example/*" = ["/dev/fuse"]}
        "#,
    );
    let options = |image| service_options(&settings, image, true, &unread).unwrap();
    let told = options("registry.example/db");
    assert_eq!(told.memory_bytes, Some(256 << 20));
    assert!(told.privileged && told.devices.len() == 1 && told.tmpfs.len() == 1);
    assert!(options("other/db").devices.is_empty());
}

#[test]
fn what_cannot_be_followed_is_the_operators_turn_and_named() {
    for (text, why) in [
        ("ulimit = {nofile = \"many\"}", "executor.docker.ulimit"),
        ("devices = [\"fuse\"]", "is no device"),
        ("gpus = \"x=1\"", "executor.docker.gpus"),
        ("ipcmode = \"host\"", "may not be `host`"),
        (
            "security_opt = [\"seccomp=/none\"]",
            "the seccomp profile `/none`",
        ),
        ("log_options = {max-size = \"1g\"}", "has `max-size`"),
        ("memory_swap = \"lots\"", "executor.docker.memory_swap"),
    ] {
        let error = build_options(&settings(text), false, &unread).unwrap_err();
        assert_eq!(error.class().name(), "usage");
        assert!(error.to_string().contains(why), "{text}: {error}");
    }
}
