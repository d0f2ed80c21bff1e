//! `[executor.docker]`: the containers of a job, with the keys of the runner's own `[runners.docker]`.

use serde::{Deserialize, Serialize};

/// The keys of the runner's `[runners.docker]`, same names and meanings.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct JobContainerSettings {
    pub(crate) image: Option<String>,
    pub(crate) helper_image: String,
    pub(crate) pull_policy: OneOrMany,
    pub(crate) allowed_pull_policies: Vec<String>,
    pub(crate) allowed_images: Vec<String>,
    pub(crate) allowed_services: Vec<String>,
    pub(crate) user: Option<String>,
    pub(crate) memory: Option<String>,
    pub(crate) cpus: Option<String>,
    /// Bytes; 0 keeps the engine's 64 MiB.
    pub(crate) shm_size: i64,
    pub(crate) dns: Vec<String>,
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) network_mode: Option<String>,
    /// Seconds; 0 or less: services are not waited for.
    pub(crate) wait_for_services_timeout: i64,
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

impl Default for JobContainerSettings {
    fn default() -> Self {
        JobContainerSettings {
            image: None,
            helper_image: "baws-ci/helper:1".to_owned(),
            pull_policy: OneOrMany::One("always".to_owned()),
            allowed_pull_policies: Vec::new(),
            allowed_images: Vec::new(),
            allowed_services: Vec::new(),
            user: None,
            memory: None,
            cpus: None,
            shm_size: 0,
            dns: Vec::new(),
            extra_hosts: Vec::new(),
            network_mode: None,
            wait_for_services_timeout: 30,
        }
    }
}
