//! The metadata guard: that it can be set and is, and what a container really gets from those addresses.

use std::path::Path;
use std::time::Duration;

use super::Host;
use crate::container_options::Options;
use crate::docker::{ContainerSpec, Engine, Failure, Mount, Network};
use crate::doctor::finding::{Finding, Kind, Mend, Turn};
use crate::doctor::looked::{Looked, look};
use crate::doctor::probe::{self, Answer};
use crate::settings::{MetadataGuard, Settings};

const PROGRAMS: [&str; 4] = [
    "/usr/sbin/nft",
    "/sbin/nft",
    "/usr/local/sbin/nft",
    "/usr/bin/nft",
];
/// How often the container is looked at until it ends.
const PAUSE: Duration = Duration::from_millis(50);
/// Whose container it is: the process.
const LABEL: &str = "baws-ci.doctor";
const MOST_BYTES: usize = 16 * 1024;

pub(super) fn table(host: &Host<'_>) -> Vec<Finding> {
    let policy = host.settings.executor.metadata_guard;
    let has_program = PROGRAMS.iter().any(|path| Path::new(path).exists());
    let stands = has_program.then(|| (host.guard_stands)());
    let stands = stands.map(|stands| stands.map_err(|error| error.to_string()));
    decide(policy, stands)
}

/// `stands`: whether it is set; `None`: there is no program to set it.
fn decide(policy: MetadataGuard, stands: Option<Result<bool, String>>) -> Vec<Finding> {
    let wrong_if_wanted = |code, kind, told: &str| match policy {
        MetadataGuard::Required => Finding::fault(code, kind, told).turn(Turn::Host),
        MetadataGuard::Preferred | MetadataGuard::Off => {
            Finding::warning(code, told).turn(Turn::Host)
        }
    };
    let code = "host.guard";
    let Some(stands) = stands else {
        let program = wrong_if_wanted("host.guard.program", Kind::Missing, "the program `nft` is not installed: nothing keeps containers from the instance's credentials")
            .remedy("install nftables");
        return vec![
            program,
            Finding::not_looked_at(code, "there is no program to ask: see host.guard.program"),
        ];
    };
    let program = Finding::ok("host.guard.program", "`nft` is installed");
    let guard = match policy {
        MetadataGuard::Off => Finding::warning(code, "the metadata guard is off: jobs of an EC2 instance can have its credentials")
            .turn(Turn::Host)
            .remedy("remove `metadata_guard` from `[executor]` of the settings"),
        MetadataGuard::Required | MetadataGuard::Preferred => match stands {
            Ok(true) => Finding::ok(code, "the metadata guard is set"),
            Ok(false) => wrong_if_wanted(code, Kind::Missing, "the metadata guard is not set: containers that are no job's, such as those of builds, are not kept from the instance's credentials until the next job sets it")
                .remedy("`baws-ci executor guard` sets it, `baws-ci doctor --fix` does the same, `baws-ci runner install` makes it a unit of the host")
                .mended_by(Mend::Guard),
            Err(why) => Finding::unknown(code, why).remedy("run this as root, as gitlab-runner runs its stages"),
        },
    };
    vec![program, guard]
}

/// Starts a container as jobs have it, which asks.
pub(super) async fn tried(engine: &Engine, settings: &Settings, image: &str) -> Finding {
    let code = "host.guard.tried";
    let program = match std::env::current_exe() {
        Ok(program) => program.to_string_lossy().into_owned(),
        Err(error) => return Finding::unknown(code, error),
    };
    let name = format!("baws-ci-doctor-{}", std::process::id());
    let looked = look(asked(engine, &spec(settings, image, &name, program))).await;
    let removed = look::<(), Failure>(async { engine.remove(&name).await.map(Some) }).await;
    let finding = judged(looked);
    match removed {
        Looked::Found(()) | Looked::Missing => finding,
        Looked::Forbidden { .. } | Looked::Unreachable(_) | Looked::Strange(_) => finding.remedy(
            format!("remove the container `{name}`: it could not be removed here"),
        ),
    }
}

