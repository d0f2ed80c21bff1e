//! The state machine that provisions. Source: Step Functions API reference, `DescribeStateMachine`.

use serde_json::json;

use super::failure::if_any;
use super::json::STATES;
use super::{Aws, Failure};

impl Aws {
    /// `ACTIVE` or `DELETING`; `None`: there is no such state machine.
    pub(crate) async fn state_machine_status(&self, arn: &str) -> Result<Option<String>, Failure> {
        let call = self.json_call(
            STATES,
            "DescribeStateMachine",
            arn.to_owned(),
            format!("look at the state machine `{arn}`"),
        );
        let body = json!({"stateMachineArn": arn});
        let answer = if_any(self.json(STATES, call, &body)).await?;
        Ok(answer.map(|answer| answer["status"].as_str().unwrap_or_default().to_owned()))
    }
}
