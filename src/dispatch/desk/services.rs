//! Services for a job: deployed, restarted and looked at with the host's rights, within the job's grant.

use super::{JobDesk, locked};
use crate::broker::Line;
use crate::deploy::{Event, Request};
use crate::dispatch::services::{Crew, Worker};
use crate::error::{Error, Result, Signal};
use crate::executor::Standing;
use crate::job::Facts;
use crate::policy::{Asked, Grant};

impl JobDesk {
    pub(super) fn serve_services(
        &self,
        request: &Request,
        facts: &Facts,
        line: &mut Line,
    ) -> Result<serde_json::Value> {
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
        let done = crew.block_on(request, gone, &tell)?;
        serde_json::to_value(done)
            .map_err(|error| Error::system("cannot write the answer").caused_by(error))
    }
}
