//! Tells a build to people, on stderr: a line for each step, its output where it helps.
//!
//! `auto`: a line when a step ends, with its output folded away in a job log; a sign of life from long ones; the failing
//! step's output at the very end, next to the error. What is kept of a step is bounded. Read next: `lines`, the words.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::str::FromStr;
use std::time::{Duration, Instant};

use super::lines::{self, Line};
use super::tail::Tail;
use crate::image::{Event, StepEnding};
use crate::output::Output;

/// What is kept of one step's output.
const KEPT_LINES: usize = 200;
const KEPT_BYTES: usize = 256 * 1024;
/// A step this long has to show that it lives, and again after each pause.
const QUIET_FOR: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_secs(15);
/// Between two lines about one transfer.
const MOVED_EVERY: Duration = Duration::from_secs(5);

/// How much is told: `--progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    Auto,
    /// All output, as it comes.
    Plain,
    /// Every event as a JSON object on a line of its own.
    Json,
    /// Warnings and errors.
    Quiet,
}

impl Progress {
    pub(crate) const ALL: [(&str, Progress); 4] = [
        ("auto", Progress::Auto),
        ("plain", Progress::Plain),
        ("json", Progress::Json),
        ("quiet", Progress::Quiet),
    ];
}

impl FromStr for Progress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Progress::ALL.iter().find(|(name, _)| *name == text);
        found
            .map(|&(_, progress)| progress)
            .ok_or_else(|| "it is one of `auto`, `plain`, `json`, `quiet`".to_owned())
    }
}

impl Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Progress::Auto => "auto",
            Progress::Plain => "plain",
            Progress::Json => "json",
            Progress::Quiet => "quiet",
        })
    }
}

/// Where stderr ends up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// GitLab's job log: it folds, and what is not in it is lost.
    JobLog,
    /// A terminal, a pipe, a file.
    Elsewhere,
}

pub(crate) struct Teller {
    output: Output,
    telling: Telling,
}

impl Teller {
    pub(crate) fn new(output: Output, progress: Progress, place: Place) -> Self {
        Teller {
            output,
            telling: Telling::new(progress, place),
        }
    }

    pub(crate) fn tell(&mut self, event: &Event, now: Instant) {
        let lines = self.telling.hear(event, now);
        self.print(lines);
    }

    /// To be called about once a second while nothing happens: long steps show that they live.
    pub(crate) fn tick(&mut self, now: Instant) {
        let lines = self.telling.tick(now);
        self.print(lines);
    }

    /// The last events were told; an error, if there is one, is printed next.
    pub(crate) fn finish(&mut self) {
        let lines = self.telling.finish();
        self.print(lines);
    }

    fn print(&self, lines: Vec<Line>) {
        for line in lines {
            line.print(&self.output);
        }
    }
}

/// The teller without its mouth.
pub(super) struct Telling {
    progress: Progress,
    place: Place,
    steps: BTreeMap<u32, Step>,
    moved: BTreeMap<String, Moved>,
    /// Told at the very end.
    failed: Vec<Step>,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: String,
    pub(super) output: Tail,
    began: Instant,
    last_sign: Option<Instant>,
}

#[derive(Debug)]
struct Moved {
    last: Instant,
    told: bool,
}

impl Telling {
    pub(super) fn new(progress: Progress, place: Place) -> Self {
        Telling {
            progress,
            place,
            steps: BTreeMap::new(),
            moved: BTreeMap::new(),
            failed: Vec::new(),
        }
    }

