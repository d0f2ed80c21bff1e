//! One JSON object a job, in the operator's own file: schema `baws-ci/job/1`.
//!
//! Grows by fields only. What is not known is not there. A preparation that the runner tries again is an object each time.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::diary::{End, Work};
use super::story::{Failure, Outcome, Story};
use crate::error::{Error, Result};

pub(super) const SCHEMA: &str = "baws-ci/job/1";

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Record {
    pub(super) schema: String,
    /// Seconds since 1970.
    pub(super) ended_at: u64,
    pub(super) started_ms: Option<u64>,
    pub(super) ended_ms: Option<u64>,
    pub(super) job_id: u64,
    pub(super) job: String,
    pub(super) stage: String,
    pub(super) pipeline_id: Option<u64>,
    pub(super) project_id: u64,
    pub(super) project: Option<String>,
    pub(super) ref_type: String,
    pub(super) protected: Option<bool>,
    pub(super) image: String,
    pub(super) services: u64,
    pub(super) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<Failure>,
    /// `NAME_ms`.
    pub(super) parts: BTreeMap<String, u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) pulled: Vec<Pulled>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requests: Vec<Requested>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Pulled {
    pub(super) image: String,
    pub(super) ms: u64,
}

/// What the job asked the host for.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Requested {
    pub(super) verb: String,
    pub(super) ms: u64,
    /// `done`, or the class of its error.
    pub(super) end: String,
}

/// Of each list of a record: a line has to stay readable.
const MOST: usize = 50;

impl Record {
    fn of(story: &Story) -> Self {
        let about = story.about.clone();
        let mut pulled = Vec::new();
        let mut requests = Vec::new();
        for span in &story.spans {
            let Some((at_ms, end)) = &span.ended else {
                continue;
            };
            let ms = at_ms.saturating_sub(span.began_ms);
            match &span.work {
                Work::Pull(image) if *end == End::Done => pulled.push(Pulled {
                    image: image.clone(),
                    ms,
                }),
                Work::Request(verb) => requests.push(Requested {
                    verb: verb.clone(),
                    ms,
                    end: end_of_request(end).to_owned(),
                }),
                Work::Pull(_)
                | Work::Prepare
                | Work::Images
                | Work::Containers
                | Work::Stage(_) => {}
            }
        }
        pulled.truncate(MOST);
        requests.truncate(MOST);
        let parts = story.parts().into_iter();
        Record {
            schema: SCHEMA.to_owned(),
            ended_at: story.ended_ms / 1000,
            started_ms: Some(about.started_ms),
            ended_ms: Some(story.ended_ms),
            job_id: about.job_id,
            job: about.job,
            stage: about.stage,
            pipeline_id: about.pipeline_id,
            project_id: about.project_id,
            project: about.project,
            ref_type: about.ref_type,
            protected: about.protected,
            image: about.image,
            services: about.services,
            outcome: story.outcome,
            failure: story.failure.clone(),
            parts: parts.map(|(part, ms)| (format!("{part}_ms"), ms)).collect(),
            pulled,
            requests,
        }
    }
}

pub(super) fn end_of_request(end: &End) -> &str {
    match end {
        End::Done => "done",
        End::Status(_) => "failed",
        End::Cancelled => "cancelled",
        End::Trouble(trouble) => &trouble.class,
    }
}

/// Adds the job to the operator's file.
///
/// # Errors
/// The file cannot be written.
pub(super) fn add(file: &Path, story: &Story) -> Result<()> {
    let line = serde_json::to_string(&Record::of(story))
        .map_err(|error| Error::system("cannot write the record of a job").caused_by(error))?;
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all(format!("{line}\n").as_bytes()));
    written.map_err(|error| {
        Error::system(format!("cannot write to `{}`", file.display()))
            .caused_by(error)
            .hint("the operator makes its directory, or corrects `job_records` in `[executor]`")
    })
}
