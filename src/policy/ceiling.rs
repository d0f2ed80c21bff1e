//! Limits that a job may lower and never raise: `BAWS_CI_MEMORY` and `BAWS_CI_CPUS` in its pipeline.
//!
//! Pure. What the operator sets is the most; where the operator sets nothing, the job sets its own.

use std::collections::BTreeMap;

use super::{bytes, nano_cpus};
use crate::error::{Cause, Error, Result};
use crate::settings::JobContainerSettings;

const MEMORY: &str = "BAWS_CI_MEMORY";
const CPUS: &str = "BAWS_CI_CPUS";

/// The settings with the job's own, lower limits.
///
/// # Errors
/// `Refused` for a limit beyond the operator's, and for what is no amount; `Usage` for the operator's own.
pub(crate) fn ceilings(
    settings: &JobContainerSettings,
    variables: &BTreeMap<String, String>,
) -> Result<JobContainerSettings> {
    let mut lowered = settings.clone();
    let most = settings.memory.as_deref();
    if let Some(text) = wanted(variables, MEMORY) {
        within(MEMORY, "memory", text, most, |text| bytes("memory", text))?;
        lowered.memory = Some(text.to_owned());
        // No more than before in all: what is not memory any more is not swap either.
        lowered.memory_swap = None;
    }
    let most = settings.cpus.as_deref();
    if let Some(text) = wanted(variables, CPUS) {
        within(CPUS, "cpus", text, most, |text| nano_cpus("cpus", text))?;
        lowered.cpus = Some(text.to_owned());
    }
    Ok(lowered)
}

fn wanted<'a>(variables: &'a BTreeMap<String, String>, name: &str) -> Option<&'a str> {
    let text = variables.get(name)?.trim();
    Some(text).filter(|text| !text.is_empty())
}

fn within(
    name: &str,
    key: &str,
    text: &str,
    most: Option<&str>,
    read: impl Fn(&str) -> Result<i64>,
) -> Result<()> {
    let wanted = read(text).map_err(|_| {
        Error::refused(format!(
            "the job asks for `{name}: \"{}\"`, which is no amount",
            text.escape_debug()
        ))
        .hint("write it as `512m` or `2g`, processors as `1.5`")
    })?;
    let Some(most) = most else { return Ok(()) };
    if wanted > read(most)? {
        return Err(Error::refused(format!(
            "the job asks for `{name}: \"{text}\"`, more than this runner gives"
        ))
        .caused_by(Cause::line(format!(
            "`{key}` in `[executor.docker]` is `{most}`"
        )))
        .hint("ask for no more than that, or ask the operator of the runner to raise it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(memory: &str, cpus: &str) -> Result<(Option<String>, Option<String>), String> {
        let settings = JobContainerSettings {
            memory: Some("2g".to_owned()),
            ..JobContainerSettings::default()
        };
        let variables = [(MEMORY, memory), (CPUS, cpus)];
        let variables = variables.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let lowered = ceilings(&settings, &variables.into());
        lowered
            .map(|all| (all.memory, all.cpus))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_job_may_ask_for_less_and_not_for_more() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(asked("512m", ""), Ok((some("512m"), None)));
        assert_eq!(asked("", "1.5"), Ok((some("2g"), some("1.5"))));
        let told = asked("3g", "").unwrap_err();
        assert!(
            told.contains("more than this runner gives: `memory` in `[executor.docker]` is `2g`"),
            "{told}"
        );
        assert!(asked("lots", "").unwrap_err().contains("no amount"));
    }
}
