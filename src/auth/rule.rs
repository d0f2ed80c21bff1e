//! Which rule of `[[roles]]` is for a job: the first that fits. Pure.

use crate::error::{Cause, Error, Result};
use crate::job::Facts;
use crate::policy::{Whose, named};
use crate::settings::RoleSettings;

use super::Claims;

/// Who asks, and for work where.
#[derive(Clone, Copy)]
pub(crate) struct Asking<'a> {
    pub(crate) facts: &'a Facts,
    /// Of a verified token, or why there are none.
    pub(crate) claims: Result<&'a Claims, &'a Error>,
    /// Twelve digits.
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
}

/// What the rules say.
#[derive(Debug)]
pub(crate) enum Chosen<'r> {
    /// No rule names the project: the host acts as itself.
    HostsOwn,
    Rule {
        /// From 1, as they stand in the settings.
        number: usize,
        rule: &'r RoleSettings,
        /// One sentence for each rule before it.
        passed_over: Vec<String>,
    },
}

/// # Errors
/// `Refused` where rules name the project and none is for this job here, with what each rule wants.
pub(crate) fn choose<'r>(rules: &'r [RoleSettings], asking: &Asking<'_>) -> Result<Chosen<'r>> {
    let facts = asking.facts;
    let is_named = |rule: &RoleSettings| Whose::from(rule).names(&facts.project);
    if !rules.iter().any(is_named) {
        return Ok(Chosen::HostsOwn);
    }
    let mut passed_over = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let number = index + 1;
        match hindrance(rule, asking) {
            None => {
                return Ok(Chosen::Rule {
                    number,
                    rule,
                    passed_over,
                });
            }
            Some(why) => passed_over.push(format!("rule {number} {why}")),
        }
    }
    let error = Error::refused(format!(
        "no rule gives project `{}`, {} ({}), a role in account {}",
        facts.project, facts.reference, facts.protection, asking.account
    ));
    let error = passed_over
        .iter()
        .fold(error, |error, why| error.caused_by(Cause::line(why)));
    let error = match asking.claims {
        Err(why)
            if rules
                .iter()
                .any(|rule| is_named(rule) && rule.needs_token()) =>
        {
            let causes =
                std::iter::once(why.message()).chain(why.causes().iter().map(String::as_str));
            let error = causes.fold(error, |error, cause| error.caused_by(Cause::line(cause)));
            why.hints()
                .iter()
                .fold(error, |error, hint| error.hint(hint))
        }
        Ok(_) | Err(_) => error,
    };
    Err(error.hint("the operator of the runner changes a rule of `[[roles]]` in its settings (/etc/baws-ci/config.toml), or adds one"))
}

/// Why the rule is not for this job here.
fn hindrance(rule: &RoleSettings, asking: &Asking<'_>) -> Option<String> {
    let facts = asking.facts;
    let whose = Whose::from(rule);
    if !whose.names(&facts.project) {
        return Some("is for other projects".to_owned());
    }
    if !whose.is_for_ref(facts) {
        return Some(format!(
            "is for other refs than {} ({})",
            facts.reference, facts.protection
        ));
    }
    if !rule.accounts.is_empty() && !rule.accounts.iter().any(|one| one == asking.account) {
        return Some(format!(
            "is for other accounts: {}",
            rule.accounts.join(", ")
        ));
    }
    if !rule.needs_token() {
        return None;
    }
    let Ok(claims) = asking.claims else {
        return Some("needs the job's ID token".to_owned());
    };
    let environment = claims.environment.as_deref();
    if !rule.environments.is_empty()
        && !environment.is_some_and(|name| named(&rule.environments, name))
    {
        return Some(format!(
            "is for the environments {}, and the job has {}",
            rule.environments.join(", "),
            environment.map_or("none".to_owned(), |name| format!(
                "`{}`",
                name.escape_debug()
            ))
        ));
    }
    if !rule.members_of.is_empty()
        && !claims
            .groups
            .iter()
            .any(|one| rule.members_of.contains(one))
    {
        return Some(format!(
            "is for direct members of {}, and `{}` is none",
            rule.members_of.join(", "),
            claims.user_login.escape_debug()
        ));
    }
    None
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