fn spec(settings: &Settings, image: &str, name: &str, program: String) -> ContainerSpec {
    let docker = &settings.executor.docker;
    ContainerSpec {
        name: name.to_owned(),
        image: image.to_owned(),
        entrypoint: Some(vec![format!("/.baws/{}", probe::NAME)]),
        labels: vec![(LABEL.to_owned(), std::process::id().to_string())],
        mounts: vec![Mount::HostReadOnly {
            source: program,
            target: format!("/.baws/{}", probe::NAME),
        }],
        network: match &docker.network_mode {
            Some(name) => Network::Named {
                name: name.clone(),
                aliases: Vec::new(),
            },
            None => Network::Default,
        },
        options: Options {
            cap_drop: ["NET_RAW", "NET_ADMIN"].map(str::to_owned).into(),
            ..Options::default()
        },
        ..ContainerSpec::default()
    }
}

/// What the container printed, once it has ended.
async fn asked(engine: &Engine, spec: &ContainerSpec) -> Result<Option<String>, Failure> {
    // What a doctor left that was ended in the middle.
    for (name, labels) in engine.containers(LABEL).await? {
        let owner = labels.get(LABEL).map_or("", String::as_str);
        if !Path::new("/proc").join(owner).exists() {
            engine.remove(&name).await?;
        }
    }
    engine.create(spec).await?;
    engine.start(&spec.name).await?;
    loop {
        match engine.find(&spec.name).await? {
            Some(found) if found.running => tokio::time::sleep(PAUSE).await,
            Some(_) => break,
            None => return Ok(None),
        }
    }
    let printed = engine.printed(&spec.name, MOST_BYTES).await?;
    Ok(Some(String::from_utf8_lossy(&printed).into_owned()))
}

fn judged(looked: Looked<String>) -> Finding {
    let code = "host.guard.tried";
    let text = match looked {
        Looked::Found(text) => text,
        Looked::Missing => {
            return Finding::unknown(code, "the container was removed by somebody else");
        }
        Looked::Forbidden { words, .. } | Looked::Unreachable(words) | Looked::Strange(words) => {
            return Finding::unknown(code, words);
        }
    };
    let answers = probe::read(&text);
    if answers.len() < probe::ADDRESSES.len() {
        return Finding::unknown(code, format!("the container printed `{}`", text.trim()));
    }
    let reached: Vec<&str> = answers
        .iter()
        .filter(|(_, answer)| *answer == Answer::Reached)
        .map(|(address, _)| *address)
        .collect();
    match reached.is_empty() {
        true => Finding::ok(code, format!("a container gets no answer from {} metadata addresses", answers.len())),
        false => Finding::fault(code, Kind::Wrong, format!("a container reaches {}: every job can have the instance's credentials", reached.join(", ")))
            .turn(Turn::Host)
            .remedy("`baws-ci executor guard` sets the guard; where it is set, look for rules that go around it (`nft list ruleset`), and set the instance's hop limit to 1")
            .mended_by(Mend::Guard),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guard_that_is_wanted_and_not_set_is_missing() {
        let state = |policy, stands| {
            let findings = decide(policy, stands);
            findings
                .iter()
                .map(|one| one.state.name())
                .collect::<Vec<_>>()
        };
        assert_eq!(state(MetadataGuard::Required, Some(Ok(true))), ["ok", "ok"]);
        assert_eq!(
            state(MetadataGuard::Required, Some(Ok(false))),
            ["ok", "fault"]
        );
        assert_eq!(
            state(MetadataGuard::Preferred, Some(Ok(false))),
            ["ok", "warning"]
        );
        assert_eq!(state(MetadataGuard::Off, Some(Ok(true))), ["ok", "warning"]);
        assert_eq!(
            state(MetadataGuard::Required, None),
            ["fault", "not_looked_at"]
        );
        assert_eq!(
            state(MetadataGuard::Required, Some(Err("no".to_owned()))),
            ["ok", "unknown"]
        );
    }

    #[test]
    fn what_a_container_reaches_is_named() {
        let of = |reached: &str| {
            let lines = probe::ADDRESSES.iter().map(|address| {
                let answer = if *address == reached {
                    "reached"
                } else {
                    "refused"
                };
                format!("{address} {answer}\n")
            });
            judged(Looked::Found(lines.collect()))
        };
        assert_eq!(of("none").kind(), None);
        let finding = of("169.254.170.2");
        assert_eq!(finding.kind(), Some(Kind::Wrong));
        assert!(
            finding.told.contains("reaches 169.254.170.2:"),
            "{}",
            finding.told
        );
        assert_eq!(
            judged(Looked::Found("exec format error".to_owned()))
                .state
                .name(),
            "unknown"
        );
    }
}
