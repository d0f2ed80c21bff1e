//! What a job is, as far as it is told: facts of the job response, with secrets taken out.
//!
//! Read leniently: fields of a wrong type are not there. The job's author chose most of the texts.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::mask::Masks;
use crate::job::JobResponse;
use crate::rollout::clean;

const LONGEST: usize = 300;
/// Collectors that one job may name.
const MOST_ENDPOINTS: usize = 4;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct About {
    /// The job's key on this host.
    pub(crate) key: String,
    /// The process that gave the job, and the second after which it cannot live any more.
    pub(crate) owner: String,
    pub(crate) deadline_secs: u64,
    pub(crate) started_ms: u64,
    pub(super) timeout_secs: u64,
    pub(super) job_id: u64,
    pub(super) job: String,
    /// Of the pipeline.
    pub(super) stage: String,
    pub(super) pipeline_id: Option<u64>,
    pub(super) project_id: u64,
    pub(super) project: Option<String>,
    /// `branch`, `tag`, or what GitLab says.
    pub(super) ref_type: String,
    /// `None`: GitLab did not say.
    pub(super) protected: Option<bool>,
    /// That of the settings where the job names none.
    pub(crate) image: String,
    pub(super) services: u64,
    pub(super) trace: Option<Trace>,
    pub(super) endpoints: Vec<String>,
    /// The GitLab that it came from, as a part of what tells its jobs from those of another.
    pub(super) server: String,
}

/// What the job's span belongs to, in hexadecimal.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Trace {
    /// 32 digits.
    pub(super) id: String,
    /// 16 digits.
    pub(super) parent: Option<String>,
}

impl About {
    /// `file`: JOB_RESPONSE_FILE, of which `job` is a part.
    pub(crate) fn read(
        file: &Path,
        job: &JobResponse,
        expanded: &dyn Fn(&str) -> Option<String>,
    ) -> (Self, Masks) {
        let raw: Value = std::fs::read(file)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        let masks = Masks::of(job, &raw, expanded);
        (About::of(job, &raw, &masks), masks)
    }

    fn of(job: &JobResponse, raw: &Value, masks: &Masks) -> Self {
        let text = |text: &str| clean(&masks.mask(text), LONGEST);
        let info = &job.job_info;
        let tracing = &raw["features"]["tracing"];
        About {
            started_ms: super::now_ms(),
            timeout_secs: job.timeout_secs(),
            job_id: job.id,
            job: text(&info.name),
            stage: text(raw["job_info"]["stage"].as_str().unwrap_or_default()),
            pipeline_id: gitlabs_own(job, "CI_PIPELINE_ID").and_then(|id| id.parse().ok()),
            project_id: info.project_id,
            project: info.project_full_path.as_deref().map(text),
            ref_type: text(&job.git_info.ref_type),
            protected: job.git_info.protected,
            image: text(&job.image.name),
            services: job.services.len() as u64,
            trace: trace(tracing),
            endpoints: endpoints(tracing),
            server: text(gitlabs_own(job, "CI_SERVER_URL").unwrap_or_default()),
            ..About::default()
        }
    }
}

/// GitLab's own variables come before those that a pipeline may set under the same name. A name by which things are told
/// apart, and nothing more rests on it.
fn gitlabs_own<'a>(job: &'a JobResponse, name: &str) -> Option<&'a str> {
    let first = job.variables.iter().find(|one| one.key == name);
    first.map(|one| one.value.as_str())
}

/// Source: OpenTelemetry, trace API, "SpanContext": ids of zeros only are invalid.
fn trace(tracing: &Value) -> Option<Trace> {
    let hexadecimal = |value: &Value, digits: usize| {
        let text = value.as_str()?;
        let is_id = text.len() == digits
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            && text.bytes().any(|byte| byte != b'0');
        is_id.then(|| text.to_ascii_lowercase())
    };
    Some(Trace {
        id: hexadecimal(&tracing["trace_id"], 32)?,
        parent: hexadecimal(&tracing["span_parent_id"], 16),
    })
}

/// Texts, or objects with an `url`: the job response of today holds none, so the second form is a guess.
fn endpoints(tracing: &Value) -> Vec<String> {
    let listed = tracing["otel_endpoints"].as_array().into_iter().flatten();
    let texts = listed.filter_map(|one| one.as_str().or_else(|| one["url"].as_str()));
    let short = texts.filter(|text| text.len() <= LONGEST);
    short.take(MOST_ENDPOINTS).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_hostile_tracing_block_is_not_there() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(
            trace(&json!({"trace_id": id.to_uppercase(), "span_parent_id": "b7ad6b7169203331"})),
            Some(Trace {
                id: id.to_owned(),
                parent: Some("b7ad6b7169203331".to_owned())
            })
        );
        for tracing in [
            json!(null),
            json!("x"),
            json!([1]),
            json!({"trace_id": 7}),
            json!({"trace_id": "0".repeat(32)}),
            json!({"trace_id": format!("{}\n", &id[..31])}),
            json!({"trace_id": format!("{id}0")}),
            json!({"trace_id": "é".repeat(16)}),
        ] {
            assert_eq!(trace(&tracing), None, "{tracing}");
        }
        let without = json!({"trace_id": id, "span_parent_id": {"a": 1}, "otel_endpoints": [1, "a", {"url": "b"}, null]});
        assert_eq!(trace(&without).unwrap().parent, None);
        assert_eq!(endpoints(&without), ["a", "b"]);
        assert!(endpoints(&json!({"otel_endpoints": {"a": 1}})).is_empty());
    }
}
