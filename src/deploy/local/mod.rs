//! A service on this machine's engine in the place of one on ECS: one container, and the same states.
//!
//! The engine is the memory: labels say which service, which deployment and which definition a container is of. The one
//! that bears the service's own name is the one that stands; a new one has its number behind it, and gets the name when it
//! is healthy. Until then the old one runs on, and it stays where the new one fails. Nothing runs in between: each look
//! takes the step that is due, so that a run that is killed leaves what the next one goes on with.
//! Refuses what a job's container is refused: privilege, host directories, the engine's socket.
//! Read next: `names` (labels), `state` (from containers to a service, pure), `place` (the calls).

mod names;
mod one_off;
mod place;
mod state;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::docker::{ContainerSpec, Engine, Failure, ImageFacts};
use crate::error::Error;
use crate::image_ref::ImageRef;

use names::{Labels, OFF, SERVICE};
use state::{Deployed, Stands};

/// Between asking a container to end and ending it.
const GRACE_SECS: i32 = 10;
/// Containers that stood once and are kept, stopped, to go back to.
const KEPT: usize = 3;

/// One service of this machine.
pub(crate) struct Local<'e> {
    engine: &'e Engine,
    name: String,
    begun: Instant,
    poll: Duration,
    /// Made, and not deployed yet.
    registered: RefCell<BTreeMap<u32, Value>>,
}

impl<'e> Local<'e> {
    pub(crate) fn of(engine: &'e Engine, name: &str, poll: Duration) -> Self {
        Local {
            engine,
            name: name.to_owned(),
            begun: Instant::now(),
            poll,
            registered: RefCell::default(),
        }
    }

    /// Makes a service that is not there yet, for its first deployment: a definition with this image, and no container.
    ///
    /// # Errors
    /// The image is not on the engine.
    pub(crate) async fn prepare(&self, image: &str, port: Option<u16>) -> Result<(), Error> {
        self.present(image).await?;
        let stands = self.stands().await?;
        if let Some(newest) = stands.newest()
            && (port.is_none() || newest.labels.port() == port)
        {
            return Ok(());
        }
        let mut definition = names::definition(&self.name, 1, image, port);
        let revision = stands.newest_revision() + 1;
        names::renumber(&mut definition, &self.name, revision);
        self.registered.borrow_mut().insert(revision, definition);
        Ok(())
    }

    /// All names of an image on this engine, by tag and by digest.
    ///
    /// # Errors
    /// It is not there.
    pub(crate) async fn names_of(&self, image: &str) -> Result<Vec<String>, Error> {
        let (_, facts) = self.present(image).await?;
        Ok(facts.names.into_iter().chain(facts.digests).collect())
    }

    /// Where this host's programs reach the service.
    pub(crate) async fn url(&self) -> Option<String> {
        let stands = self.stands().await.ok()?;
        let port = stands.standing()?.found.published?;
        Some(format!("http://127.0.0.1:{port}"))
    }

    /// Takes the service away, with all its containers.
    ///
    /// # Errors
    /// The engine does not answer, or keeps a container.
    pub(crate) async fn remove(&self) -> Result<(), Error> {
        let all = self.engine.containers(&self.label()).await?;
        for (container, _) in all {
            self.engine.remove(&container).await?;
        }
        Ok(())
    }

    /// Removes what is not needed any more: containers that failed, and older ones than can be gone back to.
    ///
    /// # Errors
    /// The engine does not answer, or keeps a container.
    pub(crate) async fn tidy(&self) -> Result<(), Error> {
        for container in self.stands().await?.superfluous(KEPT) {
            self.engine.remove(&container).await?;
        }
        Ok(())
    }

    fn label(&self) -> String {
        format!("{SERVICE}={}", self.name)
    }

    /// Everything that the engine has of this service.
    async fn stands(&self) -> Result<Stands, Failure> {
        let mut all = Vec::new();
        let mut is_off = false;
        for (container, labels) in self.engine.containers(&self.label()).await? {
            if labels.contains_key(OFF) {
                is_off = true;
                continue;
            }
            let (Some(labels), Some(found)) =
                (Labels::read(&labels), self.engine.find(&container).await?)
            else {
                continue;
            };
            all.push(Deployed {
                container,
                labels,
                found,
            });
        }
        Ok(Stands::of(&self.name, all, is_off))
    }

