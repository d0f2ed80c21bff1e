//! One service on ECS: every call of [`Place`] as calls of AWS.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;

use super::Fleet;
use super::troubles::Effect;
use crate::aws::ImageId;
use crate::deploy::place::{
    Answered, Digests, HookAnswer, OneOff, Place, Seen, TaskSelection, Trouble, TroubleKind, Update,
};
use crate::ecr_host::EcrHost;
use crate::error::{Cause, Error};
use crate::image_ref::ImageRef;
use crate::rollout::{
    At, Definition, Logs, Revision, Service, ServiceArn, ServiceDeployment, Task,
};

pub(crate) struct EcsPlace<'a> {
    fleet: &'a Fleet,
    service: ServiceArn,
    calls: AtomicU64,
}

impl<'a> EcsPlace<'a> {
    pub(super) fn of(fleet: &'a Fleet, service: ServiceArn) -> Self {
        EcsPlace {
            fleet,
            service,
            calls: AtomicU64::new(0),
        }
    }

    fn counted(&self, calls: u32) -> u32 {
        self.calls.fetch_add(calls.into(), Ordering::Relaxed);
        calls
    }
}

impl Place for EcsPlace<'_> {
    fn now(&self) -> Duration {
        self.fleet.now()
    }

    async fn wait(&self, how_long: Duration) {
        self.fleet.sleep(how_long).await;
    }

    fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    async fn service(&self) -> Answered<Option<Seen>> {
        self.counted(1);
        self.fleet.look(&self.service).await
    }

    async fn definition(&self, arn: &str) -> Answered<Definition> {
        self.counted(1);
        self.fleet.definition(arn).await
    }

    async fn register(&self, definition: &Value) -> Answered<String> {
        let calls = self.counted(1);
        let aws = &self.fleet.aws;
        self.fleet
            .persist(Effect::Write, calls, || aws.register_definition(definition))
            .await
    }

    async fn update(&self, update: &Update) -> Answered<Service> {
        let calls = self.counted(1);
        self.fleet
            .persist(Effect::Write, calls, || {
                self.fleet.aws.update_service(&self.service, update)
            })
            .await
    }

    async fn service_deployments(&self, since: At) -> Answered<Vec<ServiceDeployment>> {
        let calls = self.counted(2);
        self.fleet
            .persist(Effect::Read, calls, || {
                self.fleet.aws.service_deployments(&self.service, since)
            })
            .await
    }

    async fn service_deployment(&self, arn: &str) -> Answered<Option<ServiceDeployment>> {
        let calls = self.counted(1);
        self.fleet
            .persist(Effect::Read, calls, || {
                self.fleet.aws.service_deployment(&self.service, arn)
            })
            .await
    }

    async fn revision(&self, arn: &str) -> Answered<Option<Revision>> {
        let calls = self.counted(1);
        self.fleet
            .persist(Effect::Read, calls, || self.fleet.aws.service_revision(arn))
            .await
    }

    async fn tasks(&self, which: TaskSelection) -> Answered<Vec<Task>> {
        let calls = self.counted(2);
        self.fleet
            .persist(Effect::Read, calls, || {
                self.fleet.aws.tasks_of(&self.service, which)
            })
            .await
    }

    async fn roll_back(&self, service_deployment: &str) -> Answered<()> {
        let calls = self.counted(1);
        self.fleet
            .persist(Effect::Write, calls, || {
                self.fleet.aws.roll_back_deployment(service_deployment)
            })
            .await
    }

    async fn answer_hook(
        &self,
        service_deployment: &str,
        hook: &str,
        answer: HookAnswer,
    ) -> Answered<()> {
        let calls = self.counted(1);
        self.fleet
            .persist(Effect::Write, calls, || {
                self.fleet.aws.answer_hook(service_deployment, hook, answer)
            })
            .await
    }

    /// Source: ECS developer guide, "awslogs log driver": the stream is `prefix/container/task id`.
    async fn log(
        &self,
        logs: &Logs,
        container: &str,
        task_id: &str,
        lines: u32,
    ) -> Answered<Vec<String>> {
        let Some(prefix) = &logs.stream_prefix else {
            return Ok(Vec::new());
        };
        let stream = format!("{prefix}/{container}/{task_id}");
        self.fleet
            .persist(Effect::Read, 0, || {
                self.fleet
                    .aws
                    .last_lines(&logs.region, &logs.group, &stream, lines)
            })
            .await
    }

    /// Images of other registries than ECR are not asked about.
    async fn digests(&self, image: &str) -> Answered<Option<Digests>> {
        let reference: ImageRef = image.parse().map_err(|why: String| Trouble {
            kind: TroubleKind::Invalid,
            error: Error::usage(format!("`{}` is no image", image.escape_debug()))
                .caused_by(Cause::line(why)),
        })?;
        let host = reference
            .registry()
            .and_then(|host| host.parse::<EcrHost>().ok());
        let Some(host) = host.filter(|host| host.region() == self.service.region()) else {
            return Err(Trouble {
                kind: TroubleKind::Unsupported,
                error: Error::precondition(format!(
                    "the registry of `{reference}` is not asked what the image is: it is no ECR in `{}`",
                    self.service.region()
                )),
            });
        };
        let by = match (reference.digest(), reference.tag()) {
            (Some(digest), _) => ImageId::Digest(digest),
            (None, Some(tag)) => ImageId::Tag(tag),
            (None, None) => ImageId::Tag("latest"),
        };
        self.fleet
            .persist(Effect::Read, 0, || {
                self.fleet
                    .aws
                    .meaning(host.account(), reference.repository(), by)
            })
            .await
    }

    async fn run(&self, task: &OneOff) -> Answered<Task> {
        let calls = self.counted(2);
        // One token, one task: it may be sent again.
        self.fleet
            .persist(Effect::Read, calls, || {
                self.fleet.aws.run_beside(&self.service, task)
            })
            .await
    }

    async fn task(&self, arn: &str) -> Answered<Option<Task>> {
        let calls = self.counted(1);
        let cluster = self.service.cluster_arn();
        self.fleet
            .persist(Effect::Read, calls, || self.fleet.aws.task(&cluster, arn))
            .await
    }

    async fn stop_task(&self, arn: &str, reason: &str) -> Answered<()> {
        let calls = self.counted(1);
        let cluster = self.service.cluster_arn();
        self.fleet
            .persist(Effect::Write, calls, || {
                self.fleet.aws.stop_task(&cluster, arn, reason)
            })
            .await
    }
}
