//! What the operator may ask of the engine for a container: limits, rights, devices and names. Plain values.
//!
//! Empty means "as the engine has it". Source of every field: Docker Engine API, `HostConfig`.

use std::collections::BTreeMap;

use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Options {
    pub(crate) memory_bytes: Option<i64>,
    /// Memory and swap together, -1: any; `None`: no swap beside the memory.
    pub(crate) memory_swap_bytes: Option<i64>,
    pub(crate) memory_reservation_bytes: Option<i64>,
    pub(crate) nano_cpus: Option<i64>,
    pub(crate) cpu_shares: Option<i64>,
    pub(crate) cpuset_cpus: String,
    pub(crate) cpuset_mems: String,
    pub(crate) cgroup_parent: String,
    pub(crate) pids_limit: Option<i64>,
    pub(crate) oom_kill_disable: bool,
    pub(crate) oom_score_adjust: i64,
    pub(crate) shm_bytes: Option<i64>,
    pub(crate) ulimits: Vec<Ulimit>,
    /// Memory by path, with the options of its mount.
    pub(crate) tmpfs: BTreeMap<String, String>,
    pub(crate) devices: Vec<Device>,
    pub(crate) device_cgroup_rules: Vec<String>,
    pub(crate) gpus: Option<Gpus>,
    pub(crate) cap_add: Vec<String>,
    pub(crate) cap_drop: Vec<String>,
    pub(crate) security: Vec<String>,
    /// Paths of the kernel's are neither hidden nor made read-only.
    pub(crate) open_system_paths: bool,
    pub(crate) privileged: bool,
    pub(crate) sysctls: BTreeMap<String, String>,
    pub(crate) group_add: Vec<String>,
    pub(crate) userns_mode: String,
    pub(crate) runtime: String,
    pub(crate) ipc_mode: String,
    pub(crate) init: bool,
    pub(crate) links: Vec<String>,
    pub(crate) dns: Vec<String>,
    pub(crate) dns_search: Vec<String>,
    /// `name:address`.
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) log_options: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Ulimit {
    pub(crate) name: String,
    pub(crate) soft: i64,
    pub(crate) hard: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Device {
    pub(crate) host: String,
    pub(crate) container: String,
    /// Of `r`, `w` and `m`.
    pub(crate) permissions: String,
}

/// As `docker run --gpus` says it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Gpus {
    /// -1: all.
    pub(crate) count: Option<i64>,
    pub(crate) ids: Vec<String>,
    pub(crate) driver: String,
    pub(crate) capabilities: Vec<String>,
    pub(crate) options: BTreeMap<String, String>,
}
