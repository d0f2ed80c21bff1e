//! Which jobs can begin, which run at the same time, and what came of each.
//!
//! A job begins once everything it waits for has ended: DAG or stages, as `Pipeline::needed_by` says. Jobs run in threads of
//! their own, each with its own signals, driver and slot; everything is decided, begun and noted in one place.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::Manner;
use super::child::Child;
use super::decide::{self, Fate};
use super::driver::Driver;
use super::filter::Markers;
use super::jobs;
use super::log::{JobLog, Label};
use super::outcome::{Failure, Outcome};
use super::signals::{Interrupt, Signals, Urgency};
use super::turns::{Turn, Turns};
use super::verdict::Row;
use crate::error::Result;
use crate::pipeline::{Job, Pipeline};

/// Runs `chosen`, in their order where nothing else orders them.
pub(super) fn run<'a>(
    pipeline: &'a Pipeline,
    chosen: &[&'a Job],
    turns: &mut Turns<'a>,
    manner: Manner<'_>,
    signals: &Signals,
) -> Result<Vec<Row>> {
    for text in jobs::beyond(chosen) {
        turns.output.warning(text);
    }
    let width = chosen.iter().map(|job| job.name.chars().count()).max();
    let manner = Manner {
        side_by_side: manner.side_by_side
            || (manner.most > 1 && decide::overlaps(pipeline, chosen)),
        ..manner
    };
    let schedule = Schedule {
        pipeline,
        manner,
        width: manner.within.chars().count() + width.unwrap_or(0),
        waiting: (0..).zip(chosen.iter().copied()).collect(),
        running: Vec::new(),
        chosen,
        fates: BTreeMap::new(),
        rows: BTreeMap::new(),
    };
    thread::scope(|scope| schedule.run(scope, turns, signals))
}

struct Schedule<'a, 'm> {
    pipeline: &'a Pipeline,
    manner: Manner<'m>,
    /// Of the longest name.
    width: usize,
    /// With their place in the order.
    waiting: Vec<(u64, &'a Job)>,
    running: Vec<&'a str>,
    chosen: &'m [&'a Job],
    fates: BTreeMap<String, Fate>,
    /// By the place of the job in the order; behind its own are those of the pipeline it started.
    rows: BTreeMap<usize, Vec<Row>>,
}

