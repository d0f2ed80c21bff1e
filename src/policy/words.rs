//! The grammars of the runner's `[runners.docker]`: devices, limits, GPUs, amounts.

use std::collections::BTreeMap;

use super::bytes;
use crate::container_options::{Device, Gpus, Ulimit};
use crate::error::{Error, Result};

/// The amounts of memory under these keys; swap may be `-1`.
pub(super) fn sizes<const N: usize>(
    texts: [(&str, &Option<String>); N],
) -> Result<[Option<i64>; N]> {
    let mut found = [None; N];
    for (found, (key, text)) in found.iter_mut().zip(texts) {
        *found = match text.as_deref().map(str::trim) {
            None | Some("") => None,
            Some("-1") if key.ends_with("swap") => Some(-1),
            Some(text) => Some(bytes(key, text)?),
        };
    }
    Ok(found)
}

/// `SOURCE[:TARGET[:rwm]]`. Source: docker/cli `opts`, `ValidateDevice`, as gitlab-runner uses it.
pub(super) fn device(key: &str, text: &str) -> Result<Device> {
    let parts: Vec<&str> = text.split(':').collect();
    let is_permission =
        |text: &str| !text.is_empty() && text.chars().all(|c| matches!(c, 'r' | 'w' | 'm'));
    let (host, container, permissions) = match parts.as_slice() {
        [host] => (*host, *host, "rwm"),
        [host, last] if is_permission(last) => (*host, *host, *last),
        [host, container] => (*host, *container, "rwm"),
        [host, container, last] if is_permission(last) => (*host, *container, *last),
        _ => ("", "", ""),
    };
    if !host.starts_with('/') || !container.starts_with('/') {
        return Err(wrong(
            &format!("`{text}` in `executor.docker.{key}` is no device"),
            "write `/dev/fuse`, `/dev/fuse:/dev/fuse` or `/dev/fuse:/dev/fuse:rw`",
        ));
    }
    Ok(Device {
        host: host.to_owned(),
        container: container.to_owned(),
        permissions: permissions.to_owned(),
    })
}

/// `SOFT[:HARD]`; -1: none. Source: docker/go-units `ParseUlimit`.
pub(super) fn ulimit(name: &str, text: &str) -> Result<Ulimit> {
    let (soft, hard) = text.split_once(':').unwrap_or((text, text));
    let both = soft.trim().parse().ok().zip(hard.trim().parse().ok());
    match both {
        Some((soft, hard)) if hard == -1 || (soft != -1 && soft <= hard) => Ok(Ulimit {
            name: name.to_owned(),
            soft,
            hard,
        }),
        Some(_) => Err(wrong(
            &format!(
                "`executor.docker.ulimit` has `{name} = \"{text}\"`, where the first is beyond the second"
            ),
            "write `SOFT:HARD`, such as `nofile = \"1024:2048\"`",
        )),
        None => Err(wrong(
            &format!("`executor.docker.ulimit` has `{name} = \"{text}\"`"),
            "write `SOFT:HARD`, such as `nofile = \"1024:2048\"`",
        )),
    }
}

/// As `docker run --gpus`: `all`, a number, or `NAME=VALUE,…` with `count`, `device`, `driver`, `capabilities`, `options`.
///
/// Source: docker/cli `opts/gpus.go`.
pub(super) fn gpus(key: &str, text: &str) -> Result<Option<Gpus>> {
    let fault = |why: &str| {
        wrong(
            &format!("`executor.docker.{key} = \"{text}\"`: {why}"),
            "write it as for `docker run --gpus`: `all`, `2`, `device=0`, `\"device=0,1\",capabilities=utility`",
        )
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    let mut gpus = Gpus::default();
    for field in fields(text) {
        let (name, value) = field.split_once('=').unwrap_or(("count", &field));
        let list = || value.split(',').map(|one| one.trim().to_owned());
        match name.trim() {
            "count" if value == "all" => gpus.count = Some(-1),
            "count" => {
                let count = value.trim().parse().ok().filter(|count| *count >= -1);
                gpus.count = Some(count.ok_or_else(|| fault("the count is none"))?);
            }
            "device" => gpus.ids = list().collect(),
            "driver" => gpus.driver = value.to_owned(),
            "capabilities" => gpus.capabilities = list().collect(),
            "options" => {
                let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
                let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
                gpus.options = pairs.map(own).collect::<BTreeMap<_, _>>();
            }
            _ => return Err(fault(&format!("`{name}` is unknown"))),
        }
    }
    if gpus.count.is_some() && !gpus.ids.is_empty() {
        return Err(fault("count and device cannot stand together"));
    }
    if gpus.count.is_none() && gpus.ids.is_empty() {
        gpus.count = Some(1);
    }
    if !gpus.capabilities.iter().any(|one| one == "gpu") {
        gpus.capabilities.push("gpu".to_owned());
    }
    Ok(Some(gpus))
}

/// Fields of one line of CSV: commas within double quotes part nothing.
fn fields(text: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().expect("one is always there").push(other),
        }
    }
    fields
}

fn wrong(what: &str, hint: &str) -> Error {
    Error::usage(format!("the settings are wrong: {what}"))
        .hint(format!("the operator corrects it: {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_limits_and_gpus_are_read_as_docker_reads_them() {
        let told = device("devices", "/dev/fuse:/dev/x:r").unwrap();
        assert_eq!(
            (
                told.host.as_str(),
                told.container.as_str(),
                told.permissions.as_str()
            ),
            ("/dev/fuse", "/dev/x", "r")
        );
        assert_eq!(device("devices", "/dev/fuse:rw").unwrap().permissions, "rw");
        assert_eq!(device("devices", "/dev/fuse").unwrap().permissions, "rwm");
        assert!(device("devices", "fuse").is_err() && device("devices", "/a:/b:x").is_err());
        let limit = ulimit("nofile", "1024:2048").unwrap();
        assert_eq!((limit.soft, limit.hard), (1024, 2048));
        assert_eq!(ulimit("core", "-1").unwrap().hard, -1);
        for bad in ["", "many", "2:1", "-1:5"] {
            assert!(ulimit("nofile", bad).is_err(), "{bad}");
        }
        assert_eq!(gpus("gpus", "").unwrap(), None);
        assert_eq!(gpus("gpus", "all").unwrap().unwrap().count, Some(-1));
        let some = gpus("gpus", "\"device=0,1\",capabilities=utility")
            .unwrap()
            .unwrap();
        assert_eq!(
            (some.count, some.ids),
            (None, vec!["0".to_owned(), "1".to_owned()])
        );
        assert_eq!(some.capabilities, ["utility", "gpu"]);
        assert!(gpus("gpus", "count=1,device=0").is_err() && gpus("gpus", "x=1").is_err());
    }

    #[test]
    fn swap_may_be_without_end() {
        let (memory, swap) = (Some("1g".to_owned()), Some("-1".to_owned()));
        let read = sizes([("memory", &memory), ("memory_swap", &swap)]).unwrap();
        assert_eq!(read, [Some(1 << 30), Some(-1)]);
        assert!(sizes([("memory", &swap)]).is_err());
    }
}
