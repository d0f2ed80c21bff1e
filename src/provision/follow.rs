//! An execution followed to its end, for so long as somebody waits. Read next: `tree` (what is read of it).

use std::time::{Duration, Instant};

use serde_json::Value;

use super::history::Trouble;
use super::pace::{Pace, persistently};
use super::tell::Outcome;
use super::tree::{News, Tree};
use crate::aws::{Aws, Execution, ExecutionStatus};
use crate::error::{Error, Result};
use crate::rollout::clean;

/// Looks at an execution that was just started and is not known yet. Source: Step Functions API reference, `DescribeExecution`: it is
/// eventually consistent.
const MOST_UNKNOWN: u32 = 10;

/// How long it is followed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Ended,
    /// As it is now.
    Now,
}

/// What is known of it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It was started a moment ago: AWS may not know it everywhere yet.
    JustStarted,
    ByName,
}

/// What is followed, and how.
#[derive(Clone, Copy)]
pub(crate) struct Following<'a> {
    pub(crate) aws: &'a Aws,
    /// ARN.
    pub(crate) execution: &'a str,
    pub(crate) known: Known,
    pub(crate) until: Until,
    pub(crate) pace: Pace,
    pub(crate) timeout: Duration,
    pub(crate) tell: &'a (dyn Fn(String) + Sync),
}

/// How it stood when it was no longer followed.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) execution: Execution,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) outcome: Outcome,
}

/// # Errors
/// `Precondition` where there is no such execution, `Unavailable` where AWS gave no answers, what AWS says.
pub(crate) async fn follow(following: Following<'_>) -> Result<Followed> {
    let Following {
        aws,
        execution: arn,
        pace,
        tell,
        ..
    } = following;
    let begun = Instant::now();
    let look = || persistently(aws, pace, tell, async || aws.execution(arn).await);
    let mut found = look().await?;
    for _ in 0..MOST_UNKNOWN {
        if found.is_some() || following.known == Known::ByName {
            break;
        }
        tokio::time::sleep(pace.pause(0)).await;
        found = look().await?;
    }
    let mut execution = found.ok_or_else(|| nowhere(arn))?;
    let mut tree = Tree::of(arn, boilerplates(execution.input.as_deref()));
    let (mut quiet, mut left) = (0, following.timeout);
    loop {
        let runs = matches!(
            execution.status,
            ExecutionStatus::Running | ExecutionStatus::Unknown
        );
        let news = match runs {
            // Where time runs out over a call, nothing is new.
            true => match tokio::time::timeout(left, tree.read(&following)).await {
                Ok(news) => news?,
                Err(_) => News::None,
            },
            false => tree.read(&following).await?,
        };
        left = following.timeout.saturating_sub(begun.elapsed());
        let is_late = runs && left.is_zero();
        if !runs || is_late || matches!(following.until, Until::Now) {
            return Ok(Followed {
                troubles: tree.troubles(),
                outcome: match is_late {
                    true => Outcome::Waited,
                    false => Outcome::of(execution.status),
                },
                execution,
            });
        }
        quiet = match news {
            News::Some => 0,
            News::None => quiet + 1,
        };
        tokio::time::sleep(pace.pause(quiet).min(left)).await;
        left = following.timeout.saturating_sub(begun.elapsed());
        if let Ok(found) = tokio::time::timeout(left, look()).await {
            execution = found?.ok_or_else(|| nowhere(arn))?;
        }
    }
}

/// The list `repositories` of an input.
pub(super) fn boilerplates(input: Option<&str>) -> Vec<String> {
    let input: Value = serde_json::from_str(input.unwrap_or_default()).unwrap_or(Value::Null);
    let list = input["repositories"].as_array();
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn nowhere(arn: &str) -> Error {
    Error::precondition(format!("there is no execution `{}`", clean(arn, 300)))
        .hint("check its name, --region and the account; Step Functions forgets executions 90 days after their end")
}
