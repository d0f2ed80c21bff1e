//! What a container is made of, in plain values, and how that is put to the engine.
//!
//! No container gets NET_RAW, a privilege or a socket of the engine: there is no field to ask for one.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HostConfig, HostConfigLogConfig, MountBindOptions,
    MountType, MountVolumeOptions, NetworkingConfig, PortBinding,
};

/// What a container of a job is made of. Empty strings and lists mean "as the image has it".
#[derive(Clone, Debug, Default)]
pub(crate) struct ContainerSpec {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) host_name: String,
    pub(crate) platform: String,
    /// `None` keeps the image's entrypoint; an empty list resets it.
    pub(crate) entrypoint: Option<Vec<String>>,
    pub(crate) command: Vec<String>,
    /// `NAME=value`.
    pub(crate) env: Vec<String>,
    pub(crate) user: String,
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) network: Network,
    pub(crate) dns: Vec<String>,
    /// `name:address`.
    pub(crate) extra_hosts: Vec<String>,
    pub(crate) memory_bytes: Option<i64>,
    pub(crate) nano_cpus: Option<i64>,
    pub(crate) shm_bytes: Option<i64>,
    pub(crate) read_only_root: bool,
    /// Empty: as the image has it.
    pub(crate) stop_signal: String,
    /// A TCP port of the container that this host's own programs reach, at a free port of its loopback address.
    pub(crate) publish: Option<u16>,
}

#[derive(Clone, Debug)]
pub(crate) enum Mount {
    /// A directory of this host, which the container cannot write.
    HostReadOnly { source: String, target: String },
    /// A named volume, made with these labels when it is new. `fill`: a new one takes what the image has at its place.
    Volume {
        name: String,
        target: String,
        labels: Vec<(String, String)>,
        fill: bool,
    },
    /// Memory.
    Scratch { target: String },
}

#[derive(Clone, Debug, Default)]
pub(crate) enum Network {
    /// The engine's default bridge.
    #[default]
    Default,
    /// A named network, with the names under which others on it find this container.
    Named { name: String, aliases: Vec<String> },
    /// The namespace of another container, which then also lends its names and resolver.
    Of { container: String },
}

pub(super) fn body(spec: &ContainerSpec) -> ContainerCreateBody {
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let list = |items: &[String]| Some(items.to_vec()).filter(|items| !items.is_empty());
    let mut host = HostConfig {
        mounts: Some(spec.mounts.iter().map(mount).collect()),
        // Jobs on one bridge could otherwise forge each other's packets, or reach the metadata address by raw frames.
        cap_drop: Some(vec!["NET_RAW".to_owned()]),
        memory: spec.memory_bytes,
        memory_swap: spec.memory_bytes,
        nano_cpus: spec.nano_cpus,
        shm_size: spec.shm_bytes,
        readonly_rootfs: Some(spec.read_only_root),
        dns: list(&spec.dns),
        extra_hosts: list(&spec.extra_hosts),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(HashMap::from([
                ("max-size".to_owned(), "1m".to_owned()),
                ("max-file".to_owned(), "1".to_owned()),
            ])),
        }),
        port_bindings: spec.publish.map(|port| {
            let free = PortBinding {
                host_ip: Some("127.0.0.1".to_owned()),
                host_port: None,
            };
            HashMap::from([(format!("{port}/tcp"), Some(vec![free]))])
        }),
        ..HostConfig::default()
    };
    let mut networking = None;
    match &spec.network {
        Network::Default => {}
        Network::Named { name, aliases } => {
            host.network_mode = Some(name.clone());
            let endpoint = EndpointSettings {
                aliases: list(aliases),
                ..EndpointSettings::default()
            };
            networking = list(aliases).map(|_| NetworkingConfig {
                endpoints_config: Some([(name.clone(), endpoint)].into()),
            });
        }
        Network::Of { container } => host.network_mode = Some(format!("container:{container}")),
    }
    ContainerCreateBody {
        hostname: some(&spec.host_name),
        user: some(&spec.user),
        stop_signal: some(&spec.stop_signal),
        env: list(&spec.env),
        entrypoint: spec.entrypoint.clone().map(|words| {
            if words.is_empty() {
                vec![String::new()]
            } else {
                words
            }
        }),
        cmd: list(&spec.command),
        image: some(&spec.image),
        labels: Some(spec.labels.iter().cloned().collect()),
        host_config: Some(host),
        networking_config: networking,
        exposed_ports: spec.publish.map(|port| vec![format!("{port}/tcp")]),
        ..ContainerCreateBody::default()
    }
}

fn mount(mount: &Mount) -> bollard::models::Mount {
    use bollard::models::Mount as Docker;
    match mount {
        Mount::HostReadOnly { source, target } => Docker {
            typ: Some(MountType::BIND),
            source: Some(source.clone()),
            target: Some(target.clone()),
            read_only: Some(true),
            bind_options: Some(MountBindOptions::default()),
            ..Docker::default()
        },
        Mount::Volume {
            name,
            target,
            labels,
            fill,
        } => Docker {
            typ: Some(MountType::VOLUME),
            source: Some(name.clone()),
            target: Some(target.clone()),
            volume_options: Some(MountVolumeOptions {
                no_copy: Some(!fill),
                labels: Some(labels.iter().cloned().collect()),
                ..MountVolumeOptions::default()
            }),
            ..Docker::default()
        },
        Mount::Scratch { target } => Docker {
            typ: Some(MountType::TMPFS),
            target: Some(target.clone()),
            ..Docker::default()
        },
    }
}
