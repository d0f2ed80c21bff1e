//! What a job's containers are given of the host: `[executor.docker]` read into plain values, for each kind of container.
//!
//! The helper gets what bounds it and what belongs to the network, which it owns; the build container all the rest.
//! Pure, but for the files that `seccomp=` names, which the caller reads. Read next: `words` (the grammars).

use std::collections::BTreeMap;

use super::nano_cpus;
use super::pattern::fits;
use super::words::{device, gpus, sizes, ulimit};
use crate::container_options::Options;
use crate::error::{Cause, Error, Result};
use crate::settings::JobContainerSettings;

/// Reads a file of the host.
pub(crate) type Read<'a> = &'a dyn Fn(&str) -> std::io::Result<String>;

/// # Errors
/// `Usage`, with the key that cannot be followed.
pub(crate) fn build_options(
    settings: &JobContainerSettings,
    privileged: bool,
    read: Read<'_>,
) -> Result<Options> {
    let bounded = bounded(settings, read)?;
    let (_, own): (BTreeMap<_, _>, BTreeMap<_, _>) = by_network(settings);
    let devices: Result<Vec<_>> = settings
        .devices
        .iter()
        .map(|text| device("devices", text))
        .collect();
    Ok(Options {
        shm_bytes: Some(settings.shm_size).filter(|bytes| *bytes > 0),
        tmpfs: settings.tmpfs.clone(),
        devices: devices?,
        device_cgroup_rules: settings.device_cgroup_rules.clone(),
        gpus: gpus("gpus", &settings.gpus)?,
        cap_add: settings.cap_add.clone(),
        privileged,
        sysctls: own,
        group_add: settings.group_add.clone(),
        ipc_mode: ipc_mode(settings)?,
        ..bounded
    })
}

/// # Errors
/// As [`build_options`].
pub(crate) fn helper_options(settings: &JobContainerSettings, read: Read<'_>) -> Result<Options> {
    let (of_network, _): (BTreeMap<_, _>, BTreeMap<_, _>) = by_network(settings);
    Ok(Options {
        sysctls: of_network,
        links: settings.links.clone(),
        dns: settings.dns.clone(),
        dns_search: settings.dns_search.clone(),
        extra_hosts: settings.extra_hosts.clone(),
        ..bounded(settings, read)?
    })
}

/// `image`: as the job names it.
///
/// # Errors
/// As [`build_options`].
pub(crate) fn service_options(
    settings: &JobContainerSettings,
    image: &str,
    privileged: bool,
    read: Read<'_>,
) -> Result<Options> {
    let of_image = settings.services_devices.iter();
    let of_image = of_image.filter(|(pattern, _)| fits(pattern, image));
    let devices: Result<Vec<_>> = of_image
        .flat_map(|(_, texts)| texts)
        .map(|text| device("services_devices", text))
        .collect();
    let (security, open_system_paths) = security(
        "services_security_opt",
        &settings.services_security_opt,
        read,
    )?;
    let amounts = [
        ("service_memory", &settings.service_memory),
        ("service_memory_swap", &settings.service_memory_swap),
        (
            "service_memory_reservation",
            &settings.service_memory_reservation,
        ),
    ];
    let [memory_bytes, memory_swap_bytes, memory_reservation_bytes] = sizes(amounts)?;
    Ok(Options {
        memory_bytes,
        memory_swap_bytes,
        memory_reservation_bytes,
        nano_cpus: cpus("service_cpus", settings.service_cpus.as_deref())?,
        cpu_shares: Some(settings.service_cpu_shares).filter(|shares| *shares > 0),
        cpuset_cpus: settings.service_cpuset_cpus.clone(),
        cgroup_parent: settings.service_cgroup_parent.clone(),
        pids_limit: Some(settings.pids_limit).filter(|limit| *limit > 0),
        gpus: gpus("service_gpus", &settings.service_gpus)?,
        privileged,
        security,
        open_system_paths,
        tmpfs: settings.services_tmpfs.clone(),
        devices: devices?,
        shm_bytes: Some(settings.shm_size).filter(|bytes| *bytes > 0),
        runtime: settings.runtime.clone(),
        userns_mode: settings.userns_mode.clone(),
        dns: settings.dns.clone(),
        dns_search: settings.dns_search.clone(),
        extra_hosts: settings.extra_hosts.clone(),
        log_options: log_options(settings)?,
        ..Options::default()
    })
}

