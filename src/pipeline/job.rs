//! One job: its own keywords over those of `default:` and of the top level.
//!
//! A keyword of the job replaces the default as a whole, as in GitLab: nothing is merged.

use serde_yaml::{Mapping, Value};

use crate::job::{ArtifactSpec, ImageSpec, Variable};

use super::fault::{Fault, Faults};
use super::value::{script, strings};
use super::{artifacts, duration, image, variables};

#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) name: String,
    pub(crate) stage: String,
    pub(crate) image: Option<ImageSpec>,
    pub(crate) services: Vec<ImageSpec>,
    pub(crate) variables: Vec<Variable>,
    /// `before_script` and `script`: GitLab hands them over as one.
    pub(crate) script: Vec<String>,
    pub(crate) after_script: Vec<String>,
    /// `None`: everything in earlier stages.
    pub(crate) needs: Option<Vec<Need>>,
    /// `None`: the artifacts of everything that is needed.
    pub(crate) dependencies: Option<Vec<String>>,
    pub(crate) artifacts: Vec<ArtifactSpec>,
    pub(crate) timeout_secs: Option<u64>,
    pub(crate) allow_failure: AllowFailure,
    pub(crate) when: When,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) job: String,
    pub(crate) artifacts: bool,
    pub(crate) optional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AllowFailure {
    No,
    Yes,
    ExitCodes(Vec<i64>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    OnSuccess,
    OnFailure,
    Always,
    Manual,
}

/// What a job has when it does not say otherwise.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    image: Option<ImageSpec>,
    services: Vec<ImageSpec>,
    before_script: Vec<String>,
    after_script: Vec<String>,
    artifacts: Vec<ArtifactSpec>,
    timeout_secs: Option<u64>,
}

impl Defaults {
    /// From `default:` and, as GitLab still accepts, from the top level.
    pub(super) fn read(top: &Mapping, faults: &mut Faults) -> Self {
        let nothing = Mapping::new();
        let default = top
            .get("default")
            .and_then(Value::as_mapping)
            .unwrap_or(&nothing);
        let mut merged = Mapping::new();
        for key in [
            "image",
            "services",
            "before_script",
            "after_script",
            "artifacts",
            "timeout",
        ] {
            let global = top
                .get(key)
                .filter(|_| key != "artifacts" && key != "timeout");
            if global.is_some() && default.contains_key(key) {
                faults.add(
                    Fault::new(format!("`{key}` stands in `default` and at the top level"))
                        .hint("keep the one in `default`"),
                );
            }
            if let Some(value) = default.get(key).or(global) {
                merged.insert(Value::from(key), value.clone());
            }
        }
        let place = "the defaults";
        Defaults {
            image: merged
                .get("image")
                .and_then(|found| image::read(found, "image", place, faults)),
            services: merged
                .get("services")
                .map(|found| image::read_services(found, place, faults))
                .unwrap_or_default(),
            before_script: lines(&merged, "before_script", place, faults).unwrap_or_default(),
            after_script: lines(&merged, "after_script", place, faults).unwrap_or_default(),
            artifacts: merged
                .get("artifacts")
                .map(|found| artifacts::read(found, place, faults))
                .unwrap_or_default(),
            timeout_secs: timeout(&merged, place, faults),
        }
    }
}

impl Job {
    pub(super) fn read(
        name: &str,
        body: &Mapping,
        defaults: &Defaults,
        faults: &mut Faults,
    ) -> Option<Self> {
        let place = format!("`{name}`");
        let Some(own) = lines(body, "script", &place, faults) else {
            if !body.contains_key("script") {
                faults.add(
                    Fault::new(format!("the job {place} has no `script`"))
                        .hint("a template that runs nothing begins its name with a dot"),
                );
            }
            return None;
        };
        if own.is_empty() {
            faults.add(Fault::new(format!("the `script` of {place} is empty")));
        }
        let before = lines(body, "before_script", &place, faults)
            .unwrap_or_else(|| defaults.before_script.clone());
        let when = when(body, &place, faults);
        Some(Job {
            name: name.to_owned(),
            stage: stage(body, &place, faults),
            image: match body.get("image") {
                Some(found) => image::read(found, "image", &place, faults),
                None => defaults.image.clone(),
            },
            services: match body.get("services") {
                Some(found) => image::read_services(found, &place, faults),
                None => defaults.services.clone(),
            },
            variables: body
                .get("variables")
                .map(|found| variables::read(found, &place, faults))
                .unwrap_or_default(),
            script: before.into_iter().chain(own).collect(),
            after_script: lines(body, "after_script", &place, faults)
                .unwrap_or_else(|| defaults.after_script.clone()),
            needs: body.get("needs").map(|found| needs(found, &place, faults)),
            dependencies: body.get("dependencies").map(|found| {
                let named = strings(found).ok_or_else(|| {
                    Fault::new(format!("`dependencies` of {place} must be a list of jobs"))
                });
                faults.take(named).unwrap_or_default()
            }),
            artifacts: match body.get("artifacts") {
                Some(found) => artifacts::read(found, &place, faults),
                None => defaults.artifacts.clone(),
            },
            timeout_secs: timeout(body, &place, faults).or(defaults.timeout_secs),
            allow_failure: allow_failure(body, when, &place, faults),
            when,
        })
    }
}

