//! The job as GitLab sent it: `JOB_RESPONSE_FILE`.
//!
//! Read leniently: unknown fields are ignored, every list may be null. Source: gitlab-runner `common/spec/spec.go`,
//! written by `executors/custom/custom.go`; the same in every stage of a job.

use std::collections::BTreeMap;
use std::path::Path;

use super::Credential;
use serde::{Deserialize, Deserializer, Serialize};

use crate::error::{Error, Result};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct JobResponse {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) allow_git_fetch: bool,
    #[serde(default)]
    pub(crate) job_info: JobInfo,
    #[serde(default)]
    pub(crate) git_info: GitInfo,
    #[serde(default)]
    pub(crate) runner_info: RunnerInfo,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) variables: Vec<Variable>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) image: ImageSpec,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) services: Vec<ImageSpec>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) credentials: Vec<Credential>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) steps: Vec<Step>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) artifacts: Vec<ArtifactSpec>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) cache: Vec<CacheSpec>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) dependencies: Vec<Dependency>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) hooks: Vec<Hook>,
    /// By the names of variables that the runner fetches from a vault; what is in them is not our business.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub(crate) secrets: BTreeMap<String, serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct JobInfo {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) project_id: u64,
    #[serde(default)]
    pub(crate) project_full_path: Option<String>,
    #[serde(default)]
    pub(crate) user_id: Option<u64>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct GitInfo {
    #[serde(default)]
    pub(crate) r#ref: String,
    /// `branch` or `tag`. Source: gitlab-runner `common/spec/spec.go`, `RefType`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) ref_type: String,
    #[serde(default)]
    pub(crate) sha: String,
    #[serde(default)]
    pub(crate) before_sha: String,
    /// May hold the job token as user information.
    #[serde(default)]
    pub(crate) repo_url: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) refspecs: Vec<String>,
    /// Commits to fetch; 0: all.
    #[serde(default)]
    pub(crate) depth: u64,
    /// `None`: GitLab did not say; taken as unprotected.
    #[serde(default)]
    pub(crate) protected: Option<bool>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct RunnerInfo {
    /// Seconds; 0 or less: two hours.
    #[serde(default)]
    pub(crate) timeout: i64,
}

/// One list of lines for one shell; `script` holds `before_script` too.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Step {
    pub(crate) name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) script: Vec<String>,
}

/// One archive or report to keep. Paths are patterns, not expanded.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct ArtifactSpec {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) untracked: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) paths: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) exclude: Vec<String>,
    /// `on_success` (also when empty), `on_failure` or `always`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) when: String,
    /// `archive` (also when empty), or the name of a report.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) artifact_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) artifact_format: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) expire_in: String,
}

/// A local cache. Key and paths are not expanded.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct CacheSpec {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) untracked: bool,
    /// `pull-push` (also when empty), `pull` or `push`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) policy: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) paths: Vec<String>,
    /// As in [`ArtifactSpec`].
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) when: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) fallback_keys: Vec<String>,
}

/// An earlier job whose artifacts this one gets.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Dependency {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) artifacts_file: ArtifactsFile,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct ArtifactsFile {
    /// Empty: the job left no artifacts.
    #[serde(default)]
    pub(crate) filename: String,
}

/// Lines that run in the helper, such as `pre_get_sources_script`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Hook {
    pub(crate) name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) script: Vec<String>,
}

/// As the server sent it: unexpanded, duplicates possible (the last wins), none of the runner's own.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Variable {
    pub(crate) key: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) value: String,
    #[serde(default)]
    pub(crate) public: bool,
    #[serde(default)]
    pub(crate) file: bool,
    #[serde(default)]
    pub(crate) masked: bool,
    #[serde(default)]
    pub(crate) raw: bool,
}

/// An `image:` or one of `services:`. Name and alias come expanded; user and variables do not.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct ImageSpec {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) name: String,
    /// Several aliases are separated by commas or blanks.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) alias: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) command: Vec<String>,
    /// `[""]` resets the image's entrypoint; an empty list keeps it.
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) entrypoint: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) variables: Vec<Variable>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) pull_policy: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) executor_opts: ExecutorOptions,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct ExecutorOptions {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) docker: DockerOptions,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct DockerOptions {
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) platform: String,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(crate) user: String,
}

impl JobResponse {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read(path).map_err(|error| {
            Error::system(format!("cannot read the job response `{}`", path.display()))
                .caused_by(error)
        })?;
        serde_json::from_slice(&text).map_err(|error| {
            Error::system(format!(
                "the job response `{}` is not what gitlab-runner writes",
                path.display()
            ))
            .caused_by(error)
        })
    }

    /// How long GitLab lets the job run.
    pub(crate) fn timeout_secs(&self) -> u64 {
        u64::try_from(self.runner_info.timeout)
            .ok()
            .filter(|secs| *secs > 0)
            .unwrap_or(7200)
    }

    pub(crate) fn is_protected(&self) -> bool {
        self.git_info.protected == Some(true)
    }

    /// Whether the pipeline itself, and not the runner, gave a variable of this name.
    pub(crate) fn sets_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|variable| variable.key == name)
    }
}

fn null_as_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_unknown_fields_and_absent_parts_are_tolerated() {
        let text = r#"{"id":7,"services":null,"image":{"name":"a","entrypoint":null,"executor_opts":{"docker":null},"new":1},
            "git_info":{"protected":null},"variables":[{"key":"A","value":null}],"artifacts":null}"#;
        let job: JobResponse = serde_json::from_str(text).unwrap();
        assert_eq!(
            (job.id, job.timeout_secs(), job.is_protected()),
            (7, 7200, false)
        );
        assert!(job.services.is_empty() && job.image.entrypoint.is_empty());
    }

    const RICH: &str = r#"{"id":7,"variables":[{"key":"A","value":"$B","public":true}],"image":{"name":"a:1","entrypoint":[""],
        "executor_opts":{"docker":{"user":"1:2","platform":"linux/amd64"}}},"services":[{"name":"b","alias":"x y"}],"steps":[
        {"name":"script","script":["true"],"timeout":3600,"when":"on_success"}],"credentials":[{"type":"registry","url":"r",
        "username":"u","password":"p"}],"cache":[{"key":"k","paths":["a/"]}],"git_info":{"ref":"main","depth":20}}"#;

    proptest::proptest! {
        /// However it is bent, it is a job or an error.
        #[test]
        fn fuzz_responses(
            bends in proptest::collection::vec((0..RICH.len(), "[\\[\\]{}\",:0-9a-z\\-.]{0,3}|null|1e400|\\PC", 0..6_usize), 1..4),
        ) {
            let mut text = RICH.as_bytes().to_vec();
            for (at, with, length) in bends {
                let at = at.min(text.len());
                let end = (at + length).min(text.len());
                text.splice(at..end, with.into_bytes());
            }
            if let Ok(job) = serde_json::from_slice::<JobResponse>(&text) {
                proptest::prop_assert!(job.timeout_secs() > 0);
            }
        }
    }
}
