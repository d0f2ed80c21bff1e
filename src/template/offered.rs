//! The merge request of an update: opened, brought up to date, or left to the people who committed to its branch.

use super::letter;
use super::marker::BRANCH;
use super::repository::Repository;
use crate::error::Result;
use crate::gitlab::{Gitlab, Kind, MergeRequest, Of, RequestState, RequestText};

/// The title of a commit at the head of the branch that is none of ours.
pub(super) async fn strangers(
    open: &MergeRequest,
    of: &Of<'_>,
    gitlab: &Gitlab,
) -> Result<Option<String>> {
    let Some(sha) = &open.sha else {
        return Ok(None);
    };
    let head = gitlab.commit_of(of, sha).await?;
    Ok(head
        .filter(|commit| !letter::is_ours(&commit.title))
        .map(|commit| crate::rollout::clean(&commit.title, 80)))
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
