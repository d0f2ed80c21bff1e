//! Which service is meant: by what the caller says, else by what the repository holds.
//!
//! Four places, in this order: the command line, variables, catalog entities (`.backstage/*.yaml`), properties
//! (`.awsdeployment/providers/*.properties`). All are read as data, and all are the developer's own word: what comes out is
//! only a name, and whether a job may touch it is the operator's to say. Refuses to open files: texts come in.
//! Read next: `catalog`, `properties`.

mod catalog;
mod properties;

pub(crate) use catalog::Entity;
pub(crate) use properties::Properties;

use super::request::Target;
use crate::error::{Cause, Error, Result};
use crate::rollout::{ServiceArn, ServiceName};

/// What the caller says about the target; everything may be absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    /// ARNs, `CLUSTER/SERVICE`, `local/NAME`, or names of services in `cluster`.
    pub(crate) services: Vec<String>,
    /// Name or ARN.
    pub(crate) cluster: Option<String>,
    pub(crate) region: Option<String>,
    /// Twelve digits.
    pub(crate) account: Option<String>,
    /// Environment and provider of the platform, by which entries of the repository's files are chosen.
    pub(crate) environment: Option<String>,
    pub(crate) provider: Option<String>,
    /// Name of the application, where properties do not tell it.
    pub(crate) component: Option<String>,
}

/// A service, and where people reach it if that is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) target: Target,
    pub(crate) url: Option<String>,
    /// Where it was found, for people.
    pub(crate) source: String,
}

/// The targets that were named.
///
/// # Errors
/// `Usage` for names that cannot be, or that lack a region or an account.
pub(crate) fn named(said: &Said) -> Result<Vec<Found>> {
    let found = |target| Found {
        target,
        url: None,
        source: "the command line".to_owned(),
    };
    said.services
        .iter()
        .map(|text| one(said, text).map(found))
        .collect()
}

fn one(said: &Said, text: &str) -> Result<Target> {
    let shown = text.escape_debug();
    if text.starts_with("arn:") {
        let arn: ServiceArn = text.parse().map_err(|why: String| {
            Error::usage(format!("`{shown}` is no ARN of a service: {why}")).hint(
                "ARNs of services tell the cluster too: `arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/SERVICE`; of an old \
                 short one give the names: `--cluster CLUSTER SERVICE`",
            )
        })?;
        return Ok(Target::Ecs(arn));
    }
    if let Some(name) = text.strip_prefix("local/") {
        return local(name);
    }
    let (cluster, service) = match (text.split_once('/'), &said.cluster) {
        (Some((cluster, service)), None) => (cluster.to_owned(), service),
        (None, Some(cluster)) => (cluster_name(cluster), text),
        (Some(_), Some(_)) => {
            return Err(Error::usage(format!(
                "`{shown}` names a cluster, and so does `--cluster`"
            ))
            .hint("leave one of them out"));
        }
        (None, None) => {
            return Err(Error::usage(format!("`{shown}` does not tell the cluster")).hint(
                "write CLUSTER/SERVICE, the service's ARN, or `local/NAME` for a container on this machine's engine",
            ));
        }
    };
    ecs(said, &cluster, service)
}

/// A container on this machine.
///
/// # Errors
/// `Usage` for what cannot be a container's name.
pub(crate) fn local(name: &str) -> Result<Target> {
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 63 || !name.chars().all(sound) {
        return Err(Error::usage(format!(
            "`{}` cannot be the name of a local service",
            name.escape_debug()
        ))
        .hint("up to 63 letters, digits, `-` and `_`"));
    }
    Ok(Target::Local {
        name: name.to_owned(),
    })
}

fn ecs(said: &Said, cluster: &str, service: &str) -> Result<Target> {
    let arn_parts = said.cluster.as_deref().and_then(cluster_place);
    let region = said
        .region
        .clone()
        .or_else(|| arn_parts.as_ref().map(|(region, _)| region.clone()));
    let account = said
        .account
        .clone()
        .or_else(|| arn_parts.map(|(_, account)| account));
    let (Some(region), Some(account)) = (region, account) else {
        return Err(Error::usage(format!(
            "it is not known in which region and account the service `{}` of the cluster `{}` is",
            service.escape_debug(),
            cluster.escape_debug()
        ))
        .hint("give the service's ARN, or `--region` and `--account` (else AWS_DEFAULT_REGION and AWS_ACCOUNT are read)"));
    };
    let name = ServiceName {
        cluster: cluster.to_owned(),
        service: service.to_owned(),
    };
    let partition = crate::ecr_host::partition(&region);
    let arn = ServiceArn::of(partition, &region, &account, &name).map_err(|why| {
        Error::usage(format!(
            "`{}/{}` cannot be a service",
            cluster.escape_debug(),
            service.escape_debug()
        ))
        .caused_by(Cause::line(why))
    })?;
    Ok(Target::Ecs(arn))
}

/// The last part of a cluster's ARN, or the name as it is.
fn cluster_name(text: &str) -> String {
    text.rsplit('/').next().unwrap_or(text).to_owned()
}

/// Region and account of a cluster's ARN.
fn cluster_place(text: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        &["arn", _, "ecs", region, account, _] => Some((region.to_owned(), account.to_owned())),
        _ => None,
    }
}

/// The one service that the repository's own files name for what was said.
///
/// `entities`: texts of catalog files with their paths; `properties`: the same of properties files.
///
/// # Errors
/// `Usage` where a file is malformed, nothing is found, or several services are and nothing chooses among them.
pub(crate) fn of_repository(
    said: &Said,
    entities: &[(String, String)],
    properties: &[(String, String)],
) -> Result<Found> {
    let mut candidates: Vec<Entity> = Vec::new();
    for (path, text) in entities {
        candidates.extend(catalog::services(path, text)?);
    }
    let candidates: Vec<Entity> = candidates
        .into_iter()
        .filter(|one| one.fits(said))
        .collect();
    match candidates.as_slice() {
        [] => {}
        [one] => return Ok(one.found()),
        several => {
            return Err(ambiguous(
                &several.iter().map(Entity::label).collect::<Vec<_>>(),
            ));
        }
    }
    let mut found = Vec::new();
    for (path, text) in properties {
        let file = Properties::read(path, text)?;
        if file.fits(said) {
            found.push(file);
        }
    }
    match found.as_slice() {
        [] => Err(Error::usage("no service is named to work on")
            .caused_by(Cause::line(nothing(entities, properties)))
            .hint("name it: CLUSTER/SERVICE or its ARN as an argument, or BAWS_CI_SERVICE as a variable")
            .hint("or the catalog file of the application holds the annotation `aws.amazon.com/baws-ecs-service-arn` (or `metadata.appData`), as the platform writes it")),
        [one] => one.found(said),
        several => Err(ambiguous(&several.iter().map(Properties::label).collect::<Vec<_>>())),
    }
}

fn nothing(entities: &[(String, String)], properties: &[(String, String)]) -> String {
    let paths: Vec<&str> = entities
        .iter()
        .chain(properties)
        .map(|(path, _)| path.as_str())
        .collect();
    match paths.as_slice() {
        [] => "there is no `.backstage/*.yaml` and no `.awsdeployment/providers/*.properties` here"
            .to_owned(),
        paths => format!("no service that fits is in {}", paths.join(", ")),
    }
}

fn ambiguous(labels: &[String]) -> Error {
    Error::usage("the repository names several services, and nothing chooses among them")
        .caused_by(Cause::line(labels.join("; ")))
        .hint("choose by `--environment` and `--provider`, or name the service")
}

#[cfg(test)]
mod tests;
