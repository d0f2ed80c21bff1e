//! One job: its own keywords over those of `default:` and of the top level.
//!
//! A keyword of the job replaces the default as a whole, as in GitLab: nothing is merged. Read next: `job/defaults` (what is
//! inherited), `job/ends` (how a job may end).

mod defaults;
mod ends;
mod script;

use crate::job::{ArtifactSpec, ImageSpec, Variable};
use crate::yaml::{Key, Map, Node, Place};

use super::cache::Cache;
use super::environment::{Environment, Trigger};
use super::fault::{Fault, Faults, Rule as Kind};
use super::needs::Need;
use super::only::Policy;
use super::parallel::Instance;
use super::rules::{self, Rule};
use super::value::{flag, given, list, must, seconds, text};
use super::{artifacts, cache, environment, image, needs, only, parallel, variables};
use script::{beyond, lines, script_of};

pub(super) use defaults::{Defaults, Inherit, KEYWORDS as DEFAULT_KEYWORDS};
pub(crate) use ends::{AllowFailure, Retry, When};

/// Longest name, characters. Source: GitLab, `lib/gitlab/ci/config/entry/processable.rb`.
const LONGEST_NAME: usize = 255;

#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) name: String,
    /// The name in the file, where `parallel` made several of it.
    pub(crate) group: Option<String>,
    pub(crate) instance: Option<Instance>,
    pub(crate) at: Place,
    pub(crate) stage: String,
    pub(crate) stage_at: Place,
    pub(crate) image: Option<ImageSpec>,
    pub(crate) services: Vec<ImageSpec>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) inherits_variables: Inherit,
    /// `before_script` and `script`: GitLab hands them over as one.
    pub(crate) script: Vec<String>,
    pub(crate) after_script: Vec<String>,
    pub(crate) pre_get_sources: Vec<String>,
    /// `None`: everything in earlier stages.
    pub(crate) needs: Option<Vec<Need>>,
    /// `None`: the artifacts of everything that is needed.
    pub(crate) dependencies: Option<Vec<String>>,
    pub(crate) dependencies_at: Place,
    pub(crate) artifacts: Vec<ArtifactSpec>,
    pub(crate) caches: Vec<Cache>,
    pub(crate) timeout_secs: Option<u64>,
    pub(crate) allow_failure: AllowFailure,
    pub(crate) when: When,
    pub(crate) start_in_secs: Option<u64>,
    /// `None`: it has none, and `only` and `except` count.
    pub(crate) rules: Option<Vec<Rule>>,
    pub(crate) only: Option<Policy>,
    pub(crate) except: Option<Policy>,
    pub(crate) environment: Option<Environment>,
    pub(crate) retry: Retry,
    pub(crate) trigger: Option<Trigger>,
    /// What only GitLab can give: `id_tokens`, `secrets`, artifacts of other pipelines, a release.
    pub(crate) beyond: Vec<&'static str>,
}

impl Job {
    /// The jobs that stand under one name: several with `parallel`, none where what stands there is broken.
    pub(super) fn read(
        key: &Key,
        body: &Map,
        defaults: &Defaults,
        faults: &mut Faults,
    ) -> Vec<Self> {
        let name = &*key.text;
        let of = format!("`{name}`");
        if name.chars().count() > LONGEST_NAME {
            let text = format!("the name of a job is longer than {LONGEST_NAME} characters");
            faults.add(Fault::new(Kind::Limit, key.at, text));
        }
        let inherit = Inherit::of(body, "default", &of, faults);
        let body = &defaults.under(body, &inherit);
        let Some(own) = script_of(key, body, &of, faults) else {
            return Vec::new();
        };
        let when = ends::when(body, &of, faults);
        let job = Job {
            name: name.to_owned(),
            group: None,
            instance: None,
            at: key.at,
            stage: text(body, "stage", &of, faults).unwrap_or_else(|| "test".to_owned()),
            stage_at: body.get("stage").map_or(key.at, |node| node.at),
            image: given(body, "image").and_then(|found| image::read(found, "image", &of, faults)),
            services: given(body, "services")
                .map(|found| image::read_services(found, &of, faults))
                .unwrap_or_default(),
            variables: given(body, "variables")
                .map(|found| variables::read(found, &of, faults))
                .unwrap_or_default(),
            inherits_variables: Inherit::of(body, "variables", &of, faults),
            script: own,
            after_script: lines(body, "after_script", &of, faults).unwrap_or_default(),
            pre_get_sources: given(body, "hooks")
                .and_then(Node::as_map)
                .and_then(|hooks| lines(hooks, "pre_get_sources_script", &of, faults))
                .unwrap_or_default(),
            needs: given(body, "needs").map(|found| needs::read(found, &of, faults)),
            dependencies: list(body, "dependencies", &of, faults),
            dependencies_at: body.get("dependencies").map_or(key.at, |node| node.at),
            artifacts: given(body, "artifacts")
                .map(|found| artifacts::read(found, &of, faults))
                .unwrap_or_default(),
            caches: body
                .entry("cache")
                .map(|(key, found)| cache::read(key, found, &of, faults))
                .unwrap_or_default(),
            timeout_secs: seconds(body, "timeout", &of, faults),
            allow_failure: ends::allow_failure(body, when, &of, faults),
            when,
            start_in_secs: seconds(body, "start_in", &of, faults),
            rules: given(body, "rules")
                .map(|found| rules::read(found, &of, rules::Of::Job, faults)),
            only: given(body, "only").and_then(|found| only::read(found, "only", &of, faults)),
            except: given(body, "except")
                .and_then(|found| only::read(found, "except", &of, faults)),
            environment: body
                .entry("environment")
                .and_then(|(key, found)| environment::read(key, found, &of, faults)),
            retry: ends::retry(body, &of, faults),
            trigger: given(body, "trigger")
                .and_then(|found| environment::trigger(found, &of, faults)),
            beyond: beyond(body),
        };
        job.together(body, &of, faults);
        let instances = given(body, "parallel")
            .map(|found| parallel::read(found, &of, faults))
            .unwrap_or_default();
        if instances.is_empty() {
            return vec![job];
        }
        instances
            .into_iter()
            .map(|instance| job.instance(instance))
            .collect()
    }

