//! Sums over records: what is told in every form.

use std::collections::{BTreeMap, HashSet, VecDeque};

use serde::Serialize;

use super::super::host;
use super::super::record::Record;
use super::super::story::Outcome;
use super::tally::{Counted, Tally};
use crate::rollout::clean;

/// Slots of the time, each a column of the picture.
pub(super) const SLOTS: u64 = 48;
const MOST_FAULTS: usize = 25;
const MOST_SLOW: usize = 20;
const MOST_NAMES: usize = 20;
const LONGEST: usize = 300;
const MOST_CLASSES: usize = 16;
const JOBS_OWN: [&str; 4] = ["script", "refused", "cancelled", "timed_out"];
/// Parts in the order of a job; what is none of these is `other`. The last is time between all parts.
pub(super) const PARTS: [&str; 12] = [
    "images",
    "containers",
    "sources",
    "cache",
    "artifacts",
    "script",
    "build",
    "push",
    "deploy",
    "other",
    "after_script",
    "between",
];

pub(super) struct Summary {
    told: Told,
    seen: HashSet<u64>,
    classes: BTreeMap<String, (u64, VecDeque<Fault>)>,
    images: Tally,
    projects: Tally,
}

#[derive(Serialize)]
pub(super) struct Told {
    schema: &'static str,
    pub(super) host: String,
    pub(super) from_ms: u64,
    pub(super) until_ms: u64,
    pub(super) records: u64,
    /// Fewer than records where preparations were tried again.
    pub(super) jobs: u64,
    pub(super) broken_lines: u64,
    /// In the order of [`Outcome::ALL`].
    pub(super) outcomes: Vec<Count>,
    pub(super) slots: Vec<Slot>,
    /// In the order of [`PARTS`].
    pub(super) parts: Vec<Part>,
    pub(super) total_ms: u64,
    pub(super) failures: Vec<Failures>,
    pub(super) slowest: Vec<Slow>,
    pub(super) images: Vec<Counted>,
    pub(super) projects: Vec<Counted>,
}

#[derive(Serialize)]
pub(super) struct Count {
    pub(super) outcome: Outcome,
    pub(super) count: u64,
}

#[derive(Serialize)]
pub(super) struct Slot {
    pub(super) from_ms: u64,
    /// In the order of [`Outcome::ALL`].
    pub(super) counts: [u64; Outcome::ALL.len()],
}

#[derive(Serialize)]
pub(super) struct Part {
    pub(super) name: &'static str,
    pub(super) ms: u64,
    pub(super) jobs: u64,
}

#[derive(Serialize)]
pub(super) struct Failures {
    pub(super) class: String,
    pub(super) count: u64,
    /// The newest first.
    pub(super) latest: Vec<Fault>,
}

#[derive(Serialize)]
pub(super) struct Fault {
    pub(super) job_id: u64,
    pub(super) job: String,
    pub(super) project: String,
    pub(super) ended_ms: u64,
    pub(super) stage: String,
    pub(super) sentence: String,
}

#[derive(Serialize)]
pub(super) struct Slow {
    pub(super) job_id: u64,
    pub(super) job: String,
    pub(super) project: String,
    pub(super) outcome: Outcome,
    pub(super) ms: u64,
    /// In the order of [`PARTS`].
    pub(super) parts: [u64; PARTS.len()],
}

impl Summary {
    pub(super) fn of(from_ms: u64, until_ms: u64) -> Self {
        let length = (until_ms - from_ms).max(SLOTS);
        let slots = (0..SLOTS).map(|slot| Slot {
            from_ms: from_ms + length * slot / SLOTS,
            counts: [0; Outcome::ALL.len()],
        });
        let parts = PARTS.map(|name| Part {
            name,
            ms: 0,
            jobs: 0,
        });
        let told = Told {
            schema: "baws-ci/job-report/1",
            host: host(),
            from_ms,
            until_ms,
            records: 0,
            jobs: 0,
            broken_lines: 0,
            outcomes: Outcome::ALL
                .map(|outcome| Count { outcome, count: 0 })
                .into(),
            slots: slots.collect(),
            parts: parts.into(),
            total_ms: 0,
            failures: Vec::new(),
            slowest: Vec::new(),
            images: Vec::new(),
            projects: Vec::new(),
        };
        Summary {
            told,
            seen: HashSet::new(),
            classes: BTreeMap::new(),
            images: Tally::default(),
            projects: Tally::default(),
        }
    }

    pub(super) fn broken_line(&mut self) {
        self.told.broken_lines += 1;
    }

