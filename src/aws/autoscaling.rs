//! An instance of an Auto Scaling group on its way out. Source: Amazon EC2 Auto Scaling API reference,
//! `DescribeAutoScalingInstances`, `RecordLifecycleActionHeartbeat`, `CompleteLifecycleAction`.

use super::query::{AUTOSCALING, child, members};
use super::{Aws, Failure};

/// Where an instance stands in its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupMember {
    pub(crate) group: String,
    /// `InService`, `Terminating`, `Terminating:Wait` …
    pub(crate) state: String,
}

/// A life-cycle hook that waits for one instance.
#[derive(Clone, Debug)]
pub(crate) struct OpenHook {
    pub(crate) hook: String,
    pub(crate) group: String,
    pub(crate) instance: String,
}

impl Aws {
    /// `None`: it belongs to no group.
    pub(crate) async fn group_of(&self, instance: &str) -> Result<Option<GroupMember>, Failure> {
        let action = "DescribeAutoScalingInstances";
        let doing = format!("look for the Auto Scaling group of `{instance}`");
        let call = self.query_call(AUTOSCALING, action, "*".to_owned(), doing);
        let read = |root: roxmltree::Node<'_, '_>| {
            let found = members(root, "AutoScalingInstances").first().copied();
            let member = |one| {
                Some(GroupMember {
                    group: child(one, "AutoScalingGroupName")?,
                    state: child(one, "LifecycleState")?,
                })
            };
            Some(found.and_then(member))
        };
        let parameters = [("InstanceIds.member.1", instance)];
        self.query(AUTOSCALING, call, &parameters, read).await
    }

    /// The time-out of the hook begins anew.
    pub(crate) async fn prolong(&self, open: &OpenHook) -> Result<(), Failure> {
        self.tell_hook("RecordLifecycleActionHeartbeat", open, &[])
            .await
    }

    /// The instance goes.
    pub(crate) async fn let_go(&self, open: &OpenHook) -> Result<(), Failure> {
        let result = [("LifecycleActionResult", "CONTINUE")];
        self.tell_hook("CompleteLifecycleAction", open, &result)
            .await
    }

    async fn tell_hook(
        &self,
        action: &'static str,
        open: &OpenHook,
        more: &[(&str, &str)],
    ) -> Result<(), Failure> {
        let group = format!("autoScalingGroup:*:autoScalingGroupName/{}", open.group);
        let resource = self.arn_in_any_account("autoscaling", &group);
        let doing = format!("tell the life-cycle hook `{}`", open.hook);
        let call = self.query_call(AUTOSCALING, action, resource, doing);
        let mut parameters = vec![
            ("LifecycleHookName", open.hook.as_str()),
            ("AutoScalingGroupName", open.group.as_str()),
            ("InstanceId", open.instance.as_str()),
        ];
        parameters.extend(more);
        self.query(AUTOSCALING, call, &parameters, |_| Some(()))
            .await
    }
}
