//! Merge requests. Source: GitLab REST API, "Merge requests".

use gitlab::api::projects::merge_requests::{
    CreateMergeRequest, EditMergeRequest, MergeRequest as One, MergeRequestStateEvent,
    MergeRequests,
};
use serde::Deserialize;

use super::failure::built;
use super::pipeline::Pipeline;
use super::{Failure, Gitlab, Of};

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MergeRequest {
    pub(crate) iid: u64,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    pub(crate) state: RequestState,
    #[serde(default)]
    pub(crate) sha: Option<String>,
    #[serde(default)]
    pub(crate) web_url: String,
    /// Only of a single one that was asked for.
    #[serde(default)]
    pub(crate) head_pipeline: Option<Pipeline>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RequestState {
    Opened,
    Closed,
    Merged,
    Locked,
}

impl RequestState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            RequestState::Opened => "opened",
            RequestState::Closed => "closed",
            RequestState::Merged => "merged",
            RequestState::Locked => "locked",
        }
    }
}

/// What a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestText {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) labels: Vec<String>,
}

impl Gitlab {
    /// All there ever were from that branch, newest first.
    pub(crate) async fn merge_requests(
        &self,
        of: &Of<'_>,
        source: &str,
    ) -> Result<Vec<MergeRequest>, Failure> {
        let doing = format!("list the merge requests of `{source}`");
        let endpoint = MergeRequests::builder()
            .project(of)
            .source_branch(source)
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.all(&doing, &endpoint).await
    }

    /// With its pipeline.
    pub(crate) async fn merge_request(
        &self,
        of: &Of<'_>,
        iid: u64,
    ) -> Result<MergeRequest, Failure> {
        let doing = format!("look at the merge request !{iid}");
        let endpoint = One::builder().project(of).merge_request(iid).build();
        let endpoint = built(&doing, endpoint)?;
        self.value(&doing, &endpoint).await
    }

    pub(crate) async fn create_merge_request(
        &self,
        of: &Of<'_>,
        source: &str,
        target: &str,
        text: &RequestText,
    ) -> Result<MergeRequest, Failure> {
        let doing = format!("open a merge request of `{source}`");
        let endpoint = CreateMergeRequest::builder()
            .project(of)
            .source_branch(source)
            .target_branch(target)
            .title(text.title.as_str())
            .description(text.description.as_str())
            .labels(text.labels.iter().map(String::as_str))
            .remove_source_branch(true)
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.value(&doing, &endpoint).await
    }

    pub(crate) async fn reword_merge_request(
        &self,
        of: &Of<'_>,
        iid: u64,
        text: &RequestText,
    ) -> Result<(), Failure> {
        let doing = format!("change the text of the merge request !{iid}");
        let endpoint = EditMergeRequest::builder()
            .project(of)
            .merge_request(iid)
            .title(text.title.as_str())
            .description(text.description.as_str())
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.done(&doing, &endpoint).await
    }

    pub(crate) async fn close_merge_request(
        &self,
        of: &Of<'_>,
        iid: u64,
        description: &str,
    ) -> Result<(), Failure> {
        let doing = format!("close the merge request !{iid}");
        let endpoint = EditMergeRequest::builder()
            .project(of)
            .merge_request(iid)
            .state_event(MergeRequestStateEvent::Close)
            .description(description)
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.done(&doing, &endpoint).await
    }
}
