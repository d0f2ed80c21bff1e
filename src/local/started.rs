//! What the event, and the environment of a job, add to the predefined variables.

use sha2::{Digest, Sha256};

use super::predefined::slug;
use super::work_tree::{History, WorkTree};
use crate::job::Variable;
use crate::pipeline::{Environment, EventKind, expand};

/// The branch of a work tree without a commit or a branch.
const NOWHERE: &str = "HEAD";

/// Adds the event's variables; the branch or tag it is about.
pub(super) fn started_by(
    event: EventKind,
    tree: &WorkTree,
    project: &str,
    default_branch: &str,
    variables: &mut Vec<(&'static str, String)>,
) -> String {
    let (branch, tag) = match &tree.history {
        History::None => (None, None),
        History::Unborn { branch } => (Some(branch.clone()), None),
        History::Commit(commit) => (commit.branch.clone(), commit.tag.clone()),
    };
    let set = |variables: &mut Vec<(&'static str, String)>, name: &'static str, value: String| {
        variables.retain(|(key, _)| *key != name);
        variables.push((name, value));
    };
    let here = branch
        .clone()
        .or_else(|| tag.clone())
        .or_else(|| detached(variables))
        .unwrap_or_else(|| NOWHERE.to_owned());
    match event {
        EventKind::Push
        | EventKind::Schedule
        | EventKind::Web
        | EventKind::Api
        | EventKind::Trigger
        | EventKind::Parent => here,
        EventKind::MergeRequest => {
            variables.retain(|(key, _)| *key != "CI_COMMIT_BRANCH" && *key != "CI_COMMIT_TAG");
            set(variables, "CI_MERGE_REQUEST_IID", "1".to_owned());
            set(
                variables,
                "CI_MERGE_REQUEST_EVENT_TYPE",
                "detached".to_owned(),
            );
            set(
                variables,
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                here.clone(),
            );
            set(
                variables,
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
                default_branch.to_owned(),
            );
            set(
                variables,
                "CI_MERGE_REQUEST_PROJECT_PATH",
                project.to_owned(),
            );
            set(
                variables,
                "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH",
                project.to_owned(),
            );
            set(
                variables,
                "CI_MERGE_REQUEST_REF_PATH",
                "refs/merge-requests/1/head".to_owned(),
            );
            set(variables, "CI_OPEN_MERGE_REQUESTS", format!("{project}!1"));
            here
        }
        EventKind::Tag => {
            variables.retain(|(key, _)| *key != "CI_COMMIT_BRANCH");
            let at_head = || tree.ask(&["describe", "--tags", "--exact-match", "HEAD"]);
            let tag = tag
                .or_else(at_head)
                .unwrap_or_else(|| "v0.0.0-local".to_owned());
            set(variables, "CI_COMMIT_TAG", tag.clone());
            set(variables, "CI_COMMIT_REF_NAME", tag.clone());
            set(variables, "CI_COMMIT_REF_SLUG", slug(&tag, 63));
            tag
        }
    }
}

/// The commit itself, where neither a branch nor a tag is checked out.
fn detached(variables: &[(&'static str, String)]) -> Option<String> {
    let mut all = variables.iter();
    let found = all.find(|(key, _)| *key == "CI_COMMIT_REF_NAME");
    found.map(|(_, value)| value.clone())
}

/// The variables of a job's environment.
pub(super) fn environment(environment: &Environment, known: &[Variable]) -> Vec<Variable> {
    let lookup = |name: &str| {
        known
            .iter()
            .rev()
            .find(|one| one.key == name)
            .map(|one| one.value.clone())
    };
    let name = expand(&environment.name, &lookup);
    let mut all = vec![
        ("CI_ENVIRONMENT_SLUG", environment_slug(&name)),
        ("CI_ENVIRONMENT_ACTION", environment.action.clone()),
        ("CI_ENVIRONMENT_NAME", name),
    ];
    all.extend(
        environment
            .url
            .as_ref()
            .map(|url| ("CI_ENVIRONMENT_URL", expand(url, &lookup))),
    );
    all.extend(
        environment
            .tier
            .as_ref()
            .map(|tier| ("CI_ENVIRONMENT_TIER", tier.clone())),
    );
    let variable = |(key, value): (&str, String)| Variable {
        key: key.to_owned(),
        value,
        public: true,
        raw: true,
        ..Variable::default()
    };
    all.into_iter().map(variable).collect()
}

const LONGEST_SLUG: usize = 24;
const LETTERS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Source: GitLab, `lib/gitlab/slug/environment.rb`: a name that is not its own slug ends in six letters of its hash.
fn environment_slug(name: &str) -> String {
    let mut plain: String = name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    while plain.contains("--") {
        plain = plain.replace("--", "-");
    }
    if !plain.starts_with(|c: char| c.is_ascii_lowercase()) {
        plain = format!("env-{plain}");
    }
    if plain == name && plain.len() <= LONGEST_SLUG {
        return plain.trim_end_matches('-').to_owned();
    }
    let modulus = 36_u64.pow(6);
    let hash = Sha256::digest(name.as_bytes())
        .iter()
        .fold(0, |sum, byte| (sum * 256 + u64::from(*byte)) % modulus);
    let suffix: String = (0..6)
        .rev()
        .map(|n| char::from(LETTERS[(hash / 36_u64.pow(n) % 36) as usize]))
        .collect();
    let head: String = plain.chars().take(LONGEST_SLUG - 7).collect();
    format!("{}-{suffix}", head.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::environment_slug;

    #[test]
    fn a_plain_name_is_its_own_slug_and_another_gets_a_suffix() {
        assert_eq!(environment_slug("staging"), "staging");
        let slug = environment_slug("review/Feature-1");
        assert!(
            slug.starts_with("review-feature-1-") && slug.len() <= 24,
            "{slug}"
        );
    }
}