/// What came back from a thread.
enum Ended<'a> {
    Job(Box<Turn<'a>>, Result<Outcome>),
    Child(Child<'a>, Result<Vec<Row>>, Duration),
}

impl<'a> Schedule<'a, '_> {
    fn run<'s, 'e>(
        mut self,
        scope: &'s thread::Scope<'s, 'e>,
        turns: &mut Turns<'a>,
        signals: &Signals,
    ) -> Result<Vec<Row>>
    where
        'a: 's,
        Self: 's,
    {
        let (sender, ended) = mpsc::channel::<Ended<'a>>();
        let mut broken = None;
        loop {
            while broken.is_none() {
                let Some((n, job)) = self.next() else { break };
                // Listens before it is asked whether to begin: no signal falls between.
                let own = Signals::listen(Interrupt::Soft)?;
                if let Some(why) = self.skipped(job, signals) {
                    self.note(job, Fate::Skipped(why), Duration::ZERO);
                    continue;
                }
                if let Err(error) = self.begin(scope, (n, job), turns, own, sender.clone()) {
                    broken = Some(error);
                }
            }
            if self.running.is_empty() {
                return broken.map_or_else(|| Ok(self.rows()), Err);
            }
            let Ok(ended) = ended.recv() else {
                return Ok(self.rows());
            };
            if let Err(error) = self.end(ended, turns) {
                broken = broken.or(Some(error));
            }
        }
    }

    /// The next job that may begin now.
    fn next(&mut self) -> Option<(u64, &'a Job)> {
        let in_all = self.manner.shared.running.load(Ordering::Relaxed);
        let is_full = self.running.len() >= self.manner.most || in_all >= self.manner.most;
        // One of its own each pipeline may run, or none would ever end.
        if is_full && !self.running.is_empty() {
            return None;
        }
        let ready = |(_, job): &(u64, &Job)| {
            decide::is_ready(self.pipeline, job, &self.waiting, &self.running)
        };
        let at = self.waiting.iter().position(ready)?;
        Some(self.waiting.remove(at))
    }

    fn skipped(&self, job: &Job, signals: &Signals) -> Option<String> {
        match signals.urgency() {
            Urgency::None => {
                decide::skip(self.pipeline, job, &self.fates).or_else(|| jobs::not_here(job))
            }
            Urgency::Soft | Urgency::Hard => Some("the pipeline was cancelled".to_owned()),
        }
    }

    fn begin<'s, 'e>(
        &mut self,
        scope: &'s thread::Scope<'s, 'e>,
        (n, job): (u64, &'a Job),
        turns: &Turns<'a>,
        own: Signals,
        sender: mpsc::Sender<Ended<'a>>,
    ) -> Result<()>
    where
        'a: 's,
        Self: 's,
    {
        let manner = self.manner;
        let send = move |ended| {
            if sender.send(ended).is_err() {
                // Nobody waits for it any more.
            }
        };
        match Child::of(job, turns) {
            Ok(None) => {
                self.announce(job, turns);
                let turn = turns.begin(job, manner.next_id())?;
                let label = manner
                    .side_by_side
                    .then(|| Label::new(&format!("{}{}", manner.within, job.name), self.width, n));
                manner.shared.running.fetch_add(1, Ordering::Relaxed);
                scope.spawn(move || {
                    let outcome = attend(&turn, &own, manner, label);
                    manner.shared.running.fetch_sub(1, Ordering::Relaxed);
                    send(Ended::Job(Box::new(turn), outcome));
                });
            }
            Ok(Some(child)) => {
                let head = format!("Job {}{} starts a child pipeline", manner.within, job.name);
                turns
                    .output
                    .data(format!("\n{}\n", turns.output.colour().paint("1", &head)));
                let (setting, scratch) = (turns.setting, turns.scratch);
                scope.spawn(move || {
                    let started = Instant::now();
                    let rows = child.run(setting, scratch, manner, &own);
                    send(Ended::Child(child, rows, started.elapsed()));
                });
            }
            Err(error) => {
                turns.output.error(&error);
                self.note(job, decide::failed(job, NO_PIPELINE), Duration::ZERO);
                return Ok(());
            }
        }
        self.running.push(&job.name);
        Ok(())
    }

    fn announce(&self, job: &Job, turns: &Turns<'_>) {
        let image = job
            .image
            .as_ref()
            .map_or("the default image", |image| image.name.as_str());
        let head = format!(
            "Job {}{} (stage {}, {image})",
            self.manner.within, job.name, job.stage
        );
        turns
            .output
            .data(format!("\n{}\n", turns.output.colour().paint("1", &head)));
    }

    fn end(&mut self, ended: Ended<'a>, turns: &mut Turns<'a>) -> Result<()> {
        match ended {
            Ended::Job(turn, Ok(outcome)) => {
                let turn_job = turn.job;
                self.forget(turn_job);
                let row = turns.end(*turn, outcome);
                self.keep(turn_job, row);
                Ok(())
            }
            Ended::Job(turn, Err(error)) => {
                self.forget(turn.job);
                self.note(turn.job, Fate::Canceled, Duration::ZERO);
                Err(error)
            }
            Ended::Child(child, rows, took) => {
                self.forget(child.job);
                let fate = match rows {
                    Ok(rows) => {
                        let failed = rows.iter().any(|row| matches!(row.fate, Fate::Failed(_)));
                        let canceled = rows.iter().any(|row| row.fate == Fate::Canceled);
                        self.rows.insert(self.place(child.job), rows);
                        match (canceled, failed && child.depends) {
                            (true, _) => Fate::Canceled,
                            (false, true) => decide::failed(child.job, ITS_PIPELINE),
                            (false, false) => Fate::Passed,
                        }
                    }
                    Err(error) => {
                        turns.output.error(&error);
                        decide::failed(child.job, NO_PIPELINE)
                    }
                };
                self.note(child.job, fate, took);
                Ok(())
            }
        }
    }

    fn forget(&mut self, job: &Job) {
        self.running.retain(|name| *name != job.name);
    }

    fn note(&mut self, job: &Job, fate: Fate, took: Duration) {
        let failure = matches!(&fate, Fate::Failed(why) if why != ITS_PIPELINE)
            .then_some(Failure::Script(None));
        let row = Row {
            name: job.name.clone(),
            fate,
            took,
            place: None,
            failure,
        };
        self.keep(job, row);
    }

    fn keep(&mut self, job: &Job, row: Row) {
        self.fates.insert(job.name.clone(), row.fate.clone());
        let row = Row {
            name: format!("{}{}", self.manner.within, row.name),
            ..row
        };
        let place = self.place(job);
        self.rows.entry(place).or_default().insert(0, row);
    }

    fn place(&self, job: &Job) -> usize {
        let mut chosen = self.chosen.iter();
        chosen
            .position(|one| one.name == job.name)
            .unwrap_or(self.chosen.len())
    }

    fn rows(self) -> Vec<Row> {
        self.rows.into_values().flatten().collect()
    }
}

const NO_PIPELINE: &str = "no child pipeline";
const ITS_PIPELINE: &str = "its pipeline failed";

/// In the job's own thread.
fn attend(
    turn: &Turn<'_>,
    signals: &Signals,
    manner: Manner<'_>,
    label: Option<Label>,
) -> Result<Outcome> {
    let driver = Driver::new(manner.started.settings, manner.started.config, signals)?;
    let mut log = JobLog::new(manner.started.output, Markers::Strip);
    if let Some(label) = label {
        log.label(label);
    }
    Ok(turn.run(&driver, &mut log, manner.on_failure))
}
