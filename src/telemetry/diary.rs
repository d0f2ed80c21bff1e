//! What the stages of a job note for those who operate the host: one JSON object a line.
//!
//! Each stage is a process of its own, and some are killed: what has begun and has no end here has none. Texts are masked
//! before they are written, so that nothing that reads a diary can tell a secret. What cannot be written is not told.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::about::About;
use super::journal;
use super::mask::Masks;
use super::now_ms;
use crate::error::{Class, Error, Result};
use crate::rollout::clean;

const LONGEST_SENTENCE: usize = 500;
const MOST_CAUSES: usize = 8;
/// A job may ask its host for as much as it likes: of what comes behind this only the ends of stages are noted.
const LONGEST_DIARY: u64 = 256 * 1024;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", tag = "entry")]
pub(super) enum Entry {
    Job(Box<About>),
    Began {
        work: Work,
        at_ms: u64,
    },
    Ended {
        work: Work,
        began_ms: u64,
        at_ms: u64,
        end: End,
    },
}

impl Entry {
    fn is_one_of_many(&self) -> bool {
        match self {
            Entry::Ended { work, .. } => matches!(work, Work::Request(_) | Work::Pull(_)),
            Entry::Job(_) | Entry::Began { .. } => false,
        }
    }
}

/// What takes time in a job.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "name")]
pub(crate) enum Work {
    Prepare,
    /// All images.
    Images,
    /// One image.
    Pull(String),
    Containers,
    /// By the runner's name.
    Stage(String),
    /// What a job asked the host for, by its verb.
    Request(String),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "what")]
pub(crate) enum End {
    Done,
    /// The script's own, not 0.
    Status(u8),
    Cancelled,
    Trouble(Trouble),
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Trouble {
    /// As in [`Class::name`].
    pub(super) class: String,
    pub(super) sentence: String,
    pub(super) causes: Vec<String>,
}

impl End {
    pub(crate) fn of<T>(result: &Result<T>) -> Self {
        match result {
            Ok(_) => End::Done,
            Err(error) => match error.class() {
                Class::Cancelled(_) => End::Cancelled,
                Class::Script(status) => End::Status(status),
                Class::Refused
                | Class::Usage
                | Class::Denied
                | Class::Precondition
                | Class::Drift
                | Class::Ended(_)
                | Class::System => End::Trouble(Trouble::of(error)),
            },
        }
    }
}

impl Trouble {
    fn of(error: &Error) -> Self {
        let causes = error.causes().iter().take(MOST_CAUSES);
        Trouble {
            class: error.class().name().to_owned(),
            sentence: error.message().to_owned(),
            causes: causes.cloned().collect(),
        }
    }

    fn masked(self, masks: &Masks) -> Self {
        let text = |text: &str| clean(&masks.mask(text), LONGEST_SENTENCE);
        Trouble {
            sentence: text(&self.sentence),
            causes: self.causes.iter().map(|cause| text(cause)).collect(),
            class: self.class,
        }
    }

    /// Whether it is the host's and not the job's.
    pub(super) fn is_the_hosts(&self) -> bool {
        self.class != Class::Refused.name()
    }
}

/// Where a job's stages note what they do; `default`: nowhere.
#[derive(Clone, Default)]
pub(crate) struct Diary(Option<Arc<Inner>>);

struct Inner {
    file: PathBuf,
    about: About,
    masks: Masks,
    /// Where the journal takes entries, if it is told.
    journal: Option<PathBuf>,
}

impl Diary {
    pub(crate) fn at(file: PathBuf, about: About, masks: Masks, journal: Option<PathBuf>) -> Self {
        Diary(Some(Arc::new(Inner {
            file,
            about,
            masks,
            journal,
        })))
    }

    /// The job begins; what an earlier attempt noted, and nobody told, is gone.
    pub(crate) fn open(&self) {
        let Some(inner) = &self.0 else { return };
        if let Some(dir) = inner.file.parent() {
            std::fs::create_dir_all(dir).ok();
        }
        std::fs::remove_file(&inner.file).ok();
        inner.write(&Entry::Job(Box::new(inner.about.clone())), true);
        if let Some(socket) = &inner.journal {
            journal::began(socket, &inner.about).ok();
        }
    }

    /// Something begins whose end may never come.
    pub(crate) fn began(&self, work: Work) -> Span<'_> {
        let span = self.span(work);
        if let Some(inner) = &self.0 {
            let entry = Entry::Began {
                work: span.work.clone(),
                at_ms: span.began_ms,
            };
            inner.write(&entry, false);
        }
        span
    }

    /// Something begins that is worth a word only when it is over.
    pub(crate) fn span(&self, work: Work) -> Span<'_> {
        let work = match &self.0 {
            Some(inner) => inner.masked(work),
            None => work,
        };
        Span {
            diary: self,
            work,
            began_ms: now_ms(),
        }
    }
}

/// Something under way.
pub(crate) struct Span<'a> {
    diary: &'a Diary,
    work: Work,
    began_ms: u64,
}

impl Span<'_> {
    pub(crate) fn end(self, end: End) {
        let Some(inner) = &self.diary.0 else { return };
        let end = match end {
            End::Trouble(trouble) => End::Trouble(trouble.masked(&inner.masks)),
            end @ (End::Done | End::Status(_) | End::Cancelled) => end,
        };
        if let (Work::Prepare | Work::Stage(_), End::Trouble(trouble)) = (&self.work, &end)
            && let Some(socket) = &inner.journal
            && trouble.is_the_hosts()
        {
            journal::failed(socket, &inner.about, &self.work, trouble).ok();
        }
        let entry = Entry::Ended {
            work: self.work,
            began_ms: self.began_ms,
            at_ms: now_ms(),
            end,
        };
        inner.write(&entry, false);
    }
}

impl Inner {
    fn masked(&self, work: Work) -> Work {
        let text = |text: &str| clean(&self.masks.mask(text), LONGEST_SENTENCE);
        match work {
            Work::Pull(name) => Work::Pull(text(&name)),
            Work::Stage(name) => Work::Stage(text(&name)),
            work @ (Work::Prepare | Work::Images | Work::Containers | Work::Request(_)) => work,
        }
    }

    fn write(&self, entry: &Entry, create: bool) {
        let Ok(line) = serde_json::to_string(entry) else {
            return;
        };
        let file = OpenOptions::new()
            .create(create)
            .append(true)
            .mode(0o600)
            .open(&self.file);
        let written = file.and_then(|mut file| {
            if entry.is_one_of_many() && file.metadata()?.len() > LONGEST_DIARY {
                return Ok(());
            }
            file.write_all(format!("{line}\n").as_bytes())
        });
        // A full disk; see above.
        written.ok();
    }
}

/// What was noted, but for lines that another version wrote otherwise.
pub(super) fn read(text: &str) -> Vec<Entry> {
    let lines = text.lines();
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

pub(super) fn about(text: &str) -> Option<About> {
    match serde_json::from_str(text.lines().next()?).ok()? {
        Entry::Job(about) => Some(*about),
        Entry::Began { .. } | Entry::Ended { .. } => None,
    }
}
