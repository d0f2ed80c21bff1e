//! Which rule is for which job, and what is told where none is.

use super::super::samples::{claims, facts};
use super::*;
use crate::job::{Protection, Reference};

fn rules(text: &str) -> Vec<RoleSettings> {
    #[derive(serde::Deserialize)]
    struct All {
        roles: Vec<RoleSettings>,
    }
    toml::from_str::<All>(text).unwrap().roles
}

const RULES: &str = r#"
    [[roles]]
    projects = ["shop/*"]
    environments = ["production"]
    members_of = ["shop/deployers"]
    [[roles]]
    projects = ["shop/*"]
    accounts = ["210987654321"]
    [[roles]]
    projects = ["shop/cart"]
    refs = "unprotected"
    [[roles]]
    projects = ["bank/*"]
"#;

fn number(facts: &Facts, claims: Result<&Claims, &Error>, account: &str) -> Result<Option<usize>> {
    let rules = rules(RULES);
    let asking = Asking {
        facts,
        claims,
        account,
        region: "eu-west-1",
    };
    choose(&rules, &asking).map(|chosen| match chosen {
        Chosen::HostsOwn => None,
        Chosen::Rule { number, .. } => Some(number),
    })
}

#[test]
fn the_first_rule_that_fits_decides() {
    let none = Error::refused("the job brings no ID token");
    let (main, token) = (facts(), claims());
    let mut topic = facts();
    topic.protection = Protection::Unprotected;
    topic.reference = Reference::Branch("topic".to_owned());
    let mut other = facts();
    other.project = "other/app".to_owned();
    let at = |facts, claims, account| number(facts, claims, account).unwrap();
    assert_eq!(at(&main, Ok(&token), "123456789012"), Some(1));
    assert_eq!(at(&main, Err(&none), "210987654321"), Some(2));
    assert_eq!(at(&topic, Err(&none), "123456789012"), Some(3));
    assert_eq!(at(&other, Err(&none), "123456789012"), None);
}

#[test]
fn a_project_without_a_rule_for_it_is_refused_with_what_each_wants() {
    let none = Error::refused("the job brings no ID token");
    let refused = number(&facts(), Err(&none), "123456789012").unwrap_err();
    assert_eq!(
        refused.message(),
        "no rule gives project `shop/cart`, branch `main` (protected), a role in account 123456789012"
    );
    assert_eq!(
        refused.causes(),
        [
            "rule 1 needs the job's ID token",
            "rule 2 is for other accounts: 210987654321",
            "rule 3 is for other refs than branch `main` (protected)",
            "rule 4 is for other projects",
            "the job brings no ID token"
        ]
    );
    let stranger = Claims {
        groups: vec!["shop".to_owned()],
        ..claims()
    };
    let refused = number(&facts(), Ok(&stranger), "123456789012").unwrap_err();
    assert_eq!(
        refused.causes()[0],
        "rule 1 is for direct members of shop/deployers, and `ada.l` is none"
    );
    let staging = Claims {
        environment: Some("staging".to_owned()),
        ..claims()
    };
    let refused = number(&facts(), Ok(&staging), "123456789012").unwrap_err();
    assert!(refused.causes()[0].ends_with("and the job has `staging`"));
}
