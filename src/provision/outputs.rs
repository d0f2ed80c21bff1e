//! What an execution put out: the outputs of its stacks, by the portal's rule. Pure.
//!
//! Source: platform revision of May 2023, `deploy-boilerplate.ts`: of `DeploymentOutput.outputs[]`, each a map of boilerplate, stack
//! and output, those outputs count whose name begins with the platform's prefix.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::error::{Cause, Error, Result};
use crate::rollout::clean;

/// Source: CloudFormation User Guide, "Quotas": 4096 bytes of an output; 200 outputs of a stack.
const LONGEST_VALUE: usize = 4096;
const MOST: usize = 2000;
const MOST_NOTES: usize = 10;
const LONGEST: usize = 100;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outputs {
    /// As the stacks call them, `bawsEcsServiceArn`.
    pub(crate) values: BTreeMap<String, String>,
    /// What was left out, and why.
    pub(crate) notes: Vec<String>,
}

/// `output`: of the execution, JSON as text.
///
/// # Errors
/// `Precondition`, with what is wrong: it is missing, or not what the state machine puts out.
pub(crate) fn outputs(output: Option<&str>, prefix: &str) -> Result<Outputs> {
    let wrong = |why: String| {
        Error::precondition("the execution succeeded, and its outputs cannot be read")
            .caused_by(Cause::line(why))
            .hint("what was made is there; the platform's operator looks at the state `Aggregate Output` of the state machine")
    };
    let text = output.ok_or_else(|| wrong("it has no output".to_owned()))?;
    let value: Value = serde_json::from_str(text)
        .map_err(|error| wrong(format!("its output is no JSON: {error}")))?;
    let found = &value["DeploymentOutput"]["outputs"];
    let list = found.as_array().ok_or_else(|| {
        wrong(format!(
            "its output has no list `DeploymentOutput.outputs`, but {}",
            kind(found)
        ))
    })?;
    let mut all = Outputs::default();
    for (at, boilerplates) in list.iter().enumerate() {
        let Some(boilerplates) = boilerplates.as_object() else {
            all.note(format!(
                "part {} of the outputs is {}",
                at + 1,
                kind(boilerplates)
            ));
            continue;
        };
        for (boilerplate, stacks) in boilerplates {
            let Some(stacks) = stacks.as_object() else {
                all.note(format!(
                    "what `{}` put out is {}",
                    clean(boilerplate, LONGEST),
                    kind(stacks)
                ));
                continue;
            };
            for (stack, values) in stacks {
                let Some(values) = values.as_object() else {
                    all.note(format!(
                        "what the stack `{}` put out is {}",
                        clean(stack, LONGEST),
                        kind(values)
                    ));
                    continue;
                };
                let pairs = values.iter().filter(|(name, _)| name.starts_with(prefix));
                pairs.for_each(|(name, value)| all.add(name, value));
            }
        }
    }
    Ok(all)
}

impl Outputs {
    /// Of a stack itself.
    pub(super) fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = Outputs::default();
        for (name, value) in pairs {
            all.add(&name, &Value::String(value));
        }
        all
    }

    fn add(&mut self, name: &str, value: &Value) {
        let shown = clean(name, LONGEST);
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(is) => is.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                return self.note(format!("`{shown}` is left out: it is {}", kind(value)));
            }
        };
        if !name.chars().all(|c| c.is_ascii_alphanumeric()) || name.len() > 255 {
            return self.note(format!("`{shown}` is left out: it is no name of an output"));
        }
        if text.len() > LONGEST_VALUE || text.contains(char::is_control) {
            return self.note(format!(
                "`{shown}` is left out: no stack puts out such a value"
            ));
        }
        if self.values.len() >= MOST {
            return self.note(format!("`{shown}` is left out: there are more than {MOST}"));
        }
        let before = self.values.insert(name.to_owned(), text);
        if before.is_some_and(|before| before != self.values[name]) {
            self.note(format!("`{shown}` has several values; the last one counts"));
        }
    }

    fn note(&mut self, text: String) {
        match self.notes.len() {
            ..MOST_NOTES => self.notes.push(text),
            MOST_NOTES => self.notes.push("… and more of that kind".to_owned()),
            _ => {}
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `bawsEcsServiceArn` is `baws-ecs-service-arn`.
pub(super) fn kebab(name: &str) -> String {
    let mut text = String::new();
    let mut before = 'A';
    for c in name.chars() {
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            text.push('-');
        }
        text.push(c.to_ascii_lowercase());
        before = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(output: Value) -> Outputs {
        outputs(Some(&output.to_string()), "baws").unwrap()
    }

    #[test]
    fn outputs_of_all_stacks_count_that_begin_with_the_prefix() {
        let found = of(json!({"DeploymentOutput": {"outputs": [
            {"aws_ecs": {"shop-ecs-resources": {"bawsEcsServiceArn": "a", "ExportsOutput": "b", "bawsPort": 80}}},
            {"aws_rds": {"shop-rds-resource": {"bawsDbPort": "5432"}}},
        ]}}));
        let names: Vec<(&str, &str)> = found.values.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(
            names,
            [
                ("bawsDbPort", "5432"),
                ("bawsEcsServiceArn", "a"),
                ("bawsPort", "80")
            ]
        );
        assert!(found.notes.is_empty());
        assert_eq!(kebab("bawsEcsServiceArn"), "baws-ecs-service-arn");
    }

    #[test]
    fn whatever_is_odd_is_told_and_the_rest_counts() {
        let found = of(json!({"DeploymentOutput": {"outputs": [
            1, {"a": "x"}, {"a": {"s": []}},
            {"a": {"s": {"bawsA": {"x": 1}, "bawsB": "\u{1b}[31m", "bawsC": "good", "baws\nD": "x"}}},
            {"b": {"s": {"bawsC": "better"}}},
        ]}}));
        assert_eq!(
            found.values.into_iter().collect::<Vec<_>>(),
            [("bawsC".to_owned(), "better".to_owned())]
        );
        assert_eq!(found.notes.len(), 7, "{:?}", found.notes);
        for (output, why) in [
            (None, "it has no output"),
            (Some("{"), "is no JSON"),
            (Some("[]"), "but nothing"),
            (
                Some(r#"{"DeploymentOutput":{"outputs":"x"}}"#),
                "but a text",
            ),
        ] {
            let error = outputs(output, "baws").unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn fuzz_outputs(text in "\\{\"DeploymentOutput\":\\{\"outputs\":\\[(\\{\"a\":\\{\"b\":\\{\"bawsX\":(1|\"\\PC{0,8}\"|null)\\}\\}\\},?){0,3}\\]?\\}\\}|\\PC{0,60}") {
            outputs(Some(&text), "baws").ok();
        }
    }
}
