//! What a container is made of, in plain values, and how that is put to the engine.
//!
//! No container gets a socket of the engine, and none NET_RAW or a privilege that the operator has not allowed.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, EndpointSettings, MountBindOptions, MountType, MountVolumeOptions,
    MountVolumeOptionsDriverConfig, NetworkingConfig, PortBinding,
};
use serde::Serialize;

use super::options::host_config;
use crate::container_options::Options;

/// What a container of a job is made of. Empty strings and lists mean "as the image has it".
#[derive(Clone, Debug, Default, Serialize)]
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
    pub(crate) mac_address: String,
    pub(crate) options: Options,
    pub(crate) read_only_root: bool,
    /// Empty: as the image has it.
    pub(crate) stop_signal: String,
    /// A TCP port of the container that this host's own programs reach, at a free port of its loopback address.
    pub(crate) publish: Option<u16>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mount {
    /// A directory of this host, which the container cannot write.
    HostReadOnly { source: String, target: String },
    /// A path of this host that the operator lends to jobs.
    Host {
        source: String,
        target: String,
        /// As the engine takes them, such as `ro,z`.
        modes: String,
    },
    /// A named volume, made with these labels when it is new. `fill`: a new one takes what the image has at its place.
    Volume {
        name: String,
        target: String,
        labels: Vec<(String, String)>,
        fill: bool,
        read_only: bool,
        /// Of new volumes; `None`: the engine's own.
        driver: Option<Driver>,
    },
    /// Memory.
    Scratch { target: String },
}

/// Who makes volumes, and what it is told.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Driver {
    pub(crate) name: String,
    pub(crate) options: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
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
    let mut host = host_config(&spec.options);
    host.mounts = Some(spec.mounts.iter().filter_map(mount).collect());
    host.binds = Some(spec.mounts.iter().filter_map(bind).collect::<Vec<_>>())
        .filter(|binds| !binds.is_empty());
    host.readonly_rootfs = Some(spec.read_only_root);
    host.port_bindings = spec.publish.map(|port| {
        let free = PortBinding {
            host_ip: Some("127.0.0.1".to_owned()),
            host_port: None,
        };
        HashMap::from([(format!("{port}/tcp"), Some(vec![free]))])
    });
    let endpoint = |aliases: &[String]| EndpointSettings {
        aliases: list(aliases),
        mac_address: some(&spec.mac_address),
        ..EndpointSettings::default()
    };
    let on = |name: &str, endpoint| {
        Some(NetworkingConfig {
            endpoints_config: Some([(name.to_owned(), endpoint)].into()),
        })
    };
    let mut networking = None;
    match &spec.network {
        Network::Default if spec.mac_address.is_empty() => {}
        Network::Default => networking = on("bridge", endpoint(&[])),
        Network::Named { name, aliases } => {
            host.network_mode = Some(name.clone());
            if !aliases.is_empty() || !spec.mac_address.is_empty() {
                networking = on(name, endpoint(aliases));
            }
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

/// Modes for SELinux and propagation can only be said so.
fn bind(mount: &Mount) -> Option<String> {
    let Mount::Host {
        source,
        target,
        modes,
    } = mount
    else {
        return None;
    };
    let modes = Some(modes).filter(|modes| !modes.is_empty());
    Some(match modes {
        Some(modes) => format!("{source}:{target}:{modes}"),
        None => format!("{source}:{target}"),
    })
}

fn mount(mount: &Mount) -> Option<bollard::models::Mount> {
    use bollard::models::Mount as Docker;
    Some(match mount {
        Mount::Host { .. } => return None,
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
            read_only,
            driver,
        } => Docker {
            typ: Some(MountType::VOLUME),
            source: Some(name.clone()),
            target: Some(target.clone()),
            read_only: Some(*read_only),
            volume_options: Some(MountVolumeOptions {
                no_copy: Some(!fill),
                labels: Some(labels.iter().cloned().collect()),
                driver_config: driver
                    .as_ref()
                    .map(|driver| MountVolumeOptionsDriverConfig {
                        name: Some(driver.name.clone()),
                        options: Some(driver.options.iter().cloned().collect()),
                    }),
                ..MountVolumeOptions::default()
            }),
            ..Docker::default()
        },
        Mount::Scratch { target } => Docker {
            typ: Some(MountType::TMPFS),
            target: Some(target.clone()),
            ..Docker::default()
        },
    })
}
