//! `[[roles]]`: which role the host takes for a job's calls to AWS; `[gitlab]`: whose ID tokens count as facts.
//!
//! A file that a developer can edit decides nothing here: rules hang on facts of the job and on claims of a verified token.
//! Read next: `auth::rule`, which picks the rule, and `auth::resolve`, which finds the role.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::GrantedRefs;
use super::aws::{Wrong, is_role_arn};

/// One rule; the first that fits a job decides.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct RoleSettings {
    pub(crate) projects: Vec<String>,
    pub(crate) refs: GrantedRefs,
    pub(crate) branches: Vec<String>,
    pub(crate) tags: Vec<String>,
    /// Patterns of GitLab environments, by a verified token; empty: any, and none.
    pub(crate) environments: Vec<String>,
    /// Paths of GitLab groups: who began the job has to be a direct member of one, by a verified token.
    pub(crate) members_of: Vec<String>,
    /// Twelve digits each; empty: all.
    pub(crate) accounts: Vec<String>,
    pub(crate) method: RoleMethod,
    pub(crate) role_arn: Option<String>,
    pub(crate) role_name: Option<String>,
    /// Of the mapping table, in order: the first that has a row decides.
    pub(crate) groups: Vec<String>,
    pub(crate) table: Option<String>,
    pub(crate) table_parameter: Option<String>,
    pub(crate) external_id: Option<String>,
    pub(crate) session_suffix: String,
    pub(crate) session_duration_secs: u32,
    pub(crate) session_tags: bool,
    pub(crate) source_identity: bool,
    pub(crate) narrow: bool,
}

/// How a rule finds its role.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RoleMethod {
    /// The rule names it.
    #[default]
    Explicit,
    /// The platform's table of groups and roles, revision of May 2023.
    MappingTable,
    /// A name made of account and environment, platform revision of September 2024.
    NamingConvention,
    /// The rule names it, and the job's own ID token is what AWS trusts: the host's credentials play no part.
    Oidc,
}

impl RoleMethod {
    pub(crate) fn name(self) -> &'static str {
        match self {
            RoleMethod::Explicit => "explicit",
            RoleMethod::MappingTable => "mapping-table",
            RoleMethod::NamingConvention => "naming-convention",
            RoleMethod::Oidc => "oidc",
        }
    }
}

/// Where the platform of May 2023 keeps the name of its table.
pub(crate) const TABLE_PARAMETER: &str = "/baws/SecurityMappingTable";

impl Default for RoleSettings {
    fn default() -> Self {
        RoleSettings {
            projects: Vec::new(),
            refs: GrantedRefs::Protected,
            branches: Vec::new(),
            tags: Vec::new(),
            environments: Vec::new(),
            members_of: Vec::new(),
            accounts: Vec::new(),
            method: RoleMethod::Explicit,
            role_arn: None,
            role_name: None,
            groups: Vec::new(),
            table: None,
            table_parameter: None,
            external_id: None,
            session_suffix: String::new(),
            session_duration_secs: 3600,
            session_tags: false,
            source_identity: false,
            narrow: true,
        }
    }
}

impl RoleSettings {
    /// Whether the rule needs what only a verified ID token says.
    pub(crate) fn needs_token(&self) -> bool {
        let by_name = self.texts().any(|text| text.contains("{environment}"));
        by_name
            || self.method == RoleMethod::Oidc
            || !self.environments.is_empty()
            || !self.members_of.is_empty()
    }

    fn texts(&self) -> impl Iterator<Item = &String> {
        let named = self.role_arn.iter().chain(&self.role_name);
        named.chain(&self.groups)
    }

