//! `[[grants]]`: what jobs may ask of the host beyond running their own code, and `[executor.requests]`: how much of it.
//!
//! Nothing is granted by default. Read next: `policy::grants`, which works out what one job may do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One rule; what several rules give a job adds up.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct GrantSettings {
    /// Patterns of project paths, such as `team/*`. Required: an empty list grants nothing to nobody.
    pub(crate) projects: Vec<String>,
    pub(crate) refs: GrantedRefs,
    /// Patterns of branch names; with `tags` also empty: every ref of `refs`.
    pub(crate) branches: Vec<String>,
    /// Patterns of git tags.
    pub(crate) tags: Vec<String>,
    /// Patterns of repositories, with `{project}`, `{namespace}`, `{name}` and `{project_id}`.
    pub(crate) push: Vec<String>,
    /// Those that may be made when they are missing.
    pub(crate) create: Vec<String>,
    /// Patterns of images that a build may start from, beyond what everybody may pull.
    pub(crate) bases: Vec<String>,
    /// Patterns of services that may be deployed, restarted, started, stopped, rolled back and looked at.
    pub(crate) deploy: Vec<String>,
    /// Those whose one-off tasks may run another command than their image's own.
    pub(crate) commands: Vec<String>,
    /// Patterns of role ARNs whose keys the job itself may have, where a rule of `[[roles]]` leads to them.
    pub(crate) credentials: Vec<String>,
    /// Assumed for the registries and services of this rule; `None`: that of `[aws]`.
    pub(crate) role_arn: Option<String>,
    pub(crate) external_id: Option<String>,
}

/// Which side of protection a rule is for.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GrantedRefs {
    /// Refs that GitLab says are protected.
    #[default]
    Protected,
    /// Only those that are not.
    Unprotected,
    Any,
}

/// Limits of what one job asks for over the job socket.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct RequestSettings {
    /// At one time, of one job.
    pub(crate) parallel: u32,
    pub(crate) timeout_secs: u64,
    /// A size such as `8g`.
    pub(crate) max_context: String,
    pub(crate) max_context_entries: u64,
    /// A size; below it no build begins.
    pub(crate) min_free_disk: String,
    /// Given to every build of a job: the one way in which it gets a proxy.
    pub(crate) build_args: BTreeMap<String, String>,
}

impl Default for RequestSettings {
    fn default() -> Self {
        RequestSettings {
            parallel: 4,
            timeout_secs: 3600,
            max_context: "8g".to_owned(),
            max_context_entries: 1_000_000,
            min_free_disk: "1g".to_owned(),
            build_args: BTreeMap::new(),
        }
    }
}
