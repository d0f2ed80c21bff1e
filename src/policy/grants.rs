//! What one job may ask of the host: which repositories it may push to and make, what its builds may start from, and
//! which services it may deploy (`service_grants`).
//!
//! Pure: facts that the job cannot forge and the operator's `[[grants]]` in, a [`Grant`] or a refusal out. Nothing is
//! granted by default. A refusal says which rule is missing, as TOML, and who can add it (exit 15).

use super::missing_rule::{nothing_granted, rule_for, suggestion};
use super::pattern::fits;
use super::whose::{Whose, fill};
use crate::error::{Cause, Error, Result};
use crate::image_ref::ImageRef;
use crate::job::{Facts, Protection};
use crate::settings::{GrantSettings, GrantedRefs};

/// What the rules that fit a job add up to.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    pub(super) scope: Scope,
    push: Vec<Right>,
    create: Vec<Right>,
    bases: Vec<Right>,
    /// Patterns of services.
    pub(super) deploy: Vec<Right>,
    pub(super) commands: Vec<Right>,
    /// Patterns of roles whose keys the job may have.
    pub(super) credentials: Vec<Right>,
    /// Where jobs of unprotected refs may push, of whatever project: nothing read from there decides a protected build.
    unprotected: Vec<String>,
}

/// What a job asks for; only to say what is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Images,
    Services,
    Keys,
}

/// For whom a grant is.
#[derive(Clone, Debug)]
pub(super) enum Scope {
    Job(Facts),
    /// The caller's own machine and rights: everything is theirs to do.
    Caller,
}

/// One pattern, and the role for it.
#[derive(Clone, Debug)]
pub(super) struct Right {
    pattern: String,
    pub(super) role: Option<GrantedRole>,
}

/// A project on one side of protection: the same on every host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    /// Full path.
    pub(crate) project: String,
    pub(crate) project_id: u64,
    pub(crate) is_protected: bool,
}

/// A role that the executor assumes in a job's stead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GrantedRole {
    pub(crate) role_arn: String,
    pub(crate) external_id: Option<String>,
}

/// How a build may come by an image it starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BaseRight {
    /// The operator names it, or everything is the caller's: what is on this host will do.
    Named(Option<GrantedRole>),
    /// Docker Hub: what is on this host will do, as nobody's login is asked for it.
    Public,
    /// Some registry: it is asked each time, with no other login than the job's own.
    AskRegistry,
}

impl BaseRight {
    /// The role to read with, where a rule names one.
    pub(crate) fn role(self) -> Option<GrantedRole> {
        match self {
            BaseRight::Named(role) => role,
            BaseRight::Public | BaseRight::AskRegistry => None,
        }
    }
}

impl Grant {
    /// Outside a job: the caller's machine, the caller's credentials.
    pub(crate) fn of_caller() -> Self {
        Grant {
            scope: Scope::Caller,
            push: Vec::new(),
            create: Vec::new(),
            bases: Vec::new(),
            deploy: Vec::new(),
            commands: Vec::new(),
            credentials: Vec::new(),
            unprotected: Vec::new(),
        }
    }

    /// For a job that the caller runs on their own machine: all is theirs to push and to make.
    pub(crate) fn of_callers_job(facts: &Facts) -> Self {
        let all = || {
            vec![Right {
                pattern: "**".to_owned(),
                role: None,
            }]
        };
        Grant {
            scope: Scope::Job(facts.clone()),
            push: all(),
            create: all(),
            bases: all(),
            deploy: all(),
            commands: all(),
            credentials: all(),
            unprotected: Vec::new(),
        }
    }

    /// # Errors
    /// `Refused` where no rule fits the job at all.
    pub(crate) fn of_job(facts: &Facts, rules: &[GrantSettings], asked: Asked) -> Result<Self> {
        let fitting: Vec<&GrantSettings> = rules
            .iter()
            .filter(|rule| Whose::from(*rule).is_for(facts))
            .collect();
        if fitting.is_empty() {
            return Err(nothing_granted(facts, rules, asked));
        }
        let rights = |list: fn(&GrantSettings) -> &[String]| {
            let of_rule = |rule: &&GrantSettings| {
                let role = rule.role_arn.clone().map(|role_arn| GrantedRole {
                    role_arn,
                    external_id: rule.external_id.clone(),
                });
                let patterns = list(rule).iter().map(|text| fill(text, facts));
                let right = |pattern| Right {
                    pattern,
                    role: role.clone(),
                };
                patterns.map(right).collect::<Vec<_>>()
            };
            fitting.iter().flat_map(of_rule).collect::<Vec<_>>()
        };
        let unprotected = rules
            .iter()
            .filter(|rule| rule.refs != GrantedRefs::Protected)
            .flat_map(|rule| rule.push.iter().map(|text| anybodys(text)));
        Ok(Grant {
            scope: Scope::Job(facts.clone()),
            push: rights(|rule| &rule.push),
            create: rights(|rule| &rule.create),
            bases: rights(|rule| &rule.bases),
            deploy: rights(|rule| &rule.deploy),
            commands: rights(|rule| &rule.commands),
            credentials: rights(|rule| &rule.credentials),
            unprotected: unprotected.collect(),
        })
    }