    pub(super) fn hear(&mut self, event: &Event, now: Instant) -> Vec<Line> {
        if self.progress == Progress::Json {
            return vec![lines::json(event)];
        }
        let mut told = match event {
            Event::Note(text) => match self.progress {
                Progress::Quiet => Vec::new(),
                Progress::Auto | Progress::Plain | Progress::Json => {
                    vec![Line::Plain(text.clone())]
                }
            },
            Event::Warning(text) => vec![Line::Warning(text.clone())],
            Event::StepBegun { number, name } => self.begun(*number, name, now),
            Event::StepSaid { number, text } => self.said(*number, text),
            Event::StepEnded {
                number,
                ending,
                took_ms,
            } => self.ended(*number, ending, Duration::from_millis(*took_ms)),
            Event::Moved {
                what,
                done_bytes,
                of_bytes,
            } => self.moved(what, *done_bytes, *of_bytes, now),
        };
        told.extend(self.tick(now));
        told
    }

    pub(super) fn tick(&mut self, now: Instant) -> Vec<Line> {
        if self.progress != Progress::Auto {
            return Vec::new();
        }
        let mut told = Vec::new();
        for step in self.steps.values_mut() {
            let (since, wait) = match step.last_sign {
                Some(sign) => (sign, PAUSE),
                None => (step.began, QUIET_FOR),
            };
            if now.saturating_duration_since(since) >= wait {
                step.last_sign = Some(now);
                let running = now.saturating_duration_since(step.began);
                told.push(lines::alive(&step.name, running, step.output.last()));
            }
        }
        told
    }

    pub(super) fn finish(&mut self) -> Vec<Line> {
        let failed = std::mem::take(&mut self.failed);
        failed.iter().flat_map(lines::failing_output).collect()
    }

    fn begun(&mut self, number: u32, name: &str, now: Instant) -> Vec<Line> {
        let step = Step {
            name: name.to_owned(),
            output: Tail::of(KEPT_LINES, KEPT_BYTES),
            began: now,
            last_sign: None,
        };
        self.steps.insert(number, step);
        match self.progress {
            Progress::Plain => vec![Line::Plain(format!("#{number} {name}"))],
            Progress::Auto | Progress::Json | Progress::Quiet => Vec::new(),
        }
    }

    fn said(&mut self, number: u32, text: &str) -> Vec<Line> {
        let mut told = Vec::new();
        if let Some(step) = self.steps.get_mut(&number) {
            let progress = self.progress;
            step.output.push(text, |line| {
                if progress == Progress::Plain {
                    told.push(Line::Plain(format!("#{number} {line}")));
                }
            });
        }
        told
    }

    fn ended(&mut self, number: u32, ending: &StepEnding, took: Duration) -> Vec<Line> {
        let Some(mut step) = self.steps.remove(&number) else {
            return Vec::new();
        };
        let mut told = Vec::new();
        step.output.finish(|line| {
            told.push(Line::Plain(format!("#{number} {line}")));
        });
        match (self.progress, self.place) {
            (Progress::Plain, _) => {
                told.push(lines::ended(&format!("#{number}"), ending, took));
                return told;
            }
            (Progress::Auto, place) => {
                let line = lines::ended(&step.name, ending, took);
                told = vec![match (ending, place) {
                    (StepEnding::Failed(_), _) | (_, Place::Elsewhere) => line,
                    (
                        StepEnding::Done | StepEnding::Cached | StepEnding::Cancelled,
                        Place::JobLog,
                    ) => lines::folded(line, number, &step.output, took),
                }];
            }
            (Progress::Quiet | Progress::Json, _) => told.clear(),
        }
        if matches!(ending, StepEnding::Failed(_)) {
            self.failed.push(step);
        }
        told
    }

    fn moved(&mut self, what: &str, done: u64, of: Option<u64>, now: Instant) -> Vec<Line> {
        if self.progress == Progress::Quiet {
            return Vec::new();
        }
        let moved = self.moved.entry(what.to_owned()).or_insert(Moved {
            last: now,
            told: false,
        });
        let over = Some(done) == of && moved.told;
        if !over && now.saturating_duration_since(moved.last) < MOVED_EVERY {
            return Vec::new();
        }
        *moved = Moved {
            last: now,
            // The end is told once.
            told: !over,
        };
        vec![lines::moved(what, done, of)]
    }
}
