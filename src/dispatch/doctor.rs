//! `doctor` from the command line: the ways to GitLab and AWS, what the executor knows of the host, and what `--fix` may do.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::gitlab::gitlab;
use super::runner::units;
use crate::aws::Aws;
use crate::cli::{AreaArg, DoctorArgs, RevisionArg};
use crate::doctor::{
    self, Account, Area, Examination, Finding, Host, Mend, Outside, Place, Platform, Report, Show,
    Way,
};
use crate::ecr_host::EcrHost;
use crate::env::Var;
use crate::error::{Error, Result};
use crate::executor;
use crate::output::Output;
use crate::runner::{self, Mode};
use crate::settings::{AwsSettings, PlatformRevision, Settings};

/// For the token, where a secret of AWS's holds it.
const PATIENCE: Duration = Duration::from_secs(12);

pub(super) fn doctor(arguments: &DoctorArgs, config: Option<&Path>, output: &Output) -> Result<()> {
    let begun = Instant::now();
    let (settings, fault) = match Settings::load(config) {
        Ok(settings) => (settings, None),
        Err(error) => (Settings::default(), Some(error)),
    };
    let runtime = super::runtime()?;
    let root = runner::absolute(&arguments.root)?;
    let platform = platform(arguments, &settings);
    let region = region(arguments, &settings);
    let trusts = doctor::trusts();
    let connect = |settings| {
        let region = region.as_deref().filter(|_| trusts)?;
        Some(runtime.block_on(Aws::connect(settings, None, region)))
    };
    let aws = connect(&settings.aws);
    // EC2 is asked by nobody but the host itself.
    let own = connect(&AwsSettings::default());
    let state = executor::state(&settings);
    let examination = Examination {
        host: Host {
            settings: &settings,
            settings_fault: fault.as_ref(),
            root: &root,
            runner_config: runner_config(arguments, &root),
            state: state.as_ref().map(Clone::clone),
            guard_stands: &executor::guard_stands,
        },
        outside: outside(arguments, &settings, aws.as_ref(), own.as_ref()),
        gitlab: Place {
            way: match trusts {
                true => runtime.block_on(way(arguments, &settings, output)),
                false => Way::Untrusting,
            },
            platform: platform.as_ref(),
            grants: &settings.grants,
            roles: &settings.roles,
        },
        aws: match (aws.as_ref().zip(region.as_deref()), trusts) {
            (_, false) => Err(doctor::UNTRUSTING),
            (None, true) => Err(doctor::NO_REGION),
            (Some((aws, region)), true) => Ok(Account {
                aws,
                settings: &settings.aws,
                region,
                platform: platform.as_ref(),
                expected: settings.platform.account.as_deref(),
                repositories: repositories(arguments, &settings, region),
                roles: &settings.roles,
                needs: doctor::needs(&settings, region),
            }),
        },
    };
    let findings = doctor::examine(&examination, &areas(arguments), &runtime);
    let (findings, fixed) = match arguments.fix {
        true => fixed(findings, &examination, &runtime, config, output),
        false => (findings, Vec::new()),
    };
    // A name that is being looked up has a thread, which nobody waits for.
    runtime.shutdown_background();
    let report = Report {
        findings,
        fixed,
        revision: platform.map(|platform| platform.revision),
        host: "this host's role".to_owned(),
        took: begun.elapsed(),
    };
    tell(&report, arguments, output)
}

/// Mends what can be mended, and looks at the host again. What could not be is told, and stays a fault.
fn fixed(
    findings: Vec<Finding>,
    examination: &Examination<'_>,
    runtime: &Runtime,
    config: Option<&Path>,
    output: &Output,
) -> (Vec<Finding>, Vec<String>) {
    let mends = doctor::wanted(&findings);
    if mends.is_empty() {
        return (findings, Vec::new());
    }
    let mut fixed = Vec::new();
    for mend in mends {
        match mended(mend, &examination.host, config, output) {
            Ok(told) => fixed.extend(told),
            Err(error) => output.error(&error),
        }
    }
    fixed.iter().for_each(|told| output.status(told));
    let again = doctor::examine(examination, &[Area::Host], runtime);
    let others = findings.into_iter().filter(|one| one.area() != Area::Host);
    (again.into_iter().chain(others).collect(), fixed)
}

/// The exit code says what the report says already.
fn tell(report: &Report, arguments: &DoctorArgs, output: &Output) -> Result<()> {
    let show = match arguments.all {
        true => Show::All,
        false => Show::NotGood,
    };
    match arguments.json {
        true => output.data(format!("{}\n", report.as_json())),
        false => output.data(report.table(show, output.colour())),
    }
    output.status(report.summary());
    match report.class() {
        None => Ok(()),
        Some(class) => Err(Error::new(class, "")),
    }
}

fn areas(arguments: &DoctorArgs) -> Vec<Area> {
    let asked = |area: &Area| {
        let of = |asked: &AreaArg| match asked {
            AreaArg::Host => Area::Host,
            AreaArg::Gitlab => Area::Gitlab,
            AreaArg::Aws => Area::Aws,
        };
        arguments.areas.is_empty() || arguments.areas.iter().any(|asked| of(asked) == *area)
    };
    Area::ALL.into_iter().filter(asked).collect()
}

