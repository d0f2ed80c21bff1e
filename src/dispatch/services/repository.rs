//! Which services: by flags, by variables, else by what the work tree's own files name. Reads, and decides nothing:
//! that is `deploy::target`'s.

use std::path::{Path, PathBuf};

use super::arguments::is_local;
use crate::cli::TargetArgs;
use crate::deploy::{self, Found, Said};
use crate::env::Var;
use crate::error::{Error, Result};

/// Where the platform puts its files into a repository.
const CATALOG: &str = ".backstage";
const PROPERTIES: &str = ".awsdeployment/providers";
/// A larger file is none of ours.
const MOST_BYTES: u64 = 1024 * 1024;

pub(super) fn targets(arguments: &TargetArgs) -> Result<Vec<Found>> {
    let said = said(arguments);
    let found = match said.services.as_slice() {
        [] if is_local(arguments) => vec![Found {
            target: deploy::local_target(&local_name()?)?,
            url: None,
            source: "this directory".to_owned(),
        }],
        [] => vec![deploy::of_repository(
            &said,
            &entities(arguments)?,
            &properties(arguments)?,
        )?],
        _ => deploy::named(&said)?,
    };
    for (index, one) in found.iter().enumerate() {
        if found[..index]
            .iter()
            .any(|other| other.target == one.target)
        {
            return Err(Error::usage(format!("`{}` is named twice", one.target))
                .hint("name every service once"));
        }
    }
    Ok(found)
}

/// What flags and variables say.
fn said(arguments: &TargetArgs) -> Said {
    let mut services: Vec<String> = arguments
        .services
        .iter()
        .chain(&arguments.more_services)
        .cloned()
        .collect();
    let mut cluster = arguments.cluster.clone();
    if services.is_empty() {
        services = Var::Service
            .text()
            .map(|text| text.split_whitespace().map(str::to_owned).collect())
            .unwrap_or_default();
    }
    if services.is_empty()
        && let (Some(of_cluster), Some(service)) =
            (Var::CiAwsEcsCluster.text(), Var::CiAwsEcsService.text())
    {
        cluster = cluster.or(Some(of_cluster));
        services.push(service);
    }
    if is_local(arguments) {
        services = services
            .into_iter()
            .map(|name| match name.starts_with("local/") {
                true => name,
                false => format!("local/{name}"),
            })
            .collect();
    }
    let either = |flag: &Option<String>, variables: &[Var]| {
        flag.clone()
            .or_else(|| variables.iter().find_map(|variable| variable.text()))
    };
    Said {
        services,
        cluster,
        region: either(&arguments.region, &[Var::AwsRegion, Var::AwsDefaultRegion]),
        account: either(&arguments.account, &[Var::AwsAccount]),
        environment: either(
            &arguments.environment,
            &[
                Var::PlatformEnvironment,
                Var::OpaEnvironment,
                Var::CiEnvironmentName,
            ],
        ),
        provider: arguments.provider.clone(),
        component: Var::AppShortName.text(),
    }
}

/// The application's name, else that of this directory.
fn local_name() -> Result<String> {
    if let Some(name) = Var::AppShortName.text() {
        return Ok(name);
    }
    let directory = std::env::current_dir()
        .map_err(|error| Error::system("cannot tell which directory this is").caused_by(error))?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    Ok(name
        .chars()
        .map(|c| match c {
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') => c,
            _ => '-',
        })
        .collect())
}

fn entities(arguments: &TargetArgs) -> Result<Vec<(String, String)>> {
    let named = arguments
        .catalog
        .clone()
        .or_else(|| Var::BackstageEntityFile.path());
    match named {
        Some(path) => Ok(vec![read(&path)?]),
        None => all(Path::new(CATALOG), &["yaml", "yml"]),
    }
}

fn properties(arguments: &TargetArgs) -> Result<Vec<(String, String)>> {
    let named = arguments
        .properties
        .clone()
        .or_else(|| Var::ProviderPropsFile.path());
    match named {
        Some(path) => Ok(vec![read(&path)?]),
        None => all(Path::new(PROPERTIES), &["properties"]),
    }
}

/// All files of that kind in a directory that may be absent, by name.
fn all(directory: &Path, extensions: &[&str]) -> Result<Vec<(String, String)>> {
    let listing = match std::fs::read_dir(directory) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(directory, error)),
    };
    let mut paths: Vec<PathBuf> = listing
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(|error| unreadable(directory, error))?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| {
            let extension = path.extension().and_then(|one| one.to_str());
            extension.is_some_and(|one| extensions.contains(&one))
        })
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<(String, String)> {
    let size = std::fs::metadata(path)
        .map_err(|error| unreadable(path, error))?
        .len();
    if size > MOST_BYTES {
        return Err(Error::usage(format!(
            "`{}` is too large to name a service",
            path.display()
        ))
        .hint("name the service itself: CLUSTER/SERVICE or its ARN"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, error))?;
    Ok((path.display().to_string(), text))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::usage(format!("cannot read `{}`", path.display()))
        .caused_by(error)
        .hint("name the service itself: CLUSTER/SERVICE or its ARN")
}
