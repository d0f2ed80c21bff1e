//! The life-cycle hook of this host's Auto Scaling group: kept waiting while jobs run, and told when they have ended.
//!
//! Refuses to tell it anything where the group does not wait for this instance. Source: Amazon EC2 Auto Scaling User Guide,
//! "Amazon EC2 Auto Scaling lifecycle hooks": an instance is in `Terminating:Wait` until the hook is completed or its time is over.

use std::convert::Infallible;
use std::time::Duration;

use tokio::time::sleep;

use crate::aws::{Aws, GroupMember, Instance, Leaving, OpenHook};
use crate::error::{Error, Result};

/// Hooks wait for 30 s at least.
const BEAT: Duration = Duration::from_secs(20);
/// How often the metadata are asked whether the instance has to go.
const LOOK: Duration = Duration::from_secs(5);
/// Between `Terminating` and `Terminating:Wait` other hooks and load balancers have their turn.
const PATIENCE: u32 = 60;
const WAITS: &str = "Terminating:Wait";

/// A hook that may wait for this host.
pub(crate) struct Hook {
    aws: Aws,
    open: OpenHook,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Completed {
    Yes,
    /// The group does not wait for this instance; its state.
    NotWaiting(String),
}

/// Until this host is taken away; why. Within a runtime.
pub(crate) async fn until_leaving(instance: &Instance) -> Leaving {
    loop {
        if let Some(leaving) = instance.leaving().await {
            return leaving;
        }
        sleep(LOOK).await;
    }
}

impl Hook {
    /// # Errors
    /// `Precondition` where the instance belongs to no group; AWS's own.
    pub(crate) async fn of(aws: Aws, instance: &Instance, name: &str) -> Result<Self> {
        let member = aws.group_of(&instance.id).await?;
        let GroupMember { group, .. } = member.ok_or_else(|| {
            Error::precondition(format!(
                "the instance `{}` belongs to no Auto Scaling group",
                instance.id
            ))
            .hint("leave --lifecycle-hook away")
        })?;
        let open = OpenHook {
            hook: name.to_owned(),
            group,
            instance: instance.id.clone(),
        };
        Ok(Hook { aws, open })
    }

    /// Keeps it waiting, for as long as this is polled. What fails is tried again with the next beat.
    pub(crate) async fn keep(&self, tell: &dyn Fn(String)) -> Infallible {
        let mut warned = false;
        loop {
            let waits = self.aws.group_of(&self.open.instance).await;
            let waits = waits.is_ok_and(|member| member.is_some_and(|one| one.state == WAITS));
            if waits
                && let Err(failure) = self.aws.prolong(&self.open).await
                && !warned
            {
                warned = true;
                tell(format!(
                    "The hook could not be kept waiting: {}",
                    Error::from(failure).message()
                ));
            }
            sleep(BEAT).await;
        }
    }

    /// # Errors
    /// AWS's own; the hook goes on waiting then, until its time is over.
    pub(crate) async fn complete(&self) -> Result<Completed> {
        for _ in 0..PATIENCE {
            let member = self.aws.group_of(&self.open.instance).await?;
            let state = member.map_or_else(|| "in no group".to_owned(), |one| one.state);
            match state.as_str() {
                WAITS => {
                    self.aws.let_go(&self.open).await?;
                    return Ok(Completed::Yes);
                }
                "Terminating" => sleep(LOOK).await,
                _ => return Ok(Completed::NotWaiting(state)),
            }
        }
        Ok(Completed::NotWaiting("Terminating".to_owned()))
    }
}
