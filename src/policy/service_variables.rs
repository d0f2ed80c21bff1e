//! What a service's container is told: the variables of the service, and nothing of the job's but what they refer to.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::job::{ImageSpec, expand};

/// No program can be started with more. Source: Linux `execve(2)`, a quarter of the usual stack of 8 MiB.
const MOST_BYTES: usize = 2 << 20;

/// `what`: the service, for people.
///
/// # Errors
/// `Refused` for more than a program can be started with: a few lines of a pipeline may refer to a long value very often.
pub(super) fn variables_of(
    spec: &ImageSpec,
    what: &str,
    variables: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>> {
    let mut own = BTreeMap::new();
    let mut bytes = 0;
    for variable in &spec.variables {
        let value = if variable.raw {
            variable.value.clone()
        } else {
            expand(&variable.value, variables)
        };
        bytes += variable.key.len() + value.len();
        if bytes > MOST_BYTES {
            return Err(Error::refused(format!(
                "the variables of {what} hold more than 2 MiB, with which no program can be started"
            ))
            .hint("shorten them; a file of the project, or an artifact, holds what is long"));
        }
        own.insert(variable.key.clone(), value);
    }
    Ok(own)
}
