//! The engine's own words for what the operator asks for.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    DeviceMapping, DeviceRequest, HostConfig, HostConfigLogConfig, ResourcesUlimits,
};

use crate::container_options::{Device, Gpus, Options, Ulimit};

pub(super) fn host_config(options: &Options) -> HostConfig {
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let list = |items: &[String]| Some(items.to_vec()).filter(|items| !items.is_empty());
    let table = |pairs: &BTreeMap<String, String>| {
        let table: HashMap<String, String> = pairs.clone().into_iter().collect();
        Some(table).filter(|table| !table.is_empty())
    };
    let nothing = || options.open_system_paths.then(Vec::new);
    // Jobs on one bridge could otherwise forge each other's packets, or reach the metadata address by raw frames.
    let raw_frames = "NET_RAW".to_owned();
    let mut dropped = options.cap_drop.clone();
    let asked = |name: &String| matches!(name.as_str(), "NET_RAW" | "CAP_NET_RAW" | "ALL");
    if !options.cap_add.iter().any(asked) && !dropped.contains(&raw_frames) {
        dropped.push(raw_frames);
    }
    HostConfig {
        memory: options.memory_bytes,
        memory_swap: options.memory_swap_bytes.or(options.memory_bytes),
        memory_reservation: options.memory_reservation_bytes,
        nano_cpus: options.nano_cpus,
        cpu_shares: options.cpu_shares,
        cpuset_cpus: some(&options.cpuset_cpus),
        cpuset_mems: some(&options.cpuset_mems),
        cgroup_parent: some(&options.cgroup_parent),
        pids_limit: options.pids_limit,
        oom_kill_disable: options.oom_kill_disable.then_some(true),
        oom_score_adj: Some(options.oom_score_adjust).filter(|adjust| *adjust != 0),
        shm_size: options.shm_bytes,
        ulimits: Some(options.ulimits.iter().map(ulimit).collect::<Vec<_>>())
            .filter(|all| !all.is_empty()),
        tmpfs: table(&options.tmpfs),
        devices: Some(options.devices.iter().map(device).collect::<Vec<_>>())
            .filter(|all| !all.is_empty()),
        device_cgroup_rules: list(&options.device_cgroup_rules),
        device_requests: options.gpus.as_ref().map(|gpus| vec![gpu_request(gpus)]),
        cap_add: list(&options.cap_add),
        cap_drop: Some(dropped),
        security_opt: list(&options.security),
        masked_paths: nothing(),
        readonly_paths: nothing(),
        privileged: options.privileged.then_some(true),
        sysctls: table(&options.sysctls),
        group_add: list(&options.group_add),
        userns_mode: some(&options.userns_mode),
        runtime: some(&options.runtime),
        ipc_mode: some(&options.ipc_mode),
        init: options.init.then_some(true),
        links: list(&options.links),
        dns: list(&options.dns),
        dns_search: list(&options.dns_search),
        extra_hosts: list(&options.extra_hosts),
        log_config: Some(log_config(&options.log_options)),
        ..HostConfig::default()
    }
}

/// What the engine keeps of a container's words is bounded: the job's log is not there.
fn log_config(more: &BTreeMap<String, String>) -> HostConfigLogConfig {
    let bounds = [("max-size", "1m"), ("max-file", "1")];
    let bounds = bounds.map(|(name, value)| (name.to_owned(), value.to_owned()));
    HostConfigLogConfig {
        typ: Some("json-file".to_owned()),
        config: Some(more.clone().into_iter().chain(bounds).collect()),
    }
}

fn ulimit(one: &Ulimit) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(one.name.clone()),
        soft: Some(one.soft),
        hard: Some(one.hard),
    }
}

fn device(one: &Device) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(one.host.clone()),
        path_in_container: Some(one.container.clone()),
        cgroup_permissions: Some(one.permissions.clone()),
    }
}

fn gpu_request(gpus: &Gpus) -> DeviceRequest {
    DeviceRequest {
        driver: Some(gpus.driver.clone()).filter(|driver| !driver.is_empty()),
        count: gpus.count,
        device_ids: Some(gpus.ids.clone()).filter(|ids| !ids.is_empty()),
        // Each inner list has to be met as a whole.
        capabilities: Some(vec![gpus.capabilities.clone()]),
        options: Some(gpus.options.clone().into_iter().collect()),
    }
}