fn lines(body: &Mapping, keyword: &str, place: &str, faults: &mut Faults) -> Option<Vec<String>> {
    body.get(keyword)
        .and_then(|found| faults.take(script(found, keyword, place)))
}

fn stage(body: &Mapping, place: &str, faults: &mut Faults) -> String {
    match body.get("stage") {
        None => "test".to_owned(),
        Some(Value::String(name)) => name.clone(),
        Some(_) => {
            faults.add(Fault::new(format!(
                "`stage` of {place} must be the name of a stage"
            )));
            "test".to_owned()
        }
    }
}

fn timeout(body: &Mapping, place: &str, faults: &mut Faults) -> Option<u64> {
    let found = body.get("timeout")?;
    let text = super::value::scalar(found).unwrap_or_default();
    let read = duration::seconds(&text);
    if read.is_none() {
        faults.add(
            Fault::new(format!("`timeout` of {place} is no duration: `{text}`"))
                .hint(duration::HINT),
        );
    }
    read
}

fn when(body: &Mapping, place: &str, faults: &mut Faults) -> When {
    match body
        .get("when")
        .map(|found| found.as_str().unwrap_or_default())
    {
        None | Some("on_success") => When::OnSuccess,
        Some("on_failure") => When::OnFailure,
        Some("always") => When::Always,
        Some("manual") => When::Manual,
        Some(other) => {
            faults.add(
                Fault::new(format!("`when` of {place} cannot be `{other}`"))
                    .hint("these work today: on_success, on_failure, always, manual"),
            );
            When::OnSuccess
        }
    }
}

fn allow_failure(body: &Mapping, when: When, place: &str, faults: &mut Faults) -> AllowFailure {
    let read = match body.get("allow_failure") {
        // A manual job does not hold up the pipeline unless it says so.
        None if when == When::Manual => Some(AllowFailure::Yes),
        None | Some(Value::Bool(false)) => Some(AllowFailure::No),
        Some(Value::Bool(true)) => Some(AllowFailure::Yes),
        Some(Value::Mapping(map)) => match map.get("exit_codes") {
            Some(Value::Sequence(codes)) => codes
                .iter()
                .map(Value::as_i64)
                .collect::<Option<Vec<_>>>()
                .map(AllowFailure::ExitCodes),
            Some(one) => one.as_i64().map(|code| AllowFailure::ExitCodes(vec![code])),
            None => None,
        },
        Some(_) => None,
    };
    read.unwrap_or_else(|| {
        faults.add(Fault::new(format!(
            "`allow_failure` of {place} must be true, false or hold `exit_codes`"
        )));
        AllowFailure::No
    })
}

fn needs(found: &Value, place: &str, faults: &mut Faults) -> Vec<Need> {
    let Value::Sequence(items) = found else {
        faults.add(Fault::new(format!(
            "`needs` of {place} must be a list of jobs"
        )));
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| faults.take(need(item, place)))
        .collect()
}

fn need(item: &Value, place: &str) -> Result<Need, Fault> {
    let wrong = || {
        Fault::new(format!(
            "each of `needs` of {place} must be a job, or hold a `job`"
        ))
    };
    match item {
        Value::String(job) => Ok(Need {
            job: job.clone(),
            artifacts: true,
            optional: false,
        }),
        Value::Mapping(map) => {
            let flag = |key: &str, default: bool| match map.get(key) {
                None => Ok(default),
                Some(Value::Bool(flag)) => Ok(*flag),
                Some(_) => Err(Fault::new(format!(
                    "`needs:{key}` of {place} must be true or false"
                ))),
            };
            let job = map
                .get("job")
                .and_then(Value::as_str)
                .ok_or_else(wrong)?
                .to_owned();
            Ok(Need {
                job,
                artifacts: flag("artifacts", true)?,
                optional: flag("optional", false)?,
            })
        }
        _ => Err(wrong()),
    }
}