/// What holds for both containers of a job.
fn bounded(settings: &JobContainerSettings, read: Read<'_>) -> Result<Options> {
    let amounts = [
        ("memory", &settings.memory),
        ("memory_swap", &settings.memory_swap),
        ("memory_reservation", &settings.memory_reservation),
    ];
    let [memory_bytes, memory_swap_bytes, memory_reservation_bytes] = sizes(amounts)?;
    let ulimits: Result<Vec<_>> = settings
        .ulimit
        .iter()
        .map(|(name, text)| ulimit(name, text))
        .collect();
    let (security, open_system_paths) = security("security_opt", &settings.security_opt, read)?;
    Ok(Options {
        memory_bytes,
        memory_swap_bytes,
        memory_reservation_bytes,
        nano_cpus: cpus("cpus", settings.cpus.as_deref())?,
        cpu_shares: Some(settings.cpu_shares).filter(|shares| *shares > 0),
        cpuset_cpus: settings.cpuset_cpus.clone(),
        cpuset_mems: settings.cpuset_mems.clone(),
        cgroup_parent: settings.cgroup_parent.clone(),
        pids_limit: Some(settings.pids_limit).filter(|limit| *limit > 0),
        oom_kill_disable: settings.oom_kill_disable,
        oom_score_adjust: settings.oom_score_adjust,
        ulimits: ulimits?,
        cap_drop: settings.cap_drop.clone(),
        security,
        open_system_paths,
        userns_mode: settings.userns_mode.clone(),
        runtime: settings.runtime.clone(),
        log_options: log_options(settings)?,
        ..Options::default()
    })
}

fn cpus(key: &str, text: Option<&str>) -> Result<Option<i64>> {
    text.filter(|text| !text.is_empty())
        .map(|text| nano_cpus(key, text))
        .transpose()
}

/// Those of the network belong to whoever owns it; the engine takes them for no other.
fn by_network(
    settings: &JobContainerSettings,
) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let all = settings.sysctls.clone().into_iter();
    all.partition(|(name, _)| name.starts_with("net."))
}

/// Source: gitlab-runner `executors/docker/docker.go`: `seccomp=` names a file, and the engine wants what is in it.
fn security(key: &str, all: &[String], read: Read<'_>) -> Result<(Vec<String>, bool)> {
    let (mut options, mut open) = (Vec::new(), false);
    for text in all {
        let (name, value) = text
            .split_once('=')
            .or_else(|| text.split_once(':'))
            .unwrap_or((text, ""));
        match (name, value) {
            ("systempaths", "unconfined") => open = true,
            ("seccomp", path)
                if !matches!(path, "unconfined" | "builtin") && !path.starts_with('{') =>
            {
                let profile = read(path).map_err(|error| {
                    Error::usage(format!(
                        "the settings are wrong: the seccomp profile `{path}` in `executor.docker.{key}` cannot be read"
                    ))
                    .caused_by(Cause::line(error))
                    .hint("the operator names a file of this host")
                })?;
                options.push(format!("seccomp={profile}"));
            }
            _ => options.push(text.clone()),
        }
    }
    Ok((options, open))
}

/// What a container shares with the host it could look into.
fn ipc_mode(settings: &JobContainerSettings) -> Result<String> {
    match settings.ipcmode.as_str() {
        mode @ ("" | "none" | "private" | "shareable") => Ok(mode.to_owned()),
        other => Err(Error::usage(format!(
            "the settings are wrong: `executor.docker.ipcmode` may not be `{other}`"
        ))
        .hint("write `private`, `shareable` or `none`: no job shares memory with the host or with a stranger")),
    }
}

/// Source: gitlab-runner `executors/docker/docker.go`: of the driver's options only `env` and `labels` may be set.
fn log_options(settings: &JobContainerSettings) -> Result<BTreeMap<String, String>> {
    let known = |name: &str| {
        matches!(
            name,
            "env" | "env-regex" | "labels" | "labels-regex" | "tag"
        )
    };
    match settings.log_options.keys().find(|name| !known(name)) {
        None => Ok(settings.log_options.clone()),
        Some(name) => Err(Error::usage(format!(
            "the settings are wrong: `executor.docker.log_options` has `{name}`"
        ))
        .hint("`env`, `env-regex`, `labels`, `labels-regex` and `tag` may stand there")),
    }
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
