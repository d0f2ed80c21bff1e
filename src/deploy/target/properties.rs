//! Properties of an environment's provider: `KEY=value` lines, which the platform's own scripts would run as shell.
//!
//! Here they are data: nothing is expanded and nothing is run. Quotes around a whole value are taken off, as a shell would.

use std::collections::BTreeMap;

use super::{Found, Said, ecs};
use crate::error::{Cause, Error, Result};

/// One file, `.awsdeployment/providers/<environment>-<provider>.properties`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Properties {
    path: String,
    values: BTreeMap<String, String>,
}

impl Properties {
    /// # Errors
    /// `Usage` for a line that is none of `KEY=value`, a comment or empty.
    pub(super) fn read(path: &str, text: &str) -> Result<Self> {
        let mut values = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let line = line.strip_prefix("export ").unwrap_or(line);
            let pair = line.split_once('=').filter(|(key, _)| is_key(key));
            let Some((key, value)) = pair else {
                return Err(Error::usage(format!(
                    "cannot read the properties file `{path}`, line {}",
                    number + 1
                ))
                .caused_by(Cause::line("it is no `KEY=value`"))
                .hint("the file is read as data: nothing in it is run as a shell would"));
            };
            values.insert(key.to_owned(), unquoted(value.trim()).to_owned());
        }
        Ok(Properties {
            path: path.to_owned(),
            values,
        })
    }

    pub(super) fn fits(&self, said: &Said) -> bool {
        let Some(wanted) = &said.environment else {
            return said
                .provider
                .as_ref()
                .is_none_or(|provider| self.is(provider, "TARGET_ENV_PROVIDER_NAME"));
        };
        let joined = ["OPA_CI_ENVIRONMENT", "BAWS_CI_ENVIRONMENT"];
        let by_both = joined.iter().any(|key| self.is(wanted, key));
        let provider = said
            .provider
            .as_ref()
            .is_none_or(|provider| self.is(provider, "TARGET_ENV_PROVIDER_NAME"));
        by_both || (self.is(wanted, "TARGET_ENV_NAME") && provider)
    }

    /// The application's service, which the platform calls `<component>-<provider>`.
    pub(super) fn found(&self, said: &Said) -> Result<Found> {
        let missing = |key: &str| {
            Error::usage(format!(
                "the properties file `{}` does not tell `{key}`",
                self.path
            ))
            .hint("name the service itself: CLUSTER/SERVICE or its ARN")
        };
        let cluster = self
            .value("TARGET_ECS_CLUSTER_ARN")
            .ok_or_else(|| missing("TARGET_ECS_CLUSTER_ARN"))?;
        let component = self
            .value("APP_NAME")
            .or_else(|| self.value("APP_SHORT_NAME"))
            .map(str::to_owned)
            .or_else(|| said.component.clone())
            .ok_or_else(|| {
                Error::usage("it is not known which application this is").hint(
                    "set APP_SHORT_NAME, as the platform's pipelines do, or name the service itself",
                )
            })?;
        let service = match self.value("TARGET_ENV_PROVIDER_NAME") {
            Some(provider) => format!("{component}-{provider}"),
            None => component,
        };
        let of_file = Said {
            cluster: Some(cluster.to_owned()),
            region: self.value("REGION").map(str::to_owned),
            account: self.value("ACCOUNT").map(str::to_owned),
            ..Said::default()
        };
        Ok(Found {
            target: ecs(&of_file, &super::cluster_name(cluster), &service)?,
            url: None,
            source: self.label(),
        })
    }

    pub(super) fn label(&self) -> String {
        format!("`{}`", self.path)
    }

    fn value(&self, key: &str) -> Option<&str> {
        self.values
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    fn is(&self, wanted: &str, key: &str) -> bool {
        self.value(key)
            .is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    }
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    value
}
