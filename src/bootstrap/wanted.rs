//! What a repository is to be, with everything decided that can be decided without GitLab.

use serde_json::{Map, Value};

use super::catalog::{Component, Resource, Revision};
use super::properties::Properties;
use crate::gitlab::{Badge, Level, Settings, TokenScope, Variable};
use crate::job::Secret;

#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// Full path of the group.
    pub(crate) group: String,
    /// Of the project and of the application.
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) default_branch: String,
    pub(crate) templates: Templates,
    /// Of the template.
    pub(crate) inputs: Map<String, Value>,
    /// Those that a project can be made with, and those that only a project that is there takes.
    pub(crate) settings: Settings,
    /// Settings that nobody spoke of: a new project gets them, one that is there keeps its own.
    pub(crate) unsaid: Vec<&'static str>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) environments: Vec<WantedEnvironment>,
    pub(crate) branch_levels: (Level, Level),
    pub(crate) protected_tags: Vec<String>,
    /// Full paths of projects whose job tokens are good here.
    pub(crate) allowed_projects: Vec<String>,
    pub(crate) access_token: Option<WantedToken>,
    pub(crate) runners: Vec<u64>,
    pub(crate) hooks: Vec<WantedHook>,
    pub(crate) badges: Vec<Badge>,
    pub(crate) component: Component,
    /// A database or a file system of its own, which the older revision keeps in a file of its own.
    pub(crate) resource: Option<Resource>,
    pub(crate) revision: Revision,
    pub(crate) providers: Vec<Properties>,
    /// Backstage's address, where the catalog entry is made known.
    pub(crate) register: Option<Register>,
}

impl Wanted {
    pub(crate) fn path(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }
}

/// Where the pipeline comes from.
#[derive(Clone, Debug)]
pub(crate) struct Templates {
    pub(crate) project: String,
    pub(crate) component: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct WantedEnvironment {
    pub(crate) name: String,
    pub(crate) tier: String,
    pub(crate) url: Option<String>,
    /// Only Maintainers deploy to it, where this GitLab can say so.
    pub(crate) protected: bool,
}

/// The token that people and the portal use for this one project.
#[derive(Clone, Debug)]
pub(crate) struct WantedToken {
    pub(crate) name: String,
    pub(crate) scopes: Vec<TokenScope>,
    pub(crate) level: Level,
    pub(crate) days: u16,
    /// Where its value goes.
    pub(crate) secret: String,
    pub(crate) region: String,
}

#[derive(Clone, Debug)]
pub(crate) struct WantedHook {
    pub(crate) url: String,
    pub(crate) token: Option<Secret>,
}

#[derive(Clone, Debug)]
pub(crate) struct Register {
    pub(crate) url: String,
    pub(crate) token: Secret,
}
