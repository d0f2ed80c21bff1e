//! The diary of a job: kept only where the operator wants to be told of jobs. See `telemetry`.

use super::place::Place;
use super::{Job, labels, owner};
use crate::env::Var;
use crate::settings::Settings;
use crate::telemetry::{self, About, Diary};

/// `owner`: of the job, as its containers have it; empty in stages that do not open the diary.
pub(super) fn diary(settings: &Settings, job: &Job, owner: &str) -> Diary {
    if !telemetry::is_on(settings) {
        return Diary::default();
    }
    let place = Place::of(&settings.executor).ok();
    let (Some(place), Some(response)) = (place, Var::JobResponseFile.path()) else {
        return Diary::default();
    };
    let expanded = |name: &str| job.variables.get(name).cloned();
    let (mut about, masks) = About::read(&response, &job.response, &expanded);
    let key = job.identity.key();
    let file = telemetry::diary_of(place.state_dir(), &key);
    if about.image.is_empty() {
        about.image = settings.executor.docker.image.clone().unwrap_or_default();
    }
    about.key = key;
    about.owner = owner.to_owned();
    about.deadline_secs = labels::deadline_secs(job, owner::now_secs());
    let telemetry = &settings.telemetry;
    let journal = telemetry.journal.then(|| telemetry.journal_socket.clone());
    Diary::at(file, about, masks, journal)
}