    /// The role for a push to this repository; `None`: the executor's own identity.
    ///
    /// # Errors
    /// `Refused`, with the rule that is missing.
    pub(crate) fn push(&self, target: &ImageRef) -> Result<Option<GrantedRole>> {
        let Scope::Job(facts) = &self.scope else {
            return Ok(None);
        };
        match find(&self.push, target.name()) {
            Some(right) => Ok(right.role.clone()),
            None => Err(Error::refused(format!("this job may not push to `{}`", target.name()))
                .caused_by(Cause::line(format!(
                    "project `{}`, {} ({}), may push to: {}",
                    facts.project,
                    facts.reference,
                    facts.protection,
                    listed(&self.push)
                )))
                .hint(format!(
                    "push to one of those, or the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):\n{}",
                    rule_for(facts, &format!("push = [\"{}\"]", suggestion(target, facts)))
                ))),
        }
    }

    /// Whether a missing repository may be made for this push.
    pub(crate) fn may_create(&self, target: &ImageRef) -> bool {
        match &self.scope {
            Scope::Caller => false,
            Scope::Job(_) => find(&self.create, target.name()).is_some(),
        }
    }

    /// What an image that a build starts from, or a promotion reads, may be.
    ///
    /// # Errors
    /// `Refused` for repositories of ECR that no rule names, and for names that only this host knows.
    pub(crate) fn base(&self, image: &ImageRef) -> Result<BaseRight> {
        let Scope::Job(facts) = &self.scope else {
            return Ok(BaseRight::Named(None));
        };
        let name = image.canonical();
        let named = find(&self.bases, image.name())
            .or_else(|| find(&self.bases, name.name()))
            .or_else(|| find(&self.push, image.name()));
        if let Some(right) = named {
            return Ok(BaseRight::Named(right.role.clone()));
        }
        match image.registry() {
            None | Some("docker.io" | "index.docker.io") => Ok(BaseRight::Public),
            Some(host) if host.parse::<crate::ecr_host::EcrHost>().is_ok() => {
                Err(Error::refused(format!("this job may not read the image `{image}`"))
                    .caused_by(Cause::line(format!(
                        "project `{}`, {} ({}), may read of ECR: {}",
                        facts.project,
                        facts.reference,
                        facts.protection,
                        listed(&self.bases)
                    )))
                    .hint(format!(
                        "the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):\n{}",
                        rule_for(facts, &format!("bases = [\"{}\"]", image.name()))
                    )))
            }
            Some(_) => Ok(BaseRight::AskRegistry),
        }
    }

    /// Whether this is a job of a protected ref.
    pub(crate) fn is_protected(&self) -> bool {
        match &self.scope {
            Scope::Caller => false,
            Scope::Job(facts) => facts.protection == Protection::Protected,
        }
    }

    /// The project, on its side of protection; `None`: this is no job.
    pub(crate) fn side(&self) -> Option<Side> {
        match &self.scope {
            Scope::Caller => None,
            Scope::Job(facts) => Some(Side {
                project: facts.project.clone(),
                project_id: facts.project_id,
                is_protected: facts.protection == Protection::Protected,
            }),
        }
    }

    /// Whether jobs of unprotected refs may write to this repository.
    pub(crate) fn is_open_to_unprotected(&self, image: &ImageRef) -> bool {
        self.unprotected
            .iter()
            .any(|pattern| fits(pattern, image.name()))
    }
}

pub(super) fn find<'a>(rights: &'a [Right], name: &str) -> Option<&'a Right> {
    rights.iter().find(|right| fits(&right.pattern, name))
}

/// The pattern for every project it may be filled for.
fn anybodys(pattern: &str) -> String {
    ["{project}", "{namespace}", "{name}", "{project_id}"]
        .iter()
        .fold(pattern.to_owned(), |text, word| text.replace(word, "**"))
}

pub(super) fn listed(rights: &[Right]) -> String {
    match rights {
        [] => "nothing".to_owned(),
        some => some
            .iter()
            .map(|right| format!("`{}`", right.pattern))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

#[cfg(test)]
#[path = "grants_tests.rs"]
mod tests;