    fn check(&self, gitlab: &GitlabSettings) -> Result<(), Wrong> {
        let wrong = |key, why: &str| Err((key, why.to_owned()));
        if self.projects.is_empty() {
            return wrong(
                "roles.projects",
                "must name at least one project in every rule, such as `[\"team/*\"]`",
            );
        }
        let is_account = |one: &String| one.len() == 12 && one.bytes().all(|c| c.is_ascii_digit());
        if !self.accounts.iter().all(is_account) {
            return wrong("roles.accounts", "must be accounts of twelve digits");
        }
        let by_arn = matches!(self.method, RoleMethod::Explicit | RoleMethod::Oidc);
        let of_method = [
            ("roles.role_arn", self.role_arn.is_some(), by_arn),
            (
                "roles.role_name",
                self.role_name.is_some(),
                self.method == RoleMethod::NamingConvention,
            ),
            (
                "roles.groups",
                !self.groups.is_empty(),
                self.method == RoleMethod::MappingTable,
            ),
        ];
        for (key, given, wanted) in of_method {
            let method = self.method.name();
            match (given, wanted) {
                (true, false) => {
                    return Err((key, format!("cannot stand in a rule of method `{method}`")));
                }
                (false, true) => {
                    return Err((key, format!("is needed in a rule of method `{method}`")));
                }
                (true, true) | (false, false) => {}
            }
        }
        if let Some(arn) = &self.role_arn
            && !arn.contains('{')
            && !is_role_arn(arn)
        {
            let why = "must be a role's ARN, such as `arn:aws:iam::{account}:role/deployer`";
            return wrong("roles.role_arn", why);
        }
        if self.method != RoleMethod::MappingTable
            && (self.table.is_some() || self.table_parameter.is_some())
        {
            let why = "cannot stand in a rule without method `mapping-table`";
            return wrong("roles.table", why);
        }
        if self.table.is_some() && self.table_parameter.is_some() {
            return wrong("roles.table_parameter", "cannot stand beside `roles.table`");
        }
        let by_host = self.external_id.is_some() || self.session_tags || self.source_identity;
        if self.method == RoleMethod::Oidc && by_host {
            let why = "`oidc` takes no external_id, session_tags or source_identity: AWS reads them from the token";
            return wrong("roles.method", why);
        }
        if !(900..=43_200).contains(&self.session_duration_secs) {
            return wrong("roles.session_duration_secs", "must be from 900 to 43200");
        }
        if self.session_suffix.len() > 40 {
            let why = "has more than the 40 characters that leave room for the job";
            return wrong("roles.session_suffix", why);
        }
        if self.needs_token() && gitlab.url.is_none() {
            let why = "is needed: a rule of `[[roles]]` rests on ID tokens";
            return wrong("gitlab.url", why);
        }
        Ok(())
    }
}

/// Whose ID tokens count.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct GitlabSettings {
    /// The issuer of tokens, such as `https://gitlab.example.com`.
    pub(crate) url: Option<String>,
    /// What `aud` of the job's token has to be; `None`: the url.
    pub(crate) audience: Option<String>,
    /// Where its keys are; `None`: `/oauth/discovery/keys` of the url.
    pub(crate) keys_url: Option<String>,
    /// Holds the token for the API, which no job ever sees.
    pub(crate) token_file: Option<PathBuf>,
    /// The secret of Secrets Manager that holds it: plain, or as `apiToken` of the platform's JSON.
    pub(crate) token_secret: Option<String>,
    /// The project that holds the pipeline templates.
    pub(crate) templates: Option<String>,
}

pub(super) fn check(rules: &[RoleSettings], gitlab: &GitlabSettings) -> Result<(), Wrong> {
    let wrong = |key, why: &str| Err((key, why.to_owned()));
    match gitlab.url.as_deref() {
        Some(url) if !url.starts_with("https://") => {
            return wrong(
                "gitlab.url",
                "must begin with `https://`, as in `iss` of its ID tokens",
            );
        }
        None if gitlab.audience.is_some() || gitlab.keys_url.is_some() => {
            return wrong("gitlab.url", "is needed beside `audience` and `keys_url`");
        }
        Some(_) | None => {}
    }
    rules.iter().try_for_each(|rule| rule.check(gitlab))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Settings;

    #[test]
    fn a_rule_that_could_not_be_followed_is_refused_at_the_start() {
        const GITLAB: &str = "[gitlab]\nurl = \"https://gitlab.example\"\n";
        for (gitlab, rule, key) in [
            (
                "",
                "role_arn = \"arn:aws:iam::123456789012:role/x\"",
                "roles.projects",
            ),
            ("", "projects = [\"a\"]", "roles.role_arn"),
            ("", "projects = [\"a\"]\nrole_arn = \"x\"", "roles.role_arn"),
            (
                "",
                "projects = [\"a\"]\nmethod = \"mapping-table\"",
                "roles.groups",
            ),
            (
                "",
                "projects = [\"a\"]\nmethod = \"naming-convention\"\nrole_name = \"x\"\ntable = \"t\"",
                "roles.table",
            ),
            (
                "",
                "projects = [\"a\"]\nmethod = \"naming-convention\"\nrole_name = \"{environment}\"",
                "gitlab.url",
            ),
            (
                GITLAB,
                "projects = [\"a\"]\nmethod = \"oidc\"\nrole_arn = \"{account}\"\nsession_tags = true",
                "roles.method",
            ),
            (
                GITLAB,
                "projects = [\"a\"]\nrole_arn = \"{account}\"\nsession_duration_secs = 60",
                "roles.session_duration_secs",
            ),
            (
                GITLAB,
                "projects = [\"a\"]\nrole_arn = \"{account}\"\naccounts = [\"1\"]",
                "roles.accounts",
            ),
        ] {
            let text = format!("{gitlab}[[roles]]\n{rule}\n");
            let told = Settings::parse(&text, Path::new("c"))
                .unwrap_err()
                .to_string();
            assert!(
                told.contains(&format!("are wrong: `{key}`")),
                "{rule}: {told}"
            );
        }
        let http = Settings::parse("[gitlab]\nurl = \"http://x\"\n", Path::new("c")).unwrap_err();
        assert!(http.to_string().contains("`gitlab.url`"));
    }
}
