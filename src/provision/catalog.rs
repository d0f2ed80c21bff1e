//! Environments and their providers, as entities of the portal's catalog, in the shapes of both revisions.
//!
//! In the older revision a provider depends on its environment, in the newer an environment on its providers; fields are called
//! otherwise. Pure: the files come from whoever calls.

use serde::Deserialize as _;
use serde_yaml::Value;

use crate::error::{Cause, Error, Result};
use crate::nearest::nearest;
use crate::rollout::clean;

const ENVIRONMENT: &str = "awsenvironment";
const PROVIDER: &str = "awsenvironmentprovider";
/// A catalog file is a few kB; beyond this it is none.
const MOST_BYTES: usize = 1 << 20;
const LONGEST: usize = 300;

/// All entities of the two kinds.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    environments: Vec<Environment>,
    providers: Vec<Listed>,
}

#[derive(Debug)]
struct Environment {
    name: String,
    depends_on: Vec<String>,
}

/// A provider as the catalog lists it: a field may be missing.
#[derive(Debug)]
struct Listed {
    name: String,
    file: String,
    depends_on: Vec<String>,
    account: Option<String>,
    region: Option<String>,
    vpc: Option<String>,
    cluster: Option<String>,
}

/// Where resources of an application are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provider {
    pub(crate) name: String,
    /// Twelve digits.
    pub(crate) account: String,
    pub(crate) region: String,
    /// Parameters of Systems Manager that hold the network's id, and the cluster's ARN.
    pub(crate) vpc_parameter: String,
    pub(crate) cluster_parameter: String,
}

impl Provider {
    /// Of which no more is known.
    pub(crate) fn named(name: &str) -> Self {
        Provider {
            name: name.to_owned(),
            account: String::new(),
            region: String::new(),
            vpc_parameter: String::new(),
            cluster_parameter: String::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) environment: String,
    pub(crate) provider: Provider,
}

impl Catalog {
    /// Adds what a file holds; entities of other kinds are passed over. `file` names it in errors.
    ///
    /// # Errors
    /// `Precondition` for what is no YAML.
    pub(crate) fn read(&mut self, file: &str, text: &str) -> Result<()> {
        let malformed = |why: &str| {
            Error::precondition(format!("cannot read the catalog file `{}`", clean(file, LONGEST)))
                .caused_by(Cause::line(clean(why, LONGEST)))
                .hint("whoever keeps the platform's reference repository mends it; the portal needs it well-formed too")
        };
        if text.len() > MOST_BYTES {
            return Err(malformed("it is larger than 1 MiB"));
        }
        for document in serde_yaml::Deserializer::from_str(text) {
            let entity = Value::deserialize(document);
            let entity = entity.map_err(|error| malformed(&error.to_string()))?;
            let kind = text_of(entity.get("kind")).unwrap_or_default();
            let metadata = entity.get("metadata");
            let field = |names: &[&str]| {
                let found = names.iter().find_map(|name| text_of(metadata?.get(*name)));
                found.filter(|text| !text.is_empty())
            };
            let Some(name) = field(&["name"]) else {
                continue;
            };
            let listed = entity.get("spec").and_then(|spec| spec.get("dependsOn"));
            let listed = listed.and_then(Value::as_sequence).into_iter().flatten();
            let depends_on = listed.filter_map(|one| one.as_str().map(plain)).collect();
            match kind.to_ascii_lowercase().as_str() {
                ENVIRONMENT => self.environments.push(Environment { name, depends_on }),
                PROVIDER => self.providers.push(Listed {
                    name,
                    file: file.to_owned(),
                    depends_on,
                    account: field(&["aws-account", "awsAccount"]),
                    region: field(&["aws-region", "awsRegion"]),
                    vpc: field(&["vpc"]),
                    cluster: field(&["cluster-name", "clusterName"]),
                }),
                _ => {}
            }
        }
        Ok(())
    }

