//! What the simulated ECS answers.

use std::time::Duration;

use serde_json::{Value, json};

use super::world::DEFINITION;
use super::{Answer, IMAGE, Simulated, WANTED};
use crate::deploy::place::{
    Answered, Digests, HookAnswer, OneOff, Place, Seen, TaskSelection, TroubleKind, Update,
};
use crate::rollout::{
    At, Container, Definition, Logs, Revision, RevisionImage, Service, ServiceDeployment, Task,
};

impl Place for Simulated {
    fn now(&self) -> Duration {
        Duration::from_millis(self.now_ms.get())
    }

    async fn wait(&self, how_long: Duration) {
        let ms = u64::try_from(how_long.as_millis()).unwrap_or(u64::MAX);
        self.now_ms.set(self.now_ms.get() + ms);
    }

    async fn service(&self) -> Answered<Option<Seen>> {
        self.count();
        let since = self.now_ms.get() - 3_600_000;
        if self
            .plot
            .unreadable
            .is_some_and(|(from, to)| since >= from && since < to)
        {
            return self.touched(TroubleKind::Unavailable, "no answer");
        }
        self.reads.set(self.reads.get() + 1);
        let lag = self.lag_left.get();
        self.lag_left.set(lag.saturating_sub(1));
        Ok(Some(Seen {
            service: self.service_now(lag > 0),
            at: Simulated::at(self.now_ms.get() / 1000 * 1000),
        }))
    }

    async fn definition(&self, _arn: &str) -> Answered<Definition> {
        self.count();
        Ok(Definition::of(json!({
            "taskDefinitionArn": DEFINITION, "family": "app",
            "containerDefinitions": [{"name": "app", "image": format!("{IMAGE}:latest")}],
        })))
    }

    async fn register(&self, _definition: &Value) -> Answered<String> {
        self.count();
        Ok(DEFINITION.to_owned())
    }

    async fn update(&self, _update: &Update) -> Answered<Service> {
        self.count();
        let is_first = self.updates.borrow().is_empty();
        self.updates
            .borrow_mut()
            .push((self.now_ms.get(), self.reads.get()));
        match self.plot.answer {
            Answer::LostBeforeLanding if is_first => self.touched(TroubleKind::Unknown, "reset"),
            Answer::LostAfterLanding if is_first => {
                self.begin();
                self.touched(TroubleKind::Unknown, "reset")
            }
            Answer::Comes | Answer::LostAfterLanding | Answer::LostBeforeLanding => {
                self.begin();
                Ok(self.service_now(false))
            }
        }
    }

    async fn service_deployments(&self, since: At) -> Answered<Vec<ServiceDeployment>> {
        self.count();
        if !self.plot.is_modern {
            return self.touched(TroubleKind::Denied, "denied");
        }
        let mut kept = self.kept();
        kept.retain(|one| one.created_at >= since);
        Ok(kept)
    }

    async fn service_deployment(&self, arn: &str) -> Answered<Option<ServiceDeployment>> {
        self.count();
        Ok(self.kept().into_iter().find(|one| one.arn == arn))
    }

    async fn revision(&self, arn: &str) -> Answered<Option<Revision>> {
        self.count();
        let begun = self.begun.borrow();
        let own = begun
            .iter()
            .find(|one| Simulated::revision_arn(one.number) == arn);
        Ok(own.map(|one| Revision {
            images: vec![RevisionImage {
                container: "app".to_owned(),
                image: format!("{IMAGE}:latest"),
                digest: Some(one.digest.clone()),
            }],
            ..Revision::default()
        }))
    }

    async fn tasks(&self, which: TaskSelection) -> Answered<Vec<Task>> {
        self.count();
        if which == TaskSelection::Stopped {
            return Ok(Vec::new());
        }
        let (listed, _) = self.listed();
        let tasks = listed.iter().flat_map(|one| {
            (0..one.running).map(|index| Task {
                arn: format!("task/{}-{index}", one.number),
                started_by: format!("ecs-svc/{}", one.number),
                last_status: "RUNNING".to_owned(),
                containers: vec![Container {
                    name: "app".to_owned(),
                    image_digest: Some(one.digest.clone()),
                    ..Container::default()
                }],
                ..Task::default()
            })
        });
        Ok(tasks.collect())
    }

    async fn roll_back(&self, _service_deployment: &str) -> Answered<()> {
        self.count();
        self.touched(TroubleKind::Unsupported, "not offered")
    }

    async fn answer_hook(&self, _: &str, _: &str, _: HookAnswer) -> Answered<()> {
        self.touched(TroubleKind::Unsupported, "not offered")
    }

    async fn log(&self, _: &Logs, _: &str, _: &str, _: u32) -> Answered<Vec<String>> {
        Ok(Vec::new())
    }

    async fn digests(&self, _image: &str) -> Answered<Option<Digests>> {
        Ok(Some(Digests {
            digest: WANTED.to_owned(),
            platforms: Vec::new(),
        }))
    }

    async fn run(&self, _task: &OneOff) -> Answered<Task> {
        self.touched(TroubleKind::Unsupported, "not offered")
    }

    async fn task(&self, _arn: &str) -> Answered<Option<Task>> {
        Ok(None)
    }

    async fn stop_task(&self, _arn: &str, _reason: &str) -> Answered<()> {
        Ok(())
    }
}
