//! The calls of [`Place`] on this machine's engine. Each look takes the step that is due.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::state::{Going, Stands};
use super::{Local, names};
use crate::deploy::place::{
    Answered, Digests, HookAnswer, OneOff, Place, Seen, TaskSelection, Trouble, TroubleKind, Update,
};
use crate::docker::Failure;
use crate::error::{Class, Error};
use crate::rollout::{At, Definition, Logs, Revision, Service, ServiceDeployment, Task};

/// Looks for which a container without a health check must run, before it counts as healthy: 2 s with a look every second.
const SETTLED_LOOKS: u32 = 2;
const CONNECT: Duration = Duration::from_millis(200);
const LONGEST_LOG: usize = 64 * 1024;

impl Place for Local<'_> {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    async fn wait(&self, how_long: Duration) {
        tokio::time::sleep(how_long).await;
    }

    async fn service(&self) -> Answered<Option<Seen>> {
        let mut stands = self.stands().await.map_err(trouble)?;
        let mut going = stands.going(self.is_settled(&stands));
        if going == Some(Going::Healthy) {
            self.take_over(&stands).await.map_err(trouble)?;
            stands = self.stands().await.map_err(trouble)?;
            going = stands.going(false);
        }
        let service = match going {
            Some(going) => stands.service(going),
            None => self.first(),
        };
        Ok(service.map(|service| Seen { service, at: now() }))
    }

    async fn definition(&self, arn: &str) -> Answered<Definition> {
        let found = match self.registered_as(arn) {
            Some(own) => Some(own),
            None => self.stands().await.map_err(trouble)?.definition(arn),
        };
        found.map(Definition::of).ok_or_else(|| Trouble {
            kind: TroubleKind::NotFound,
            error: Error::precondition(format!("there is no revision `{arn}` on this engine")),
        })
    }

    async fn register(&self, definition: &Value) -> Answered<String> {
        let stands = self.stands().await.map_err(trouble)?;
        let mut registered = self.registered.borrow_mut();
        let newest = registered.keys().last().copied().unwrap_or(0);
        let revision = stands.newest_revision().max(newest) + 1;
        let mut definition = definition.clone();
        names::renumber(&mut definition, &self.name, revision);
        registered.insert(revision, definition);
        Ok(names::arn(&self.name, revision))
    }

    async fn update(&self, update: &Update) -> Answered<Service> {
        if update.desired.is_some_and(|count| count > 1) {
            return Err(unsupported("a local service is one container"));
        }
        if update.definition.is_none() && !update.force {
            self.switch(update.desired != Some(0))
                .await
                .map_err(refused)?;
        } else {
            let arn = match &update.definition {
                Some(arn) => arn.clone(),
                None => {
                    let seen = self.service().await?;
                    seen.map(|seen| seen.service.task_definition)
                        .unwrap_or_default()
                }
            };
            let definition = self.definition(&arn).await?;
            let number = u64::try_from(now().0).unwrap_or(0);
            self.begin(definition.value(), number)
                .await
                .map_err(refused)?;
        }
        let stands = self.stands().await.map_err(trouble)?;
        let going = stands.going(false).unwrap_or(Going::Starting);
        // A container that has ended at once is seen so by the next look.
        let going = match going {
            Going::Failed if update.force || update.definition.is_some() => Going::Starting,
            other => other,
        };
        stands
            .service(going)
            .ok_or_else(|| unsupported("the service is not there"))
    }

    async fn service_deployments(&self, _since: At) -> Answered<Vec<ServiceDeployment>> {
        Err(unsupported("an engine keeps no service deployments"))
    }

    async fn service_deployment(&self, _arn: &str) -> Answered<Option<ServiceDeployment>> {
        Err(unsupported("an engine keeps no service deployments"))
    }

    async fn revision(&self, _arn: &str) -> Answered<Option<Revision>> {
        Err(unsupported("an engine keeps no service revisions"))
    }

    async fn tasks(&self, which: TaskSelection) -> Answered<Vec<Task>> {
        let stands = self.stands().await.map_err(trouble)?;
        let mut digests = BTreeMap::new();
        for one in stands.each() {
            let facts = self
                .engine
                .image(&one.found.image_id)
                .await
                .map_err(trouble)?;
            let digest = facts.map(|facts| Local::digest(&one.labels.image(), &facts));
            digests.insert(one.container.clone(), digest.unwrap_or_default());
        }
        let is_running = which == TaskSelection::Running;
        Ok(stands.tasks(is_running, |container| {
            digests.get(container).cloned().unwrap_or_default()
        }))
    }

    async fn roll_back(&self, _service_deployment: &str) -> Answered<()> {
        Err(unsupported("an engine keeps no service deployments"))
    }

    async fn answer_hook(&self, _deployment: &str, _hook: &str, _: HookAnswer) -> Answered<()> {
        Err(unsupported("an engine knows no hooks"))
    }

    /// `task_id` is the container's name.
    async fn log(
        &self,
        _logs: &Logs,
        _container: &str,
        task_id: &str,
        lines: u32,
    ) -> Answered<Vec<String>> {
        let printed = self.engine.printed(task_id, LONGEST_LOG).await;
        let printed = printed.map_err(trouble)?;
        let text = String::from_utf8_lossy(&printed);
        let all: Vec<&str> = text.lines().collect();
        let from = all.len().saturating_sub(lines as usize);
        Ok(all[from..].iter().map(|line| (*line).to_owned()).collect())
    }

    async fn digests(&self, image: &str) -> Answered<Option<Digests>> {
        match self.present(image).await {
            Ok((_, facts)) => Ok(Some(Digests {
                digest: Local::digest(image, &facts),
                platforms: vec![(facts.id, facts.platform)],
            })),
            Err(error) if error.class() == Class::Precondition => Ok(None),
            Err(error) => Err(refused(error)),
        }
    }

    async fn run(&self, task: &OneOff) -> Answered<Task> {
        let definition = self.definition(&task.definition).await?;
        self.run_once(&definition, task).await
    }

    async fn task(&self, arn: &str) -> Answered<Option<Task>> {
        self.ran(arn).await
    }

    async fn stop_task(&self, arn: &str, _reason: &str) -> Answered<()> {
        self.engine.kill(arn).await.map_err(trouble)
    }
}