fn platform(arguments: &DoctorArgs, settings: &Settings) -> Option<Platform> {
    let own = &settings.platform;
    let named = arguments.revision.map(|revision| match revision {
        RevisionArg::First => PlatformRevision::First,
        RevisionArg::Second => PlatformRevision::Second,
    });
    let revision = named.or(own.revision)?;
    let prefix = arguments.prefix.clone().or_else(|| own.prefix.clone());
    Some(Platform {
        revision,
        prefix: prefix.unwrap_or_else(|| revision.prefix().to_owned()),
        providers: match arguments.providers.is_empty() {
            true => own.providers.clone(),
            false => arguments.providers.clone(),
        },
        reference: own.reference.clone(),
    })
}

fn region(arguments: &DoctorArgs, settings: &Settings) -> Option<String> {
    let named = arguments
        .region
        .clone()
        .or_else(|| settings.platform.region.clone());
    let variables = [Var::AwsRegion, Var::AwsDefaultRegion];
    named.or_else(|| variables.into_iter().find_map(Var::text))
}

fn runner_config(arguments: &DoctorArgs, root: &Path) -> PathBuf {
    let named = arguments.runner_config.clone();
    named.unwrap_or_else(|| root.join("etc/gitlab-runner/config.toml"))
}

fn address(arguments: &DoctorArgs, settings: &Settings) -> Option<String> {
    let named = arguments.gitlab.gitlab.clone();
    let named = named.or_else(|| settings.gitlab.url.clone());
    named.or_else(|| Var::CiServerUrl.text())
}

async fn way(arguments: &DoctorArgs, settings: &Settings, output: &Output) -> Way {
    if address(arguments, settings).is_none() {
        return Way::Unnamed;
    }
    let own = &settings.gitlab;
    let files = [&arguments.gitlab.token_file, &own.token_file];
    let named = files.iter().any(|file| file.is_some()) || own.token_secret.is_some();
    if !named && Var::GitlabToken.text().is_none() {
        return Way::Tokenless;
    }
    match tokio::time::timeout(PATIENCE, gitlab(&arguments.gitlab, settings, output)).await {
        Ok(Ok(gitlab)) => Way::Open(gitlab),
        Ok(Err(error)) => Way::Blocked(error),
        Err(_) => Way::Blocked(Error::system(format!(
            "the token for GitLab did not come within {} s",
            PATIENCE.as_secs()
        ))),
    }
}

/// Hosts that grants name in full, without patterns.
fn registries(settings: &Settings) -> impl Iterator<Item = (EcrHost, &str, bool)> {
    settings.grants.iter().flat_map(|rule| {
        let as_itself = rule.role_arn.is_none();
        rule.push.iter().filter_map(move |pattern| {
            let (host, name) = pattern.split_once('/')?;
            Some((host.parse().ok()?, name, as_itself))
        })
    })
}

fn repositories(
    arguments: &DoctorArgs,
    settings: &Settings,
    region: &str,
) -> Vec<(Option<String>, String)> {
    let named = settings
        .platform
        .repositories
        .iter()
        .chain(&arguments.repositories);
    let named = named.map(|name| (None, name.clone()));
    let granted = registries(settings)
        // Another region's, another identity's, and patterns are nobody's to look at here.
        .filter(|(host, name, as_itself)| {
            *as_itself && host.region() == region && !name.contains(['*', '?', '{'])
        })
        .map(|(host, name, _)| (Some(host.account().to_owned()), name.to_owned()));
    let all: BTreeSet<_> = named.chain(granted).collect();
    all.into_iter().collect()
}

fn outside<'a>(
    arguments: &DoctorArgs,
    settings: &Settings,
    aws: Option<&Aws>,
    own: Option<&'a Aws>,
) -> Outside<'a> {
    let gitlab = address(arguments, settings);
    let clocks: Vec<String> = gitlab.into_iter().chain(aws.map(Aws::address)).collect();
    let hosts = clocks.iter().filter_map(|url| {
        let url = reqwest::Url::parse(url).ok()?;
        Some(url.host_str()?.trim_matches(['[', ']']).to_owned())
    });
    let registries = registries(settings).map(|(host, _, _)| host.to_string());
    let mut names: Vec<String> = Vec::new();
    for name in hosts.chain(registries) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Outside {
        clocks,
        names,
        aws: own,
    }
}

/// What was done, one sentence each.
fn mended(
    mend: Mend,
    host: &Host<'_>,
    config: Option<&Path>,
    output: &Output,
) -> Result<Vec<String>> {
    match mend {
        Mend::StateDir => {
            let Ok(dir) = &host.state else {
                return Ok(Vec::new());
            };
            doctor::make_state_dir(dir)?;
            Ok(vec![format!("Made `{}`", dir.display())])
        }
        Mend::Guard => {
            executor::guard(host.settings, output)?;
            Ok(vec!["Set the metadata guard".to_owned()])
        }
        Mend::Units => {
            let changes = units(host.root, config, output)?;
            let told = changes.iter().map(|change| change.line(Mode::Apply));
            Ok(told.collect())
        }
    }
}
