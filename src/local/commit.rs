//! What a work tree's commit adds to the predefined variables.

use super::predefined::slug;
use super::work_tree::{History, WorkTree};

pub(super) fn commit(tree: &WorkTree) -> Vec<(&'static str, String)> {
    let no_commit = "0".repeat(40);
    let refs = |name: &str| {
        vec![
            ("CI_COMMIT_REF_NAME", name.to_owned()),
            ("CI_COMMIT_REF_SLUG", slug(name, 63)),
        ]
    };
    let mut variables = match &tree.history {
        History::None => return Vec::new(),
        History::Unborn { branch } => {
            let mut variables = refs(branch);
            variables.push(("CI_COMMIT_BRANCH", branch.clone()));
            variables
        }
        History::Commit(commit) => {
            let name = commit.reference();
            let mut variables = refs(name);
            let (title, description) = commit
                .message
                .split_once('\n')
                .unwrap_or((&commit.message, ""));
            variables.extend([
                ("CI_COMMIT_SHA", commit.sha.clone()),
                (
                    "CI_COMMIT_SHORT_SHA",
                    commit.sha.get(..8).unwrap_or_default().to_owned(),
                ),
                ("CI_COMMIT_MESSAGE", commit.message.clone()),
                ("CI_COMMIT_TITLE", title.to_owned()),
                ("CI_COMMIT_DESCRIPTION", description.trim_start().to_owned()),
                ("CI_COMMIT_AUTHOR", commit.author.clone()),
                ("CI_COMMIT_TIMESTAMP", commit.time.clone()),
                ("CI_COMMIT_BEFORE_SHA", no_commit),
                ("CI_COMMIT_REF_PROTECTED", "false".to_owned()),
            ]);
            variables.extend(
                commit
                    .branch
                    .as_ref()
                    .map(|branch| ("CI_COMMIT_BRANCH", branch.clone())),
            );
            variables.extend(
                commit
                    .tag
                    .as_ref()
                    .map(|tag| ("CI_COMMIT_TAG", tag.clone())),
            );
            variables
        }
    };
    variables.push(("CI_DEFAULT_BRANCH", default_branch(tree)));
    variables
}

pub(super) fn default_branch(tree: &WorkTree) -> String {
    let default = tree.ask(&[
        "symbolic-ref",
        "--quiet",
        "--short",
        "refs/remotes/origin/HEAD",
    ]);
    default
        .and_then(|name| name.strip_prefix("origin/").map(str::to_owned))
        .unwrap_or_else(|| "main".to_owned())
}
