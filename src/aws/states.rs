//! Executions of a state machine of Step Functions. Source of every call and field: Step Functions API reference, model
//! 2016-11-23.

use serde_json::{Value, json};

use super::failure::if_any;
use super::json::STATES;
use super::{Aws, Failure, Reason};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExecutionStatus {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
    /// A word that is younger than this program, or no word at all.
    Unknown,
}

/// What Step Functions says of one execution.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) status: ExecutionStatus,
    /// Milliseconds since 1970.
    pub(crate) started_ms: i64,
    pub(crate) stopped_ms: Option<i64>,
    /// JSON as text.
    pub(crate) input: Option<String>,
    pub(crate) output: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

/// Where a page of history begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PageStart<'a> {
    First,
    /// As the page before said.
    Token(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    OldestFirst,
    NewestFirst,
}

#[derive(Debug)]
pub(crate) struct HistoryPage {
    /// As Step Functions tells them.
    pub(crate) events: Vec<Value>,
    pub(crate) next: Option<String>,
}

impl Aws {
    /// Of a machine and a name that both stay the same nothing is started twice: where it runs already with the same input, that one
    /// is answered, by its ARN. [`Reason::AlreadyExists`]: it has ended, or has another input.
    pub(crate) async fn start_execution(
        &self,
        machine: &str,
        name: &str,
        input: &str,
    ) -> Result<String, Failure> {
        let doing = format!("start the execution `{name}`");
        let call = self.json_call(STATES, "StartExecution", machine.to_owned(), doing);
        let again = self.json_call(STATES, "StartExecution", machine.to_owned(), "start it");
        let body = json!({"stateMachineArn": machine, "name": name, "input": input});
        let answer = self.json(STATES, call, &body).await?;
        match answer["executionArn"].as_str() {
            Some(arn) => Ok(arn.to_owned()),
            None => Err(again.malformed("the answer names no execution")),
        }
    }

    /// `None`: there is none of that name.
    pub(crate) async fn execution(&self, arn: &str) -> Result<Option<Execution>, Failure> {
        let doing = format!("look at the execution `{}`", last(arn));
        let call = self.json_call(STATES, "DescribeExecution", arn.to_owned(), doing);
        let body = json!({"executionArn": arn});
        let answer = if_any(self.json(STATES, call, &body)).await?;
        Ok(answer.map(|answer| read(arn, &answer)))
    }

    /// One page.
    pub(crate) async fn history(
        &self,
        arn: &str,
        start: PageStart<'_>,
        direction: Direction,
        most: u32,
    ) -> Result<HistoryPage, Failure> {
        let doing = format!("read the history of the execution `{}`", last(arn));
        let call = self.json_call(STATES, "GetExecutionHistory", arn.to_owned(), doing);
        let newest_first = direction == Direction::NewestFirst;
        let mut body = json!({
            "executionArn": arn, "maxResults": most, "reverseOrder": newest_first, "includeExecutionData": true,
        });
        if let PageStart::Token(token) = start {
            body["nextToken"] = json!(token);
        }
        let mut answer = self.json(STATES, call, &body).await?;
        let events = match answer["events"].take() {
            Value::Array(events) => events,
            _ => Vec::new(),
        };
        Ok(HistoryPage {
            events,
            next: answer["nextToken"].as_str().map(str::to_owned),
        })
    }

    /// `false`: there is none.
    pub(crate) async fn stop_execution(
        &self,
        arn: &str,
        error: &str,
        cause: &str,
    ) -> Result<bool, Failure> {
        let doing = format!("stop the execution `{}`", last(arn));
        let call = self.json_call(STATES, "StopExecution", arn.to_owned(), doing);
        let body = json!({"executionArn": arn, "error": error, "cause": cause});
        match self.json(STATES, call, &body).await {
            Ok(_) => Ok(true),
            Err(failure) if failure.reason == Reason::NotFound => Ok(false),
            Err(failure) => Err(failure),
        }
    }
}

fn read(arn: &str, answer: &Value) -> Execution {
    let text = |key: &str| answer[key].as_str().map(str::to_owned);
    Execution {
        arn: text("executionArn").unwrap_or_else(|| arn.to_owned()),
        name: text("name").unwrap_or_else(|| last(arn).to_owned()),
        status: match answer["status"].as_str().unwrap_or_default() {
            "RUNNING" => ExecutionStatus::Running,
            "SUCCEEDED" => ExecutionStatus::Succeeded,
            "FAILED" => ExecutionStatus::Failed,
            "TIMED_OUT" => ExecutionStatus::TimedOut,
            "ABORTED" => ExecutionStatus::Aborted,
            _ => ExecutionStatus::Unknown,
        },
        started_ms: millis(&answer["startDate"]).unwrap_or_default(),
        stopped_ms: millis(&answer["stopDate"]),
        input: text("input"),
        output: text("output"),
        error: text("error"),
        cause: text("cause"),
    }
}

/// Seconds with a fraction, as JSON services tell moments.
fn millis(value: &Value) -> Option<i64> {
    value.as_f64().map(|seconds| (seconds * 1000.0) as i64)
}

fn last(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}
