//! What is ordered, as the state machine gets it from the portal, and the name of the execution that it makes.
//!
//! Pure. Source: platform revision of May 2023, `deploy-boilerplate.ts`. There a template's inputs are spread over what the portal
//! itself says, so that they may forge who ordered and where; here they may not.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::catalog::Chosen;
use crate::digest::digest;
use crate::error::{Cause, Error, Result};
use crate::rollout::clean;

/// What only the caller's side says.
pub(crate) const RESERVED: [&str; 9] = [
    "TARGET_REGION",
    "TARGET_ACCOUNT",
    "TARGET_VPCID",
    "TARGET_ECS_CLUSTER_ARN",
    "TARGET_ENV_NAME",
    "TARGET_ENV_PROVIDER_NAME",
    "USER",
    "ASSUMED_ROLE",
    "ACTION_TYPE",
];
pub(crate) const APPLICATION: &str = "APP_SHORT_NAME";

/// Source: Step Functions Developer Guide, "Quotas": input of an execution, bytes.
const MOST_BYTES: usize = 256 * 1024;
/// Of the application in an execution's name, and of the action.
const LONGEST_PARTS: [usize; 2] = [40, 20];
const DIGEST: usize = 12;
const LONGEST: usize = 200;

/// What somebody wants made.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// As the portal's catalog will call it.
    pub(crate) application: String,
    /// Such as `Create App`.
    pub(crate) action: String,
    /// Directories of the reference repository, in order.
    pub(crate) boilerplates: Vec<String>,
    pub(crate) values: BTreeMap<String, Value>,
}

/// An order with everything that the state machine is told.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) input: Value,
    /// The same as text, always the same for the same order.
    pub(crate) text: String,
    /// Of the first execution of it.
    pub(crate) name: String,
}

/// Who orders.
#[derive(Clone, Debug)]
pub(crate) struct Orderer<'a> {
    pub(crate) user: &'a str,
    /// ARN.
    pub(crate) role: &'a str,
}

impl Order {
    /// # Errors
    /// `Usage` for names that cannot be, and values that are not the order's to say.
    pub(crate) fn check(&self) -> Result<()> {
        let sound = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let is_name = |text: &str| {
            !text.is_empty()
                && text.len() <= 100
                && text.chars().all(sound)
                && !text.starts_with('.')
        };
        if !is_name(&self.application) {
            return Err(Error::usage(format!(
                "`{}` is no name of an application",
                clean(&self.application, LONGEST)
            ))
            .hint("it is made of letters, digits, `-`, `_` and `.`"));
        }
        let action = self.action.trim();
        if action.is_empty() || action.len() > 100 || action.contains(char::is_control) {
            return Err(Error::usage("the action has no name").hint("such as `Create App`"));
        }
        if self.boilerplates.is_empty() {
            return Err(
                Error::usage("which boilerplates are to be deployed is not said")
                    .hint("name them by --boilerplate, such as aws_ecs"),
            );
        }
        for (at, name) in self.boilerplates.iter().enumerate() {
            if !is_name(name) {
                return Err(Error::usage(format!(
                    "`{}` is no name of a boilerplate",
                    clean(name, LONGEST)
                ))
                .hint(
                    "it is a directory of `common/` in the reference repository, such as aws_ecs",
                ));
            }
            if self.boilerplates[..at].contains(name) {
                return Err(Error::usage(format!(
                    "the boilerplate `{name}` is named twice"
                )));
            }
        }
        self.values.keys().try_for_each(|key| self.check_key(key))
    }

    fn check_key(&self, key: &str) -> Result<()> {
        let shown = clean(key, LONGEST);
        if RESERVED.contains(&key) {
            return Err(Error::usage(format!("`{key}` is not the order's to say"))
                .hint("it follows from --environment, --provider, --user, --group and --action"));
        }
        if key == APPLICATION && self.values[key].as_str() != Some(&self.application) {
            return Err(Error::usage(format!(
                "`{APPLICATION}` is another name than `{}`",
                self.application
            ))
            .hint("the application is named once, as the command's argument"));
        }
        let mut letters = key.chars();
        let begins = letters
            .next()
            .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
        match begins && letters.all(|c| c.is_ascii_alphanumeric() || c == '_') && key.len() <= 255 {
            true => Ok(()),
            false => Err(Error::usage(format!("`{shown}` is no name of a value"))
                .hint("boilerplates read values as variables of the environment, such as PORT")),
        }
    }

    /// # Errors
    /// `Usage` where it is more than a state machine takes.
    pub(crate) fn sent(
        &self,
        to: &Chosen,
        vpc: &str,
        cluster: &str,
        orderer: &Orderer<'_>,
    ) -> Result<Sent> {
        let mut parameters: BTreeMap<&str, String> = BTreeMap::new();
        for (key, value) in &self.values {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            parameters.insert(key, text);
        }
        let said = [
            to.provider.region.as_str(),
            &to.provider.account,
            vpc,
            cluster,
            &to.environment,
            &to.provider.name,
            orderer.user,
            orderer.role,
            self.action.trim(),
        ];
        let own = RESERVED.into_iter().zip(said);
        parameters.extend(own.map(|(key, value)| (key, value.to_owned())));
        parameters.insert(APPLICATION, self.application.clone());
        let input = json!({"repositories": self.boilerplates, "parameters": parameters});
        let text = input.to_string();
        if text.len() > MOST_BYTES {
            return Err(Error::usage(format!(
                "the order has {} bytes, and a state machine takes {MOST_BYTES}",
                text.len()
            )));
        }
        let parts = [self.application.as_str(), self.action.trim()];
        let [application, action] = [0, 1].map(|at| part(parts[at], LONGEST_PARTS[at]));
        let name = format!("{application}-{action}-{}", &digest([&text])[..DIGEST]);
        Ok(Sent { input, text, name })
    }
}

/// Letters that an execution's name may have, and CloudWatch takes too. Source: Step Functions API reference, `StartExecution`.
fn part(text: &str, most: usize) -> String {
    let sound = |c: char| match c.is_ascii_alphanumeric() || "_-".contains(c) {
        true => c.to_ascii_lowercase(),
        false => '-',
    };
    text.chars().map(sound).take(most).collect()
}

/// The name of the n-th execution of the same order, from 1.
pub(super) fn numbered(name: &str, number: u32) -> String {
    match number {
        ..=1 => name.to_owned(),
        number => format!("{name}-{number}"),
    }
}

/// Values in a file, YAML or JSON: one object.
///
/// # Errors
/// `Usage`.
pub(crate) fn values_in(file: &str, text: &str) -> Result<Map<String, Value>> {
    let wrong = |why: &str| {
        Error::usage(format!("`{file}` holds no values"))
            .caused_by(Cause::line(clean(why, LONGEST)))
            .hint("it is YAML or JSON, one object: `PORT: 8080`")
    };
    let value: serde_yaml::Value =
        serde_yaml::from_str(text).map_err(|error| wrong(&error.to_string()))?;
    match serde_json::to_value(value) {
        Ok(Value::Object(values)) => Ok(values),
        Ok(_) => Err(wrong("it is no object")),
        Err(error) => Err(wrong(&error.to_string())),
    }
}

#[cfg(test)]
#[path = "order_tests.rs"]
mod tests;
