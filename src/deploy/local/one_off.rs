//! One-off tasks on this machine's engine: a container beside the service, under a name that its token makes.

use super::place::{now, refused, trouble, unsupported};
use super::state::{reason, status};
use super::{Local, names};
use crate::deploy::place::{Answered, OneOff};
use crate::docker::ContainerSpec;
use crate::rollout::{Container, Definition, StopCode, Task};

/// Label of such a container.
const ONE_OFF: &str = "baws-ci.service.task";

impl Local<'_> {
    /// Starts it; a second call of the same finds the first one's.
    pub(super) async fn run_once(&self, definition: &Definition, task: &OneOff) -> Answered<Task> {
        let image = definition
            .images()
            .find(|(name, _)| *name == task.container)
            .map(|(_, image)| image.to_owned())
            .unwrap_or_default();
        let (image, _) = self.present(&image).await.map_err(refused)?;
        let token: String = task.client_token.chars().take(16).collect();
        let name = format!("{}.task-{token}", self.name);
        if self.engine.find(&name).await.map_err(trouble)?.is_none() {
            let spec = ContainerSpec {
                name: name.clone(),
                image,
                command: task.command.clone(),
                env: task
                    .environment
                    .iter()
                    .map(|(key, value)| format!("{key}={value}"))
                    .collect(),
                labels: vec![
                    (names::SERVICE.to_owned(), self.name.clone()),
                    (ONE_OFF.to_owned(), task.definition.clone()),
                ],
                ..ContainerSpec::default()
            };
            self.engine.create(&spec).await.map_err(trouble)?;
            if let Err(failure) = self.engine.start(&name).await
                && self.engine.find(&name).await.map_err(trouble)?.is_none()
            {
                return Err(trouble(failure));
            }
        }
        self.ran(&name)
            .await?
            .ok_or_else(|| unsupported("the task is not there"))
    }

    /// A task by its container's name.
    pub(super) async fn ran(&self, arn: &str) -> Answered<Option<Task>> {
        let Some(found) = self.engine.find(arn).await.map_err(trouble)? else {
            return Ok(None);
        };
        let status = status(&found);
        let exit_code = i32::try_from(found.exit_code).ok();
        let facts = self.engine.image(&found.image_id).await.map_err(trouble)?;
        Ok(Some(Task {
            arn: arn.to_owned(),
            last_status: status.to_owned(),
            desired_status: status.to_owned(),
            stop_code: (!found.running).then_some(StopCode::EssentialContainerExited),
            containers: vec![Container {
                name: self.name.clone(),
                image_digest: facts.map(|facts| facts.id),
                last_status: status.to_owned(),
                exit_code: exit_code.filter(|_| !found.running && found.was_started()),
                reason: reason(&found),
                ..Container::default()
            }],
            created_at: now(),
            ..Task::default()
        }))
    }
}