impl Local<'_> {
    fn registered_as(&self, arn: &str) -> Option<Value> {
        let registered = self.registered.borrow();
        let found = registered
            .values()
            .find(|one| one["taskDefinitionArn"] == *arn);
        found.cloned()
    }

    /// A service that was prepared and has no container yet.
    fn first(&self) -> Option<Service> {
        let registered = self.registered.borrow();
        let arn = registered.values().last()?["taskDefinitionArn"].as_str()?;
        Some(Service {
            name: self.name.clone(),
            cluster_arn: "local".to_owned(),
            desired: 1,
            task_definition: arn.to_owned(),
            breaker: crate::rollout::Breaker::Rollback,
            ..Service::default()
        })
    }

    /// Whether the newest container has run for long enough, and answers at its port where it has one.
    fn is_settled(&self, stands: &Stands) -> bool {
        let Some(newest) = stands.newest().filter(|one| one.found.running) else {
            return false;
        };
        // Counted from its own start: making it may have taken longer than this on a busy engine.
        let began = newest.found.began_ms().map(At);
        if began.is_none_or(|began| now().since(began) < self.poll * SETTLED_LOOKS) {
            return false;
        }
        // Not at the published port: there the engine's own proxy answers.
        let address = newest
            .found
            .addresses
            .first()
            .and_then(|one| one.parse().ok());
        let port = newest.labels.port();
        address
            .zip(port)
            .is_none_or(|(address, port): (IpAddr, u16)| {
                TcpStream::connect_timeout(&SocketAddr::new(address, port), CONNECT).is_ok()
            })
    }
}

pub(super) fn now() -> At {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map(|since| since.as_millis()).unwrap_or(0);
    At(i64::try_from(millis).unwrap_or(0))
}

pub(super) fn trouble(failure: Failure) -> Trouble {
    refused(failure.into())
}

pub(super) fn refused(error: Error) -> Trouble {
    let kind = match error.class() {
        Class::Precondition => TroubleKind::NotFound,
        Class::Refused | Class::Denied => TroubleKind::Denied,
        Class::Usage => TroubleKind::Invalid,
        Class::Script(_) | Class::Drift | Class::Ended(_) | Class::Cancelled(_) | Class::System => {
            TroubleKind::Other
        }
    };
    Trouble { kind, error }
}

pub(super) fn unsupported(what: &str) -> Trouble {
    Trouble {
        kind: TroubleKind::Unsupported,
        error: Error::precondition(what),
    }
}
