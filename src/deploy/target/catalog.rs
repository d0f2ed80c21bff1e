//! Services in catalog entities, as both revisions of the platform write them.
//!
//! The older writes one annotation for each output of the application's stack, the newer a map by environment and
//! provider. Files with several documents, and entities of other kinds, are fine; a repeated key is not.

use serde::Deserialize as _;
use serde_yaml::Value;

use super::{Found, Said};
use crate::deploy::request::Target;
use crate::error::{Cause, Error, Result};
use crate::rollout::ServiceArn;

/// A catalog file is a few kB; beyond this it is none.
const MOST_BYTES: usize = 1024 * 1024;

/// The older shape's annotations, by both prefixes of the product.
const SERVICE_ARN: [&str; 2] = [
    "aws.amazon.com/baws-ecs-service-arn",
    "aws.amazon.com/opa-ecs-service-arn",
];
const ENDPOINT: [&str; 2] = [
    "aws.amazon.com/baws-alb-endpoint",
    "aws.amazon.com/opa-alb-endpoint",
];

/// A service that an entity names.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entity {
    arn: ServiceArn,
    endpoint: Option<String>,
    /// Environment and provider, where the newer shape names them.
    place: Option<(String, String)>,
    path: String,
}

impl Entity {
    pub(super) fn fits(&self, said: &Said) -> bool {
        let same = |wanted: &Option<String>, name: &str| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(name))
        };
        match &self.place {
            None => true,
            Some((environment, provider)) => {
                let joined = format!("{environment}-{provider}");
                let by_both = said
                    .environment
                    .as_ref()
                    .is_some_and(|one| one.eq_ignore_ascii_case(&joined));
                by_both || (same(&said.environment, environment) && same(&said.provider, provider))
            }
        }
    }

    pub(super) fn found(&self) -> Found {
        Found {
            target: Target::Ecs(self.arn.clone()),
            url: self.endpoint.clone(),
            source: self.label(),
        }
    }

    pub(super) fn label(&self) -> String {
        match &self.place {
            Some((environment, provider)) => {
                format!("`{}` ({environment}, {provider})", self.path)
            }
            None => format!("`{}`", self.path),
        }
    }
}

/// All services that the documents of one file name.
///
/// # Errors
/// `Usage` for a file that is no YAML, or an ARN that is none.
pub(super) fn services(path: &str, text: &str) -> Result<Vec<Entity>> {
    let malformed = |why: &dyn std::fmt::Display| {
        Error::usage(format!("cannot read the catalog file `{path}`"))
            .caused_by(Cause::line(why))
            .hint("the repository's author mends it; the catalog needs it well-formed too")
    };
    if text.len() > MOST_BYTES {
        return Err(malformed(&format!("it has more than {MOST_BYTES} bytes")));
    }
    let mut found = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let entity = Value::deserialize(document).map_err(|error| malformed(&error))?;
        let Some(metadata) = entity.get("metadata") else {
            continue;
        };
        let annotation = |names: &[&str]| {
            let annotations = metadata.get("annotations")?;
            names
                .iter()
                .find_map(|name| annotations.get(name)?.as_str().map(str::to_owned))
        };
        if let Some(arn) = annotation(&SERVICE_ARN) {
            found.push(Entity {
                arn: parsed(path, &arn)?,
                endpoint: annotation(&ENDPOINT).and_then(|text| url(&text)),
                place: None,
                path: path.to_owned(),
            });
        }
        let environments = metadata.get("appData").and_then(Value::as_mapping);
        for (environment, providers) in environments.into_iter().flatten() {
            for (provider, data) in providers.as_mapping().into_iter().flatten() {
                let field = |name: &str| data.get(name).and_then(Value::as_str);
                let (Some(environment), Some(provider), Some(arn)) = (
                    environment.as_str(),
                    provider.as_str(),
                    field("EcsServiceArn"),
                ) else {
                    continue;
                };
                found.push(Entity {
                    arn: parsed(path, arn)?,
                    endpoint: field("AlbEndpoint").and_then(url),
                    place: Some((environment.to_owned(), provider.to_owned())),
                    path: path.to_owned(),
                });
            }
        }
    }
    Ok(found)
}

fn parsed(path: &str, arn: &str) -> Result<ServiceArn> {
    arn.parse().map_err(|why: String| {
        Error::usage(format!(
            "the catalog file `{path}` names `{}`, which is no ARN of a service",
            arn.escape_debug()
        ))
        .caused_by(Cause::line(why))
        .hint("the platform writes this value; if it was edited by hand, restore it")
    })
}

/// An address for people; without a scheme it is plain HTTP, as the platform's load balancers are.
fn url(text: &str) -> Option<String> {
    let sound = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#[]@!$&'()*+,;=%".contains(c);
    if text.is_empty() || text.len() > 2048 || !text.chars().all(sound) {
        return None;
    }
    match text.starts_with("http://") || text.starts_with("https://") {
        true => Some(text.to_owned()),
        false => Some(format!("http://{text}")),
    }
}
