//! Which services one job may deploy, and whether it may run commands of its own in their place.
//!
//! Pure, as `grants` is. A service is named by its ARN, or by `local/NAME` for a container on the runner's own engine.

use super::grants::{Grant, GrantedRole, Right, Scope, find, listed};
use super::missing_rule::rule_for;
use crate::error::{Cause, Error, Result};

impl Grant {
    /// The role for this service; `None`: the executor's own identity.
    ///
    /// # Errors
    /// `Refused`, with the rule that is missing.
    pub(crate) fn deploy(&self, service: &str) -> Result<Option<GrantedRole>> {
        self.service(&self.deploy, service, "deploy", "deploy", "may deploy")
    }

    /// As [`Grant::deploy`], for one-off tasks with another command or other variables than the service's own.
    ///
    /// # Errors
    /// `Refused`, with the rule that is missing.
    pub(crate) fn command(&self, service: &str) -> Result<Option<GrantedRole>> {
        self.deploy(service)?;
        self.service(
            &self.commands,
            service,
            "run commands of its own as",
            "commands",
            "may run commands as",
        )
    }

    /// Whether the job may have keys of this role, by its ARN.
    ///
    /// # Errors
    /// `Refused`, with the rule that is missing.
    pub(crate) fn credentials(&self, role_arn: &str) -> Result<()> {
        let what = "have keys of the role";
        self.service(
            &self.credentials,
            role_arn,
            what,
            "credentials",
            "may have keys of",
        )?;
        Ok(())
    }

    fn service(
        &self,
        rights: &[Right],
        service: &str,
        what: &str,
        key: &str,
        may: &str,
    ) -> Result<Option<GrantedRole>> {
        let Scope::Job(facts) = &self.scope else {
            return Ok(None);
        };
        if let Some(right) = find(rights, service) {
            return Ok(right.role.clone());
        }
        Err(Error::refused(format!("this job may not {what} `{service}`"))
            .caused_by(Cause::line(format!(
                "project `{}`, {} ({}), {may}: {}",
                facts.project,
                facts.reference,
                facts.protection,
                listed(rights)
            )))
            .hint(format!(
                "{}the operator of the runner adds a rule to its settings (/etc/baws-ci/config.toml):\n{}",
                match rights.is_empty() {
                    true => "",
                    false => "name one of those, or ",
                },
                rule_for(facts, &format!("{key} = [\"{service}\"]"))
            )))
    }
}

#[cfg(test)]
mod tests {
    use super::super::grants::Asked;
    use super::*;
    use crate::job::{Facts, Protection, Reference};
    use crate::settings::GrantSettings;

    const CART: &str = "arn:aws:ecs:eu-west-1:123456789012:service/lower/cart";

    fn facts() -> Facts {
        Facts {
            project: "shop/Cart".to_owned(),
            project_id: 7,
            job_id: 1,
            user_id: None,
            reference: Reference::Branch("main".to_owned()),
            protection: Protection::Protected,
            side_key: "0123456789abcdef".to_owned(),
        }
    }

    fn grant(text: &str) -> Result<Grant> {
        #[derive(serde::Deserialize)]
        struct All {
            grants: Vec<GrantSettings>,
        }
        let rules = toml::from_str::<All>(text).unwrap().grants;
        Grant::of_job(&facts(), &rules, Asked::Services)
    }

    const USUAL: &str = r#"
        [[grants]]
        projects = ["shop/*"]
        deploy = ["arn:aws:ecs:eu-west-1:123456789012:service/lower/{name}"]
        [[grants]]
        projects = ["shop/till"]
        deploy = ["arn:aws:ecs:eu-west-1:123456789012:service/upper/{name}"]
        commands = ["arn:aws:ecs:eu-west-1:123456789012:service/upper/{name}"]
        role_arn = "arn:aws:iam::123456789012:role/production"
    "#;

    #[test]
    fn a_job_deploys_its_own_service_and_no_other() {
        let grant = grant(USUAL).unwrap();
        assert_eq!(grant.deploy(CART).unwrap(), None);
        for other in [
            "arn:aws:ecs:eu-west-1:123456789012:service/lower/other",
            "arn:aws:ecs:eu-west-1:123456789012:service/upper/cart",
            "arn:aws:ecs:us-east-1:123456789012:service/lower/cart",
            "local/cart",
        ] {
            assert!(grant.deploy(other).is_err(), "{other}");
        }
        let refusal = grant.command(CART).unwrap_err();
        assert_eq!(
            refusal.message(),
            format!("this job may not run commands of its own as `{CART}`")
        );
        assert!(refusal.hints()[0].ends_with(&format!("commands = [\"{CART}\"]")));
    }

    #[test]
    fn without_any_rule_the_refusal_names_the_one_to_add() {
        let refusal = grant("grants = []").unwrap_err();
        assert_eq!(
            refusal.message(),
            "this job may not deploy or look at services on this runner"
        );
        assert!(refusal.hints()[0].contains("deploy = ["));
    }

    #[test]
    fn everything_is_the_callers_own() {
        assert_eq!(Grant::of_caller().deploy("local/x").unwrap(), None);
        assert_eq!(Grant::of_callers_job(&facts()).command(CART).unwrap(), None);
    }
}
