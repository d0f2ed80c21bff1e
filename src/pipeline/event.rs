//! What starts a pipeline, and what `rules` may ask about it.

use super::expression::Lookup;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// A commit on a branch.
    Push,
    MergeRequest,
    Tag,
    Schedule,
    /// By hand, in GitLab's pages.
    Web,
    Api,
    Trigger,
    /// A `trigger` job of another pipeline.
    Parent,
}

impl EventKind {
    pub(crate) const ALL: [EventKind; 8] = [
        EventKind::Push,
        EventKind::MergeRequest,
        EventKind::Tag,
        EventKind::Schedule,
        EventKind::Web,
        EventKind::Api,
        EventKind::Trigger,
        EventKind::Parent,
    ];

    /// `CI_PIPELINE_SOURCE`. A tag, too, is pushed.
    pub(crate) fn source(self) -> &'static str {
        match self {
            EventKind::Push | EventKind::Tag => "push",
            EventKind::MergeRequest => "merge_request_event",
            EventKind::Schedule => "schedule",
            EventKind::Web => "web",
            EventKind::Api => "api",
            EventKind::Trigger => "trigger",
            EventKind::Parent => "parent_pipeline",
        }
    }

    /// The word for it on our command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            EventKind::Push => "push",
            EventKind::MergeRequest => "merge_request",
            EventKind::Tag => "tag",
            EventKind::Schedule => "schedule",
            EventKind::Web => "web",
            EventKind::Api => "api",
            EventKind::Trigger => "trigger",
            EventKind::Parent => "parent_pipeline",
        }
    }

    /// Whether the pipeline is one of a branch.
    pub(crate) fn is_branch(self) -> bool {
        match self {
            EventKind::Push
            | EventKind::Schedule
            | EventKind::Web
            | EventKind::Api
            | EventKind::Trigger
            | EventKind::Parent => true,
            EventKind::MergeRequest | EventKind::Tag => false,
        }
    }
}

/// What conditions are asked against.
#[derive(Clone, Copy)]
pub(crate) struct Conditions<'a> {
    pub(crate) event: EventKind,
    /// The branch or tag.
    pub(crate) ref_name: &'a str,
    pub(crate) variables: Lookup<'a>,
    /// Paths of the project; `None`: not known.
    pub(crate) files: Option<&'a [String]>,
    /// Paths that the event changes; `None`: not known, or none that GitLab would compare.
    pub(crate) changed: Option<&'a [String]>,
}