    pub(super) fn add(&mut self, record: Record) {
        let ended_ms = record
            .ended_ms
            .unwrap_or_else(|| record.ended_at.saturating_mul(1000));
        let told = &mut self.told;
        if !(told.from_ms..=told.until_ms).contains(&ended_ms) {
            return;
        }
        told.records += 1;
        self.seen.insert(record.job_id);
        let outcome = record.outcome;
        let index = Outcome::ALL.iter().position(|one| *one == outcome);
        let index = index.unwrap_or(0);
        told.outcomes[index].count += 1;
        let length = (told.until_ms - told.from_ms).max(1);
        let slot =
            (u128::from(ended_ms - told.from_ms) * u128::from(SLOTS) / u128::from(length)) as usize;
        told.slots[slot.min(SLOTS as usize - 1)].counts[index] += 1;
        let parts = parts(&record, ended_ms);
        for (part, ms) in told.parts.iter_mut().zip(parts) {
            part.ms = part.ms.saturating_add(ms);
            part.jobs += u64::from(ms > 0);
        }
        let took = parts.iter().fold(0, |sum: u64, ms| sum.saturating_add(*ms));
        told.total_ms = told.total_ms.saturating_add(took);
        let (project, job) = (project(&record), clean(&record.job, LONGEST));
        self.projects.add(&project, took);
        for one in &record.pulled {
            self.images.add(&clean(&one.image, LONGEST), one.ms);
        }
        self.fault(&record, ended_ms, &project, &job);
        let slow = Slow {
            job_id: record.job_id,
            job,
            project,
            outcome,
            ms: took,
            parts,
        };
        let slowest = &mut self.told.slowest;
        let at = slowest.partition_point(|one| one.ms >= slow.ms);
        if at < MOST_SLOW {
            slowest.insert(at, slow);
            slowest.truncate(MOST_SLOW);
        }
    }

    fn fault(&mut self, record: &Record, ended_ms: u64, project: &str, job: &str) {
        if record.outcome == Outcome::Success {
            return;
        }
        let failure = record.failure.clone().unwrap_or_default();
        let class = match failure.class.is_empty() {
            true => "unknown".to_owned(),
            false => clean(&failure.class, 40),
        };
        let has_room = self.classes.len() < MOST_CLASSES || self.classes.contains_key(&class);
        let class = match has_room {
            true => class,
            false => "other".to_owned(),
        };
        let sentence = match (&failure.message, failure.exit_status) {
            (Some(message), _) => clean(message, LONGEST),
            (None, Some(status)) => format!("exit status {status}"),
            (None, None) => String::new(),
        };
        let (count, latest) = self.classes.entry(class).or_default();
        *count += 1;
        latest.push_back(Fault {
            job_id: record.job_id,
            job: job.to_owned(),
            project: project.to_owned(),
            ended_ms,
            stage: clean(&failure.stage, 80),
            sentence,
        });
        if latest.len() > MOST_FAULTS {
            latest.pop_front();
        }
    }

    pub(super) fn told(self) -> Told {
        let mut told = self.told;
        told.jobs = self.seen.len() as u64;
        let classes = self.classes.into_iter();
        told.failures = classes
            .map(|(class, (count, latest))| Failures {
                class,
                count,
                latest: latest.into_iter().rev().collect(),
            })
            .collect();
        // What is this host's to mend before what is the jobs' own.
        let is_jobs_own = |class: &str| JOBS_OWN.contains(&class);
        told.failures
            .sort_by_key(|one| (is_jobs_own(&one.class), std::cmp::Reverse(one.count)));
        told.images = self.images.greatest(MOST_NAMES, |one| one.count);
        told.projects = self.projects.greatest(MOST_NAMES, |one| one.ms);
        told
    }
}

fn project(record: &Record) -> String {
    match &record.project {
        Some(path) => clean(path, LONGEST),
        None => format!("project {}", record.project_id),
    }
}

/// Disjoint, in the order of [`PARTS`]: what a job asked for is not in its script too.
fn parts(record: &Record, ended_ms: u64) -> [u64; PARTS.len()] {
    let mut parts = [0; PARTS.len()];
    let place = |name: &str| PARTS.iter().position(|known| *known == name);
    let (Some(script), Some(other), Some(between)) =
        (place("script"), place("other"), place("between"))
    else {
        return parts;
    };
    for (name, ms) in &record.parts {
        let name = name.strip_suffix("_ms").unwrap_or(name);
        let index = place(name)
            .filter(|index| *index != between)
            .unwrap_or(other);
        parts[index] += (*ms).min(u64::MAX >> 8);
    }
    let asked: u64 = parts[script + 1..=other].iter().sum();
    parts[script] = parts[script].saturating_sub(asked);
    let known: u64 = parts.iter().sum();
    let took = record
        .started_ms
        .map_or(0, |started| ended_ms.saturating_sub(started));
    parts[between] = took.saturating_sub(known);
    parts
}