    /// The provider of that environment: the only one, or the one that is named. `reference` is an entity's, or a name alone.
    ///
    /// # Errors
    /// `Precondition` where the catalog does not have it, `Usage` where it has several.
    pub(crate) fn choose(&self, reference: &str, provider: Option<&str>) -> Result<Chosen> {
        let wanted = of_kind(ENVIRONMENT, reference);
        let environment = self
            .environments
            .iter()
            .find(|one| of_kind(ENVIRONMENT, &one.name) == wanted)
            .ok_or_else(|| self.no_environment(reference))?;
        let own = of_kind(ENVIRONMENT, &environment.name);
        let mut of_it: Vec<&Listed> = Vec::new();
        for one in &self.providers {
            let named = environment
                .depends_on
                .contains(&of_kind(PROVIDER, &one.name));
            let is_known = of_it.iter().any(|known| known.name == one.name);
            if (named || one.depends_on.contains(&own)) && !is_known {
                of_it.push(one);
            }
        }
        let names = || {
            let names: Vec<String> = of_it.iter().map(|one| shown(&one.name)).collect();
            names.join(", ")
        };
        let environment = environment.name.clone();
        let found = match (provider, of_it.as_slice()) {
            (_, []) => {
                return Err(Error::precondition(format!(
                    "the environment {} has no provider in the catalog",
                    shown(&environment)
                ))
                .hint("the platform's operator registers an AWSEnvironmentProvider that depends on it"));
            }
            (None, [only]) => only,
            (None, _) => {
                return Err(Error::usage(format!(
                    "the environment {} has several providers: {}",
                    shown(&environment),
                    names()
                ))
                .hint("say which by --provider"));
            }
            (Some(wanted), _) => of_it
                .iter()
                .find(|one| of_kind(PROVIDER, &one.name) == of_kind(PROVIDER, wanted))
                .ok_or_else(|| {
                    Error::usage(format!(
                        "the environment {} has no provider {}",
                        shown(&environment),
                        shown(wanted)
                    ))
                    .hint(format!("it has {}", names()))
                })?,
        };
        Ok(Chosen {
            environment,
            provider: complete(found)?,
        })
    }

    fn no_environment(&self, reference: &str) -> Error {
        let known: Vec<&str> = self.environments.iter().map(|one| &*one.name).collect();
        let error = Error::precondition(format!(
            "the catalog has no environment {}",
            shown(reference)
        ));
        let near = nearest(reference, known.iter().copied());
        match (near, known.is_empty()) {
            (Some(near), _) => error.hint(format!("did you mean {}?", shown(near))),
            (None, true) => error.hint(
                "it has none at all: name the repository by --reference and the file or directory in it by --catalog-path, or one on this machine by --catalog",
            ),
            (None, false) => {
                let known: Vec<String> = known.into_iter().take(20).map(shown).collect();
                error.hint(format!("it has {}", known.join(", ")))
            }
        }
    }
}

fn complete(found: &Listed) -> Result<Provider> {
    let need = |value: &Option<String>, names: &str| {
        value.clone().ok_or_else(|| {
            Error::precondition(format!(
                "the provider {} has no `{names}`",
                shown(&found.name)
            ))
            .hint(format!(
                "whoever keeps `{}` adds it",
                clean(&found.file, LONGEST)
            ))
        })
    };
    let account = need(&found.account, "aws-account")?;
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::precondition(format!(
            "the account {} of the provider {} is none",
            shown(&account),
            shown(&found.name)
        ))
        .hint("an account has twelve digits; a placeholder is filled in by `baws-ci template publish --account`"));
    }
    let region = need(&found.region, "aws-region")?;
    let sound = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if !(6..=32).contains(&region.len()) || !region.bytes().all(sound) {
        return Err(Error::precondition(format!(
            "the region {} of the provider {} is none",
            shown(&region),
            shown(&found.name)
        )));
    }
    Ok(Provider {
        name: found.name.clone(),
        account,
        region,
        vpc_parameter: need(&found.vpc, "vpc")?,
        cluster_parameter: need(&found.cluster, "cluster-name")?,
    })
}

/// A text, or a number that somebody wrote without quotes.
fn text_of(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null
        | Value::Bool(_)
        | Value::Sequence(_)
        | Value::Mapping(_)
        | Value::Tagged(_) => None,
    }
}

fn shown(text: &str) -> String {
    format!("`{}`", clean(text, LONGEST))
}

/// `[kind:][namespace/]name` in one form. Source: Backstage, "Entity References": none of the three has a case, and the namespace is
/// `default` where none is said.
fn plain(reference: &str) -> String {
    let reference = reference.trim().to_lowercase();
    let (kind, rest) = reference.split_once(':').unwrap_or(("", &reference));
    let (namespace, name) = rest.split_once('/').unwrap_or(("default", rest));
    format!("{kind}:{namespace}/{name}")
}

fn of_kind(kind: &str, reference: &str) -> String {
    match reference.contains(':') {
        true => plain(reference),
        false => plain(&format!("{kind}:{reference}")),
    }
}

#[cfg(test)]
#[path = "catalog_tests.rs"]
mod tests;
