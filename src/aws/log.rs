//! Lines of CloudWatch Logs.

use serde_json::{Value, json};

use super::json::LOGS;
use super::{Aws, Failure, Reason};

impl Aws {
    /// The last `lines` of a stream, oldest first; empty where group or stream are not there. Source: CloudWatch Logs API
    /// reference, `GetLogEvents`.
    pub(crate) async fn last_lines(
        &self,
        region: &str,
        group: &str,
        stream: &str,
        lines: u32,
    ) -> Result<Vec<String>, Failure> {
        let resource = format!("{group}:log-stream:{stream}");
        let doing = format!("read the log stream `{stream}` of the group `{group}`");
        let call = self.json_call(LOGS, "GetLogEvents", resource, doing);
        let body = json!({
            "logGroupName": group, "logStreamName": stream, "limit": lines, "startFromHead": false,
        });
        match self.json_in(LOGS, region, call, &body).await {
            Ok(answer) => {
                let events = answer["events"].as_array().cloned().unwrap_or_default();
                let line = |event: &Value| event["message"].as_str().map(str::to_owned);
                Ok(events.iter().filter_map(line).collect())
            }
            Err(failure) if failure.reason == Reason::NotFound => Ok(Vec::new()),
            Err(failure) => Err(failure),
        }
    }
}
