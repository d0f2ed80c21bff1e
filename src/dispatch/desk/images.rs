//! Images for a job: built, pushed and promoted with the host's engine and rights, within the job's grant.

use std::sync::Arc;
use std::time::Duration;

use super::{JobDesk, locked};
use crate::broker::Line;
use crate::cache::{Ledger, Whose};
use crate::dispatch::audited::{Asker, ImageRecord};
use crate::dispatch::image::make;
use crate::docker::Engine;
use crate::error::{Class, Error, Result, Signal};
use crate::executor::Standing;
use crate::http;
use crate::image::{self, Access, Context, Event, Maker, Owner, Request, StepLimits};
use crate::job::{Credential, Facts};
use crate::policy::{self, Asked, Grant};
use crate::telemetry::{End, Work};

/// How what is moved is called while a build pushes its image.
const PUSHING: &str = "Pushing ";

impl JobDesk {
    pub(super) fn make_image(
        &self,
        request: &Request,
        logins: Vec<Credential>,
        facts: &Facts,
        line: &mut Line,
    ) -> Result<serde_json::Value> {
        http::warm_up();
        let mut credentials = self.credentials.clone();
        credentials.extend(logins);
        let grant = match self.standing {
            Standing::Granted => Grant::of_job(facts, &self.settings.grants, Asked::Images)?,
            Standing::Own => Grant::of_callers_job(facts),
        };
        let engine = Engine::connect(&self.settings.docker, None)?;
        let access = Access::of_job(
            &self.settings.aws,
            self.state.join("tokens"),
            facts.job_id,
            credentials,
        );
        let roles = Arc::new(self.roles(facts));
        let access = access.with_roles(Arc::clone(&roles) as Arc<dyn image::HostRoles>);
        let limits = &self.settings.executor.requests;
        let death = line.death();
        let until = Duration::from_secs(limits.timeout_secs);
        let line = std::sync::Mutex::new(line);
        let pushing = std::sync::Mutex::new(None);
        let tell = |event: Event| {
            if let (Request::Build(_), Event::Moved { what, .. }) = (request, &event)
                && what.starts_with(PUSHING)
            {
                let mut pushing = locked(&pushing);
                pushing.get_or_insert_with(|| self.diary.span(Work::Request("push".to_owned())));
            }
            if let Ok(event) = serde_json::to_vec(&event) {
                locked(&line).tell(&event);
            }
        };
        let mut context = || {
            let (entries, wants) = locked(&line).context()?;
            Ok(Context { entries, wants })
        };
        let docker = &self.settings.executor.docker;
        let whose = Whose {
            key: facts.side_key.clone(),
            project: facts.project.clone(),
            side: facts.protection.to_string(),
        };
        let ledger = Ledger::of(&self.state, whose);
        let maker = Maker {
            engine: &engine,
            access: &access,
            grant: &grant,
            owner: &Owner::Project(facts.side_key.clone()),
            ecr: &self.settings.aws.ecr,
            limits: StepLimits {
                memory_bytes: amount(docker.memory.as_deref(), policy::bytes, "memory")?,
                nano_cpus: amount(docker.cpus.as_deref(), policy::nano_cpus, "cpus")?,
            },
            build_args: &limits.build_args,
            state: &self.state,
            used: Some(&ledger),
            min_free_bytes: amount(
                Some(&limits.min_free_disk),
                policy::bytes,
                "executor.requests.min_free_disk",
            )?
            .unwrap_or(0),
            tell: &tell,
        };
        if let Request::Features { builder } = request {
            return engine.block_on(image::features(&engine, *builder));
        }
        let warn = |text: String| tell(Event::Warning(text));
        let record = engine.block_on(async {
            let login = match self.settings.audit.is_on() {
                true => roles.login().await,
                false => None,
            };
            ImageRecord::begin(
                request,
                &grant,
                Asker::Job { facts, login },
                Some(&*roles),
                &self.settings,
                &self.state,
                &warn,
            )
            .await
        })?;
        let work = make(&maker, request, &mut context);
        let done = engine.block_on(async {
            let work = std::pin::pin!(tokio::time::timeout(until, work));
            let death = std::pin::pin!(death);
            match futures_util::future::select(work, death).await {
                futures_util::future::Either::Left((Ok(done), _)) => done,
                futures_util::future::Either::Left((Err(_), _)) => Err(Error::refused(format!(
                    "this took longer than {} s",
                    until.as_secs()
                ))
                .hint(
                    "the operator of the runner may raise `timeout_secs` in `[executor.requests]`",
                )),
                futures_util::future::Either::Right(((), _)) => Err(Error::new(
                    Class::Cancelled(Signal::Terminate),
                    "the job went away",
                )),
            }
        });
        if let Some(span) = locked(&pushing).take() {
            span.end(End::of(&done));
        }
        engine.block_on(record.end(&done));
        done.and_then(value)
    }
}

fn value(image: image::Image) -> Result<serde_json::Value> {
    serde_json::to_value(image)
        .map_err(|error| Error::system("cannot write the answer").caused_by(error))
}

fn amount(
    text: Option<&str>,
    read: fn(&str, &str) -> Result<i64>,
    key: &str,
) -> Result<Option<u64>> {
    let Some(text) = text else { return Ok(None) };
    Ok(u64::try_from(read(key, text)?).ok())
}
