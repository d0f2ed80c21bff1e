//! A developer's catalog file brought up to date: what the platform's stacks put out, and nothing else.

use super::{Component, Revision, plain_key};
use crate::yaml::edit::{self, Refusal, Step, Value, Which};

const KIND: [Step<'_>; 1] = [Step::Key("kind")];
const NAME: [Step<'_>; 2] = [Step::Key("metadata"), Step::Key("name")];
const DEPENDS_ON: [Step<'_>; 2] = [Step::Key("spec"), Step::Key("dependsOn")];

/// The new text; `None` if all is up to date. Outputs that are no longer there stay, as do fields that are not ours.
///
/// # Errors
/// No document is about the component, or it is written in a way that forbids an edit.
pub(crate) fn update(
    text: &str,
    component: &Component,
    revision: Revision,
) -> Result<Option<String>, Refusal> {
    let which = find(text, &component.name)?;
    let mut edited = text.to_owned();
    let mut set = |path: &[&str], value: &Value| {
        let path: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
        edited = edit::set_in(&edited, which, &path, value)?;
        Ok::<(), Refusal>(())
    };
    match revision {
        Revision::First => {
            for (key, value) in component.annotations() {
                set(&["metadata", "annotations", &key], &value)?;
            }
        }
        Revision::Second => {
            if let Some(arn) = &component.secret_arn {
                set(&["metadata", "repoSecretArn"], &Value::text(arn.as_str()))?;
            }
            for outputs in &component.outputs {
                let (environment, provider) = (&outputs.environment, &outputs.provider);
                for (key, value) in &outputs.values {
                    let path = ["metadata", "appData", environment, provider, plain_key(key)];
                    set(&path, &Value::text(value.as_str()))?;
                }
            }
        }
    }
    for dependency in component.dependencies() {
        edited = edit::push_in(&edited, which, &DEPENDS_ON, &Value::text(dependency))?;
    }
    Ok((edited != text).then_some(edited))
}

/// The document about the component.
fn find(text: &str, name: &str) -> Result<Which, Refusal> {
    let mut refused = None;
    for number in 0..edit::documents(text)? {
        let which = Which::Nth(number);
        let told = edit::scalar_in(text, which, &KIND)
            .and_then(|kind| Ok((kind, edit::scalar_in(text, which, &NAME)?)));
        match told {
            Ok((Some(kind), Some(found))) if kind == "Component" && found == name => {
                return Ok(which);
            }
            Ok(_) => {}
            // Another document may be odd; it only matters if ours is not found.
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    Err(refused.unwrap_or_else(|| Refusal::no_entity(name)))
}
