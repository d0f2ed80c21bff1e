//! The merge request of an update: opened, brought up to date, or left to the people who committed to its branch.

use super::blob::blob_id;
use super::letter;
use super::marker::{BRANCH, Marker};
use super::repository::Repository;
use crate::error::Result;
use crate::gitlab::{Action, Gitlab, Kind, MergeRequest, Of, RequestState, RequestText, Tree};

/// The title of a commit at the head of the branch that is none of ours.
pub(super) async fn strangers(
    open: &MergeRequest,
    marker: Option<&Marker>,
    actions: &[Action],
    of: &Of<'_>,
    gitlab: &Gitlab,
) -> Result<Option<String>> {
    let Some(sha) = &open.sha else {
        return Ok(None);
    };
    if marker.is_some_and(|marker| marker.commit == *sha) {
        return Ok(None);
    }
    let head = gitlab.commit_of(of, sha).await?;
    let Some(head) = head else {
        return Ok(None);
    };
    // A run of ours may have ended before it could say so in the description: what it left is what would be written now.
    if letter::is_ours(&head.title) && holds(actions, of, gitlab).await? {
        return Ok(None);
    }
    Ok(Some(crate::rollout::clean(&head.title, 80)))
}

/// Whether the branch holds exactly this.
async fn holds(actions: &[Action], of: &Of<'_>, gitlab: &Gitlab) -> Result<bool> {
    let tree = gitlab
        .tree(of, BRANCH, Tree::Whole)
        .await?
        .unwrap_or_default();
    let id = |path: &str| {
        tree.iter()
            .find(|blob| blob.path == path)
            .map(|blob| blob.id.clone())
    };
    Ok(actions.iter().all(|action| match action {
        Action::Create { path, content } | Action::Update { path, content } => {
            id(path) == Some(blob_id(content))
        }
        Action::Delete { path } => id(path).is_none(),
        Action::MakeExecutable { .. } | Action::MakePlain { .. } => true,
    }))
}

/// Opened, or the open one's text brought up to date.
pub(super) async fn offered(
    open: Option<MergeRequest>,
    text: &RequestText,
    repository: &Repository,
    of: &Of<'_>,
    gitlab: &Gitlab,
) -> Result<(MergeRequest, &'static str)> {
    if let Some(open) = open {
        gitlab.reword_merge_request(of, open.iid, text).await?;
        return Ok((open, "updated"));
    }
    let failure = match gitlab
        .create_merge_request(of, BRANCH, &repository.branch, text)
        .await
    {
        Ok(made) => return Ok((made, "opened")),
        Err(failure) => failure,
    };
    // It landed, or somebody was faster: there is one now.
    if failure.may_have_landed() || failure.kind == Kind::Refused {
        let requests = gitlab.merge_requests(of, BRANCH).await?;
        let open = requests
            .into_iter()
            .find(|one| one.state == RequestState::Opened);
        if let Some(open) = open {
            if open.description.as_deref() != Some(text.description.as_str()) {
                gitlab.reword_merge_request(of, open.iid, text).await?;
            }
            return Ok((open, "opened"));
        }
        if failure.may_have_landed() {
            let made = gitlab
                .create_merge_request(of, BRANCH, &repository.branch, text)
                .await?;
            return Ok((made, "opened"));
        }
    }
    Err(failure.into())
}
