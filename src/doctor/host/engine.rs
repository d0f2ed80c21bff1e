//! The Docker engine: that it answers, is young enough, can limit a job, and has the helper image and room.

use std::path::Path;

use super::{Host, disk, guard};
use crate::docker::{About, Engine, Failure, ImageFacts};
use crate::doctor::finding::{Finding, Kind, Turn};
use crate::doctor::looked::{LIMIT, Looked, Subject, look};
use crate::settings::DockerSettings;

/// Major and minor.
const OLDEST: (u64, u64) = (20, 10);
/// Slow, or gone from the engine; none keeps what a build made apart.
const POOR_DRIVERS: [&str; 4] = ["vfs", "devicemapper", "aufs", "overlay"];

pub(super) fn findings(host: &Host<'_>) -> Vec<Finding> {
    let settings = DockerSettings {
        host: host.settings.docker.host.clone(),
        timeout_secs: LIMIT.as_secs().min(host.settings.docker.timeout_secs),
    };
    let engine = match Engine::connect(&settings, None) {
        Ok(engine) => engine,
        Err(error) => {
            let finding = Finding::fault("host.engine", Kind::Unreachable, &error).turn(Turn::Host);
            let finding = error
                .hints()
                .iter()
                .fold(finding, |finding, hint| finding.remedy(hint));
            let tried = Finding::not_looked_at(
                "host.guard.tried",
                "there is no engine to start a container: see host.engine",
            );
            return vec![finding, tried];
        }
    };
    let helper = host.settings.executor.docker.helper_image.0.as_str();
    let (about, image) = engine.block_on(async {
        let about = async { engine.about().await.map(|about| Some(about.clone())) };
        let about = look::<About, Failure>(about).await;
        (about, look(engine.image(helper)).await)
    });
    let subject = subject("host.engine", "the Docker engine", engine.host());
    let about = match subject.found(about) {
        Ok(about) => about,
        Err(finding) => return vec![finding],
    };
    let mut findings =
        vec![subject.ok(format!("the Docker engine answers at `{}`", engine.host()))];
    findings.extend(of_this_kind(&about));
    match about
        .root
        .as_deref()
        .map(Path::new)
        .filter(|dir| dir.is_dir())
    {
        Some(dir) => findings.extend(disk::findings(disk::Which::Engine, dir, host.settings)),
        None => findings.push(Finding::unknown(
            "host.disk.engine",
            "this process does not see the engine's directory",
        )),
    }
    let image = helper_image(helper, image);
    let has_helper = image.kind().is_none();
    findings.push(image);
    findings.push(match has_helper {
        true => engine.block_on(guard::tried(&engine, host.settings, helper)),
        false => Finding::not_looked_at(
            "host.guard.tried",
            "there is no image for a container: see host.helper-image",
        ),
    });
    findings
}

fn subject<'s>(code: &'static str, what: &'s str, about: &'s str) -> Subject<'s> {
    Subject {
        code,
        about,
        what,
        turn: Turn::Host,
        missing: "",
        identity: "",
    }
}

fn of_this_kind(about: &About) -> Vec<Finding> {
    let wrong = |code, told: String, remedy: &str| {
        let fault = Finding::fault(code, Kind::Wrong, told);
        fault.turn(Turn::Host).remedy(remedy)
    };
    let version = &about.version;
    let mut numbers = version.split(['.', '-', '+', '~']).map(str::parse::<u64>);
    let numbers = match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => Some((major, minor)),
        _ => None,
    };
    let code = "host.engine.version";
    let version = match numbers {
        Some(numbers) if numbers < OLDEST => wrong(
            code,
            format!(
                "the engine is version {version}: it takes {}.{} or later",
                OLDEST.0, OLDEST.1
            ),
            "upgrade Docker",
        ),
        Some(_) => Finding::ok(code, format!("the engine is version {version}")),
        None => Finding::unknown(code, format!("`{version}` is no version")),
    };
    let driver = about.driver.as_deref().unwrap_or("unknown");
    let code = "host.engine.storage";
    let storage = match POOR_DRIVERS.contains(&driver) {
        true => Finding::warning(code, format!("the engine keeps images by the driver `{driver}`: it is slow, and takes much room"))
            .turn(Turn::Host)
            .remedy("`\"storage-driver\": \"overlay2\"` in daemon.json; images have to be fetched again then"),
        false => Finding::ok(code, format!("the engine keeps images by `{driver}`")),
    };
    let code = "host.engine.cgroups";
    let told = format!(
        "control groups of version {} by the driver `{}`",
        about.cgroup_version, about.cgroup_driver
    );
    let cgroups = match (about.limits, about.cgroup_version.as_str()) {
        (false, _) => wrong(
            code,
            format!(
                "the engine cannot limit memory and processes of a job ({told}): one job can take the host"
            ),
            "switch the controllers on (`cgroup_enable=memory` for the kernel), and run the engine as root",
        ),
        (true, "1") => Finding::warning(
            code,
            format!("the host has {told}, which Docker and systemd are giving up"),
        )
        .turn(Turn::Host)
        .remedy("boot with `systemd.unified_cgroup_hierarchy=1`"),
        (true, _) => Finding::ok(code, told),
    };
    let code = "host.engine.live-restore";
    let restore = match about.live_restore {
        true => Finding::ok(code, "containers outlive a restart of the engine"),
        false => Finding::ok(
            code,
            "a restart of the engine ends running jobs: drain first, or set `\"live-restore\": true` in daemon.json",
        ),
    };
    vec![version, storage, cgroups, restore]
}

fn helper_image(name: &str, looked: Looked<ImageFacts>) -> Finding {
    let missing = "`baws-ci runner install --helper-image IMAGE`, or build it on this host (images/helper); exclude it from pruning";
    let subject = Subject {
        missing,
        ..subject("host.helper-image", "the helper image", name)
    };
    match subject.found(looked) {
        Ok(_) => subject.ok(format!("the helper image `{name}` is on this host")),
        Err(finding) => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(version: &str, driver: &str, cgroups: &str, limits: bool) -> Vec<&'static str> {
        let about = About {
            root: None,
            driver: Some(driver.to_owned()),
            version: version.to_owned(),
            cgroup_driver: "systemd".to_owned(),
            cgroup_version: cgroups.to_owned(),
            limits,
            live_restore: false,
        };
        of_this_kind(&about)
            .iter()
            .map(|one| one.state.name())
            .collect()
    }

    #[test]
    fn an_engine_is_young_enough_and_can_limit_a_job() {
        assert_eq!(states("20.10.24+dfsg1", "overlay2", "2", true), ["ok"; 4]);
        assert_eq!(
            states("19.03.15", "vfs", "1", true),
            ["fault", "warning", "warning", "ok"]
        );
        assert_eq!(
            states("dev", "btrfs", "2", false),
            ["unknown", "ok", "fault", "ok"]
        );
    }
}