    /// The image, where the engine has it: by its name, else by its id alone, as one has that was never pushed.
    async fn present(&self, image: &str) -> Result<(String, ImageFacts), Error> {
        let by_id = image
            .rsplit_once('@')
            .map(|(_, digest)| digest.to_owned())
            .or_else(|| image.starts_with("sha256:").then(|| image.to_owned()));
        for name in [Some(image.to_owned()), by_id].into_iter().flatten() {
            if let Some(facts) = self.engine.image(&name).await? {
                return Ok((name, facts));
            }
        }
        Err(
            Error::precondition(format!("there is no image `{image}` on this engine"))
                .hint("build it here (`baws-ci build`), or pull it, before it is deployed"),
        )
    }

    /// Starts a container of this definition beside the one that stands.
    async fn begin(&self, definition: &Value, number: u64) -> Result<(), Error> {
        let own = &definition["containerDefinitions"][0];
        let image = own["image"].as_str().unwrap_or_default();
        let (image, _) = self.present(image).await?;
        let container = format!("{}.{number}", self.name);
        let port = own["portMappings"][0]["containerPort"].as_u64();
        let spec = ContainerSpec {
            name: container.clone(),
            image,
            labels: names::labels(&self.name, number, definition),
            publish: port.and_then(|port| u16::try_from(port).ok()),
            ..ContainerSpec::default()
        };
        self.engine.create(&spec).await?;
        if let Err(failure) = self.engine.start(&container).await {
            // It shows in the next look, with the engine's words.
            if self.engine.find(&container).await?.is_none() {
                return Err(failure.into());
            }
        }
        Ok(())
    }

    /// Stops what stands, or lets it run again; a container that never runs says that it is off.
    async fn switch(&self, is_on: bool) -> Result<(), Error> {
        let stands = self.stands().await?;
        let Some(standing) = stands.standing() else {
            return Err(Error::precondition("nothing was deployed yet"));
        };
        let mark = format!("{}.off", self.name);
        if is_on {
            self.engine.start(&standing.container).await?;
            self.engine.remove(&mark).await?;
            return Ok(());
        }
        if self.engine.find(&mark).await?.is_none() {
            let spec = ContainerSpec {
                name: mark,
                image: standing.found.image_id.clone(),
                labels: vec![
                    (SERVICE.to_owned(), self.name.clone()),
                    (OFF.to_owned(), "1".to_owned()),
                ],
                ..ContainerSpec::default()
            };
            self.engine.create(&spec).await?;
        }
        self.engine.stop(&standing.container, GRACE_SECS).await?;
        Ok(())
    }

    /// The new one takes the place of the one that stood, which is stopped and kept.
    async fn take_over(&self, stands: &Stands) -> Result<(), Failure> {
        let Some(newest) = stands.newest() else {
            return Ok(());
        };
        if let Some(old) = stands.standing() {
            let name = format!("{}.{}", self.name, old.labels.number);
            self.engine.rename(&old.container, &name).await?;
            self.engine.stop(&name, GRACE_SECS).await?;
        }
        self.engine.rename(&newest.container, &self.name).await?;
        self.engine.remove(&format!("{}.off", self.name)).await
    }

    /// The digest by which an image is told: its registry's where it has one of that name, else its id.
    fn digest(image: &str, facts: &ImageFacts) -> String {
        let name = image
            .parse::<ImageRef>()
            .map(|one| one.canonical().name().to_owned())
            .unwrap_or_default();
        let of_registry = facts.digests.iter().find_map(|one| {
            let (repository, digest) = one.split_once('@')?;
            let repository: ImageRef = repository.parse().ok()?;
            (repository.canonical().name() == name).then(|| digest.to_owned())
        });
        of_registry.unwrap_or_else(|| facts.id.clone())
    }
}

/// How a log is named in a definition: the engine keeps it.
fn log_configuration() -> Value {
    json!({"logDriver": "awslogs", "options": {
        "awslogs-group": "engine", "awslogs-region": "local", "awslogs-stream-prefix": "container"}})
}
