//! CI_DEBUG_SERVICES: what the services print, in the log of the job's own script.
//!
//! Followed only while a script runs, by the stage that runs it: no process of ours outlives its stage. The first stage
//! tells what was printed before it, too.

use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::{Either, join_all, select};
use tokio::sync::oneshot;

use super::Job;
use super::images::pause;
use super::marks::mark;
use super::place::Place;
use crate::docker::Engine;
use crate::job::Role;
use crate::output::Output;
use crate::policy;
use crate::settings::Settings;

/// What a service says about the script's last moment is on its way.
const LAST_WORDS: Duration = Duration::from_millis(200);
const HEARD: &str = "services-heard";

/// Services that are listened to, until this is dropped.
pub(super) struct Overheard {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// `None`: nobody asked for it, or there is no service.
pub(super) fn listen(
    job: &Job,
    place: &Place,
    settings: &Settings,
    output: &Output,
) -> Option<Overheard> {
    let wanted = job.variables.get("CI_DEBUG_SERVICES")?;
    match wanted.as_str() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => {}
        "" | "0" | "f" | "F" | "false" | "FALSE" | "False" => return None,
        other => {
            output.warning(format!(
                "CI_DEBUG_SERVICES is `{}`, which is neither true nor false: taken as false",
                other.escape_debug()
            ));
            return None;
        }
    }
    let admitted = policy::admit(&job.response, &settings.executor.docker, &job.variables).ok()?;
    let names = admitted
        .services
        .iter()
        .enumerate()
        .map(|(index, service)| {
            let alias = service.aliases.last().cloned().unwrap_or_default();
            (job.identity.container(Role::Service(index + 1)), alias)
        });
    let names: Vec<(String, String)> = names.collect();
    if names.is_empty() {
        return None;
    }
    let job_dir = place.job_dir(&job.identity);
    let from_start = !job_dir.join(HEARD).exists();
    if let Err(error) = mark(&job_dir, HEARD) {
        output.warning(error);
    }
    let (end, ended) = oneshot::channel();
    let (docker, output) = (settings.docker.clone(), *output);
    let thread = std::thread::spawn(move || {
        let engine = match Engine::connect(&docker, None) {
            Ok(engine) => engine,
            Err(error) => return output.warning(error),
        };
        let (engine, output) = (&engine, &output);
        engine.block_on(async {
            let each = names.iter().map(|(container, alias)| async move {
                let mut tell = |line: &str| output.status(format!("[service:{alias}] {line}"));
                if let Err(failure) = engine.follow(container, from_start, &mut tell).await {
                    output.warning(crate::error::Error::from(failure));
                }
            });
            let all = std::pin::pin!(join_all(each));
            let over = std::pin::pin!(async {
                // Either way it is over.
                ended.await.ok();
                pause(LAST_WORDS).await;
            });
            match select(all, over).await {
                Either::Left(_) | Either::Right(_) => {}
            }
        });
    });
    Some(Overheard {
        end: Some(end),
        thread: Some(thread),
    })
}

impl Drop for Overheard {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has told itself.
            thread.join().ok();
        }
    }
}
