//! A stack of CloudFormation: its outputs, and what happened in it. Source: CloudFormation API reference, `DescribeStacks` and
//! `DescribeStackEvents`.

use super::query::{CLOUDFORMATION, child, members};
use super::{Aws, Call, Failure, Reason};

/// A stack as it stands.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) outputs: Vec<(String, String)>,
}

/// One event; the newest comes first.
#[derive(Clone, Debug)]
pub(crate) struct StackEvent {
    /// ISO 8601.
    pub(crate) at: String,
    /// What the stack's template calls it.
    pub(crate) resource: String,
    /// Such as `AWS::ECS::Service`.
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
}

impl Aws {
    /// `None`: there is no such stack.
    pub(crate) async fn stack(&self, name: &str) -> Result<Option<Stack>, Failure> {
        let call = self.stack_call("DescribeStacks", name, "look at");
        let read = |root: roxmltree::Node<'_, '_>| {
            let stack = *members(root, "Stacks").first()?;
            let output = |one| Some((child(one, "OutputKey")?, child(one, "OutputValue")?));
            Some(Stack {
                name: child(stack, "StackName")?,
                status: child(stack, "StackStatus")?,
                outputs: members(stack, "Outputs")
                    .into_iter()
                    .filter_map(output)
                    .collect(),
            })
        };
        let parameters = [("StackName", name)];
        match self.query(CLOUDFORMATION, call, &parameters, read).await {
            Ok(found) => Ok(Some(found)),
            Err(failure) if is_missing(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The newest page; `None`: there is no such stack.
    pub(crate) async fn stack_events(
        &self,
        name: &str,
    ) -> Result<Option<Vec<StackEvent>>, Failure> {
        let call = self.stack_call("DescribeStackEvents", name, "read the events of");
        let read = |root: roxmltree::Node<'_, '_>| {
            let event = |one| {
                Some(StackEvent {
                    at: child(one, "Timestamp")?,
                    resource: child(one, "LogicalResourceId")?,
                    kind: child(one, "ResourceType").unwrap_or_default(),
                    status: child(one, "ResourceStatus")?,
                    reason: child(one, "ResourceStatusReason"),
                })
            };
            let events = members(root, "StackEvents").into_iter();
            Some(events.filter_map(event).collect())
        };
        let parameters = [("StackName", name)];
        match self.query(CLOUDFORMATION, call, &parameters, read).await {
            Ok(found) => Ok(Some(found)),
            Err(failure) if is_missing(&failure) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn stack_call(&self, action: &'static str, name: &str, verb: &str) -> Call {
        let resource = self.arn_in_any_account("cloudformation", &format!("stack/{name}/*"));
        self.query_call(
            CLOUDFORMATION,
            action,
            resource,
            format!("{verb} the stack `{name}`"),
        )
    }
}

/// CloudFormation calls a stack that is not there a validation error, and no other answer to a sound name is one.
fn is_missing(failure: &Failure) -> bool {
    failure.reason == Reason::InvalidParameter
}
