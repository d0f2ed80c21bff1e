//! Names that AWS's audit log shows for a job: session, source identity, tags. Every character that AWS does not take is
//! replaced.

use crate::job::{Facts, Reference};

use super::Claims;

/// Source: STS `AssumeRole`, `RoleSessionName` and `SourceIdentity`: `[\w+=,.@-]*`, 2 to 64 characters.
const MOST: usize = 64;
/// Source: STS `Tag`: 256 characters of letters, digits, spaces and `_.:/=+-@`.
const MOST_OF_TAG: usize = 256;

/// `baws-ci-job-12-team-app` and the suffix, which stays whole: trust policies look at it.
pub(super) fn session(facts: &Facts, suffix: &str) -> String {
    let name = format!("baws-ci-job-{}-{}", facts.job_id, facts.project);
    let room = MOST.saturating_sub(suffix.len());
    let cut: String = sound(&name).chars().take(room).collect();
    format!("{cut}{}", sound(suffix))
}

/// Who began the job, where a verified token says so, else the job.
pub(super) fn source_identity(facts: &Facts, claims: Option<&Claims>) -> String {
    let login = claims
        .map(|claims| sound(&claims.user_login))
        .filter(|login| login.len() >= 2);
    let name = login.unwrap_or_else(|| format!("gitlab-job-{}", facts.job_id));
    name.chars().take(MOST).collect()
}

pub(super) fn tags(facts: &Facts, claims: Option<&Claims>) -> Vec<(String, String)> {
    let reference = match &facts.reference {
        Reference::Branch(name) | Reference::Tag(name) | Reference::Untyped(name) => name,
    };
    let mut tags = vec![
        ("project", facts.project.clone()),
        ("project_id", facts.project_id.to_string()),
        ("ref", reference.clone()),
        ("ref_protected", facts.protection.to_string()),
        ("job_id", facts.job_id.to_string()),
    ];
    if let Some(environment) = claims.and_then(|claims| claims.environment.clone()) {
        tags.push(("environment", environment));
    }
    let owned = |(name, text): (&str, String)| (format!("gitlab_{name}"), of_tag(&text));
    tags.into_iter().map(owned).collect()
}

fn sound(text: &str) -> String {
    let taken = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    text.chars()
        .map(|c| if taken(c) { c } else { '-' })
        .collect()
}

fn of_tag(text: &str) -> String {
    let taken = |c: char| c.is_ascii_alphanumeric() || " _.:/=+-@".contains(c);
    text.chars()
        .map(|c| if taken(c) { c } else { '-' })
        .take(MOST_OF_TAG)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{claims, facts};
    use super::*;

    #[test]
    fn names_are_what_aws_takes_and_the_suffix_stays_whole() {
        let mut facts = facts();
        assert_eq!(session(&facts, ""), "baws-ci-job-12-shop-cart");
        facts.project = "ä/".repeat(60);
        let name = session(&facts, "-backstage-session");
        assert!(
            name.ends_with("-backstage-session") && name.len() == 64,
            "{name}"
        );
        assert_eq!(source_identity(&facts, None), "gitlab-job-12");
        assert_eq!(source_identity(&facts, Some(&claims())), "ada.l");
        facts.reference = Reference::Branch("a\n#b".to_owned());
        let tags = tags(&facts, Some(&claims()));
        assert!(
            tags.contains(&("gitlab_ref".to_owned(), "a--b".to_owned())),
            "{tags:?}"
        );
        assert!(tags.contains(&("gitlab_environment".to_owned(), "production".to_owned())));
    }
}