    /// One of several: with a name and variables of its own.
    fn instance(&self, instance: Instance) -> Self {
        let mut job = self.clone();
        job.name = instance.name(&self.name);
        job.group = Some(self.name.clone());
        for (key, value) in &instance.variables {
            job.variables.retain(|known| known.key != *key);
            job.variables.push(Variable {
                key: key.clone(),
                value: value.clone(),
                public: true,
                ..Variable::default()
            });
        }
        let of_rules = job
            .rules
            .iter_mut()
            .flatten()
            .flat_map(|rule| &mut rule.needs);
        for need in job.needs.iter_mut().chain(of_rules).flatten() {
            need.settle(&instance.variables);
        }
        job.instance = Some(instance);
        job
    }

    /// The name in the file.
    pub(crate) fn written_name(&self) -> &str {
        self.group.as_deref().unwrap_or(&self.name)
    }

    /// What must not, or must, stand together. Source: GitLab, `lib/gitlab/ci/config/entry/{job,processable,bridge}.rb`.
    fn together(&self, body: &Map, of: &str, faults: &mut Faults) {
        if self.rules.is_some() {
            for keyword in ["only", "except"] {
                if let Some((key, _)) = body.entry(keyword) {
                    let text =
                        format!("{of} has `rules` and `{keyword}`: GitLab takes one of them");
                    faults.add(
                        Fault::new(Kind::Rules, key.at, text).hint("write all of it as `rules`"),
                    );
                }
            }
        }
        let delayed = self.when == When::Delayed;
        if delayed && self.start_in_secs.is_none() && !body.contains("start_in") {
            faults.add(Fault::new(
                Kind::Value,
                body.get("when").map_or(self.at, |node| node.at),
                format!("{of} has `when: delayed` and no `start_in`"),
            ));
        }
        if let Some((key, _)) = body
            .entry("start_in")
            .filter(|(_, node)| !node.is_null() && !delayed)
        {
            faults.add(Fault::new(
                Kind::Value,
                key.at,
                format!("{of} has `start_in` without `when: delayed`"),
            ));
        }
        if let Some(pages) = body.get("environment")
            && self
                .environment
                .as_ref()
                .is_some_and(|one| one.action == "stop" && one.on_stop.is_some())
        {
            faults.add(Fault::new(
                Kind::Environment,
                pages.at,
                format!("{of} stops an environment and has `on_stop`"),
            ));
        }
        flag(body, "interruptible", of, faults);
        text(body, "coverage", of, faults);
        text(body, "resource_group", of, faults);
        list(body, "tags", of, faults);
    }
}

/// The name of what is neither a keyword nor a job.
pub(super) fn not_a_job(key: &Key, node: &Node, keywords: &[&'static str]) -> Fault {
    match node.is_null() {
        true => Fault::new(
            Kind::Empty,
            key.at,
            format!("the job `{}` has no `script`", key.text),
        ),
        false => {
            let mut fault = must(
                node,
                &key.text,
                "the top level",
                "a job with a `script`, or a keyword",
            );
            fault.rule = Kind::Keyword;
            fault.at = key.at;
            fault.text = format!(
                "`{}` is neither a keyword nor a job with a `script`",
                key.text
            );
            fault.near(&key.text, keywords.iter().copied())
        }
    }
}
