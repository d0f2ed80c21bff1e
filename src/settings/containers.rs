//! `[executor.docker]`: the containers of a job, with the keys of the runner's own `[runners.docker]`, same names and meanings
//! where docs/parity.md says nothing else.
//!
//! Empty texts, lists and tables, 0 and false mean "as the engine has it". Read next: `policy::container`, which reads them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

type Table = BTreeMap<String, String>;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct JobContainerSettings {
    pub(crate) image: Option<String>,
    pub(crate) helper_image: HelperImage,
    pub(crate) pull_policy: OneOrMany,
    pub(crate) allowed_pull_policies: Vec<String>,
    pub(crate) allowed_images: Vec<String>,
    pub(crate) allowed_services: Vec<String>,
    pub(crate) disable_entrypoint_overwrite: bool,

    pub(crate) user: Option<String>,
    pub(crate) allowed_users: Vec<String>,
    pub(crate) group_add: Vec<String>,
    pub(crate) userns_mode: String,

    pub(crate) memory: Option<String>,
    pub(crate) memory_swap: Option<String>,
    pub(crate) memory_reservation: Option<String>,
    pub(crate) cpus: Option<String>,
    pub(crate) cpu_shares: i64,
    pub(crate) cpuset_cpus: String,
    pub(crate) cpuset_mems: String,
    pub(crate) cgroup_parent: String,
    pub(crate) pids_limit: i64,
    pub(crate) oom_kill_disable: bool,
    pub(crate) oom_score_adjust: i64,
    /// Bytes; 0 keeps the engine's 64 MiB.
    pub(crate) shm_size: i64,
    pub(crate) ulimit: Table,
    pub(crate) tmpfs: Table,

    pub(crate) privileged: bool,
    pub(crate) allowed_privileged_images: Vec<String>,
    pub(crate) cap_add: Vec<String>,
    pub(crate) cap_drop: Vec<String>,
    pub(crate) security_opt: Vec<String>,
    pub(crate) devices: Vec<String>,
    pub(crate) device_cgroup_rules: Vec<String>,
    pub(crate) gpus: String,
    pub(crate) sysctls: Table,
    pub(crate) runtime: String,
    pub(crate) ipcmode: String,

    pub(crate) volumes: Vec<String>,
    pub(crate) allowed_host_paths: Vec<String>,
    pub(crate) volume_driver: String,
    pub(crate) volume_driver_ops: Table,
    pub(crate) disable_cache: bool,

    pub(crate) hostname: String,
    pub(crate) mac_address: String,
    pub(crate) dns: Vec<String>,
    pub(crate) dns_search: Vec<String>,
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) links: Vec<String>,
    pub(crate) network_mode: Option<String>,
    pub(crate) network_mtu: u32,
    pub(crate) enable_ipv6: bool,

    pub(crate) container_labels: Table,
    pub(crate) log_options: Table,

    /// Of every job, before its own.
    pub(crate) services: Vec<ServiceSettings>,
    pub(crate) services_limit: i64,
    /// Seconds; 0 or less: services are not waited for.
    pub(crate) wait_for_services_timeout: ServiceWait,
    pub(crate) service_memory: Option<String>,
    pub(crate) service_memory_swap: Option<String>,
    pub(crate) service_memory_reservation: Option<String>,
    pub(crate) service_cpus: Option<String>,
    pub(crate) service_cpu_shares: i64,
    pub(crate) service_cpuset_cpus: String,
    pub(crate) service_cgroup_parent: String,
    pub(crate) service_gpus: String,
    pub(crate) services_privileged: bool,
    pub(crate) allowed_privileged_services: Vec<String>,
    pub(crate) services_security_opt: Vec<String>,
    pub(crate) services_tmpfs: Table,
    /// Devices by pattern of the service's image.
    pub(crate) services_devices: BTreeMap<String, Vec<String>>,
}

/// A service of the operator's.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ServiceSettings {
    pub(crate) name: String,
    /// With spaces or commas between.
    pub(crate) alias: String,
    pub(crate) entrypoint: Vec<String>,
    pub(crate) command: Vec<String>,
    /// `NAME=value`.
    pub(crate) environment: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(crate) fn items(&self) -> &[String] {
        match self {
            OneOrMany::One(item) => std::slice::from_ref(item),
            OneOrMany::Many(items) => items,
        }
    }
}

impl Default for OneOrMany {
    fn default() -> Self {
        OneOrMany::One("always".to_owned())
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct HelperImage(pub(crate) String);

impl Default for HelperImage {
    fn default() -> Self {
        HelperImage("baws-ci/helper:1".to_owned())
    }
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct ServiceWait(pub(crate) i64);

impl Default for ServiceWait {
    fn default() -> Self {
        ServiceWait(30)
    }
}
