//! For whose jobs a rule of the operator's is: by project, side of protection and ref.

use super::pattern::fits;
use crate::job::{Facts, Protection, Reference};
use crate::settings::{GrantSettings, GrantedRefs, RoleSettings};

/// The part of a rule that says for whose jobs it is.
#[derive(Clone, Copy)]
pub(crate) struct Whose<'a> {
    projects: &'a [String],
    refs: GrantedRefs,
    branches: &'a [String],
    tags: &'a [String],
}

impl<'a> From<&'a GrantSettings> for Whose<'a> {
    fn from(rule: &'a GrantSettings) -> Self {
        Whose {
            projects: &rule.projects,
            refs: rule.refs,
            branches: &rule.branches,
            tags: &rule.tags,
        }
    }
}

impl<'a> From<&'a RoleSettings> for Whose<'a> {
    fn from(rule: &'a RoleSettings) -> Self {
        Whose {
            projects: &rule.projects,
            refs: rule.refs,
            branches: &rule.branches,
            tags: &rule.tags,
        }
    }
}

impl Whose<'_> {
    pub(crate) fn names(self, project: &str) -> bool {
        named(self.projects, project)
    }

    /// Whether it is for jobs of this ref.
    pub(crate) fn is_for_ref(self, facts: &Facts) -> bool {
        let side = match (self.refs, facts.protection) {
            (GrantedRefs::Any, Protection::Protected | Protection::Unprotected)
            | (GrantedRefs::Protected, Protection::Protected)
            | (GrantedRefs::Unprotected, Protection::Unprotected) => true,
            (GrantedRefs::Protected, Protection::Unprotected)
            | (GrantedRefs::Unprotected, Protection::Protected) => false,
        };
        let this_ref = match &facts.reference {
            Reference::Branch(name) => named(self.branches, name),
            Reference::Tag(name) => named(self.tags, name),
            Reference::Untyped(_) => false,
        };
        let every_ref = self.branches.is_empty() && self.tags.is_empty();
        side && (every_ref || this_ref)
    }

    pub(crate) fn is_for(self, facts: &Facts) -> bool {
        self.names(&facts.project) && self.is_for_ref(facts)
    }
}

/// Whether one of the patterns fits.
pub(crate) fn named(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, name))
}

/// Puts the job's facts into a pattern. They hold no character that a pattern takes for more than itself: GitLab allows
/// letters, digits, `_`, `-` and `.` in paths, and [`Facts::of`] refuses others.
pub(crate) fn fill(pattern: &str, facts: &Facts) -> String {
    let project = facts.project.to_lowercase();
    let (namespace, name) = project.rsplit_once('/').unwrap_or(("", &project));
    pattern
        .replace("{project}", &project)
        .replace("{namespace}", namespace)
        .replace("{name}", name)
        .replace("{project_id}", &facts.project_id.to_string())
}
