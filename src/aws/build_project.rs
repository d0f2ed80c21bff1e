//! A build of CodeBuild: how it ended, and where its log is. Source: CodeBuild API reference, `BatchGetBuilds`.

use serde_json::{Value, json};

use super::json::CODEBUILD;
use super::{Aws, Failure};

#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// The first phase that did not go well, and what is said of it.
    pub(crate) failed_phase: Option<(String, String)>,
    /// Group and stream.
    pub(crate) log: Option<(String, String)>,
    /// Of the log, for people.
    pub(crate) link: Option<String>,
}

impl Aws {
    /// `arn`: of the build; `None`: CodeBuild does not know it, or any more.
    pub(crate) async fn build(&self, arn: &str) -> Result<Option<Build>, Failure> {
        let id = arn.rsplit(":build/").next().unwrap_or(arn);
        let project = id.split(':').next().unwrap_or(id);
        let resource = self.arn_in_any_account("codebuild", &format!("project/{project}"));
        let doing = format!("look at the build `{id}`");
        let call = self.json_call(CODEBUILD, "BatchGetBuilds", resource, doing);
        let answer = self.json(CODEBUILD, call, &json!({"ids": [id]})).await?;
        Ok(answer["builds"].get(0).map(read))
    }
}

fn read(build: &Value) -> Build {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let phases = build["phases"].as_array();
    let failed = phases.into_iter().flatten().find(|phase| {
        let status = phase["phaseStatus"].as_str();
        status.is_some_and(|status| !["SUCCEEDED", "IN_PROGRESS", "QUEUED"].contains(&status))
    });
    let failed_phase = failed.map(|phase| {
        let said = &phase["contexts"][0];
        let words = [&said["statusCode"], &said["message"]];
        let words: Vec<&str> = words.into_iter().filter_map(|one| one.as_str()).collect();
        (
            text(&phase["phaseType"]).unwrap_or_default(),
            words.join(": "),
        )
    });
    let logs = &build["logs"];
    Build {
        failed_phase,
        log: text(&logs["groupName"]).zip(text(&logs["streamName"])),
        link: text(&logs["deepLink"]),
    }
}
