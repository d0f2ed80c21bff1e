//! Ids of a trace: GitLab's where it sent them, else worked out of the job, so that who knows the job knows them.

use super::super::about::{About, Trace};
use crate::digest::digest;

/// The trace that a job belongs to. Without GitLab's word all jobs of a pipeline are one trace, on whatever host they ran: the
/// first 32 digits of SHA-256 over the GitLab, the project's and the pipeline's number; without a pipeline over the job's key.
pub(super) fn trace(about: &About) -> Trace {
    if let Some(trace) = &about.trace {
        return trace.clone();
    }
    let project = about.project_id.to_string();
    let id = match about.pipeline_id {
        Some(pipeline) => digest(["trace", &about.server, &project, &pipeline.to_string()]),
        None => digest(["trace", "job", &about.key]),
    };
    Trace {
        id: id[..32].to_owned(),
        parent: None,
    }
}

/// Of the span with this number; 0 is the job's own. Another attempt of the same job has other ids.
pub(super) fn span(about: &About, number: usize) -> String {
    let id = digest([
        "span",
        &about.key,
        &about.started_ms.to_string(),
        &number.to_string(),
    ]);
    id[..16].to_owned()
}
