//! One order, one execution: what is there under its name decides whether anything is started.

use crate::aws::{Aws, Execution, ExecutionStatus, Reason};
use crate::error::{Class, Error, Result};

use super::order::{Sent, numbered};
use super::pace::{Pace, persistently};

/// Executions of one order; more are no accident any more.
const MOST: u32 = 99;

/// Whether an order that has ended is carried out once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    Yes,
    No,
}

/// What is to be done about an order.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// Under this name.
    Start(String),
    /// It is under way.
    Join(Box<Execution>),
    /// It was carried out.
    Done(Box<Execution>),
    /// It was tried, and is not tried again unasked.
    Failed(Box<Execution>),
}

/// An execution of the order.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    /// ARN.
    pub(crate) execution: String,
    pub(crate) started: bool,
}

/// Looks for executions of the order, in their order, and decides.
///
/// # Errors
/// What AWS says; `Precondition` beyond the most that are kept apart.
pub(crate) async fn choose(
    aws: &Aws,
    machine: &str,
    sent: &Sent,
    again: Again,
    pace: Pace,
    tell: &dyn Fn(String),
) -> Result<Choice> {
    let mut last: Option<Execution> = None;
    for number in 1..=MOST {
        let arn = execution_arn(machine, &numbered(&sent.name, number));
        let found = persistently(aws, pace, tell, async || aws.execution(&arn).await).await?;
        match found {
            Some(found) => last = Some(found),
            None => return Ok(decide(last, numbered(&sent.name, number), again)),
        }
    }
    Err(Error::precondition(format!("there are {MOST} executions of this order already"))
        .hint("order something else, or find out why it does not succeed: `baws-ci provision status` tells"))
}

fn decide(last: Option<Execution>, next: String, again: Again) -> Choice {
    let Some(last) = last else {
        return Choice::Start(next);
    };
    match (last.status, again) {
        (ExecutionStatus::Running | ExecutionStatus::Unknown, _) => Choice::Join(Box::new(last)),
        (ExecutionStatus::Succeeded, Again::No) => Choice::Done(Box::new(last)),
        (
            ExecutionStatus::Failed | ExecutionStatus::TimedOut | ExecutionStatus::Aborted,
            Again::No,
        ) => Choice::Failed(Box::new(last)),
        (
            ExecutionStatus::Succeeded
            | ExecutionStatus::Failed
            | ExecutionStatus::TimedOut
            | ExecutionStatus::Aborted,
            Again::Yes,
        ) => Choice::Start(next),
    }
}

/// Starts it under that name. An answer that was lost is asked for again: of one name and one input nothing is started twice.
///
/// # Errors
/// What AWS says.
pub(crate) async fn begin(
    aws: &Aws,
    machine: &str,
    name: &str,
    sent: &Sent,
    pace: Pace,
    tell: &dyn Fn(String),
) -> Result<Begun> {
    let start = async || match aws.start_execution(machine, name, &sent.text).await {
        Ok(arn) => Ok(Begun {
            execution: arn,
            started: true,
        }),
        // Somebody else's was quicker, or the answer was lost and it is over already.
        Err(failure) if failure.reason == Reason::AlreadyExists => Ok(Begun {
            execution: execution_arn(machine, name),
            started: false,
        }),
        Err(failure) => Err(failure),
    };
    let begun = persistently(aws, pace, tell, start).await;
    begun.map_err(|error| match error.class() == Class::Precondition {
        true => error.hint(
            "the platform's operator checks that the state machine is there: --state-machine, or the parameter that names it",
        ),
        false => error,
    })
}

/// Of a standard machine's execution. Source: Service Authorization Reference, "Resource types defined by AWS Step Functions".
pub(crate) fn execution_arn(machine: &str, name: &str) -> String {
    format!(
        "{}:{name}",
        machine.replacen(":stateMachine:", ":execution:", 1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: ExecutionStatus) -> Option<Execution> {
        Some(Execution {
            arn: "arn".to_owned(),
            name: "n".to_owned(),
            status,
            started_ms: 0,
            stopped_ms: None,
            input: None,
            output: None,
            error: None,
            cause: None,
        })
    }

    #[test]
    fn what_is_there_decides() {
        let chosen = |status, again| match decide(ended(status), "n-2".to_owned(), again) {
            Choice::Start(name) => name,
            Choice::Join(_) => "join".to_owned(),
            Choice::Done(_) => "done".to_owned(),
            Choice::Failed(_) => "failed".to_owned(),
        };
        use ExecutionStatus::{Aborted, Failed, Running, Succeeded, TimedOut};
        for again in [Again::No, Again::Yes] {
            assert_eq!(chosen(Running, again), "join");
        }
        assert_eq!(chosen(Succeeded, Again::No), "done");
        for status in [Failed, TimedOut, Aborted] {
            assert_eq!(chosen(status, Again::No), "failed");
        }
        for status in [Succeeded, Failed, TimedOut, Aborted] {
            assert_eq!(chosen(status, Again::Yes), "n-2");
        }
        assert!(
            matches!(decide(None, "n".to_owned(), Again::No), Choice::Start(name) if name == "n")
        );
        assert_eq!(
            execution_arn("arn:aws:states:eu-west-1:1:stateMachine:baws", "n"),
            "arn:aws:states:eu-west-1:1:execution:baws:n"
        );
    }
}
