//! Services for a job: deployed, restarted and looked at with the host's rights, within the job's grant.

use super::{JobDesk, locked};
use crate::broker::Line;
use crate::deploy::{self, Deployed, Done, Event, Request};
use crate::dispatch::services::{Crew, Worker};
use crate::error::{Result, Signal};
use crate::executor::Standing;
use crate::job::Facts;
use crate::policy::{Asked, Grant};
use crate::telemetry::End;

impl JobDesk {
    pub(super) fn serve_services(
        &self,
        request: &Request,
        facts: &Facts,
        line: &mut Line,
    ) -> Result<Vec<Done>> {
        let grant = match self.standing {
            Standing::Granted => Grant::of_job(facts, &self.settings.grants, Asked::Services)?,
            Standing::Own => Grant::of_callers_job(facts),
        };
        let roles = self.roles(facts);
        let crew = Crew {
            settings: &self.settings,
            worker: Worker::Job {
                facts,
                grant: &grant,
                roles: &roles,
            },
            state: self.state.clone(),
        };
        let death = line.death();
        let line = std::sync::Mutex::new(line);
        let tell = |event: Event| {
            if let Ok(event) = serde_json::to_vec(&event) {
                locked(&line).tell(&event);
            }
        };
        let gone = async {
            death.await;
            Ok(Signal::Terminate)
        };
        crew.block_on(request, gone, &tell)
    }
}

/// How a request ended for those who operate the host: an answer may tell of a deployment that failed.
pub(super) fn end(answer: &Result<Vec<Done>>) -> End {
    let Ok(done) = answer else {
        return End::of(answer);
    };
    let deployed = done.iter().filter_map(|one| match one {
        Done::Deployed(one) => Some((**one).clone()),
        Done::Status(_) => None,
    });
    let deployed: Vec<Deployed> = deployed.collect();
    match deploy::failure(&deployed) {
        Some(error) => End::of::<()>(&Err(error)),
        None => End::Done,
    }
}
