//! The engine's answer to a build, record by record, and what it comes to.

use std::time::{Duration, Instant};

use base64::Engine as _;
use prost::Message;
use serde::Deserialize;

use super::book::{Book, Desk};
use super::buildkit::Vertices;
use super::classic::Classic;
use super::wire::StatusResponse;
use super::wording::Wording;
use crate::image::{Event, StepEnding};

/// Reads the stream of one build, of either builder.
pub(crate) struct Reader {
    wording: Wording,
    book: Book,
    vertices: Vertices,
    classic: Classic,
    builder: Builder,
    image_id: Option<String>,
    error: Option<(String, Option<i64>)>,
    /// A record could not be read, and that was said.
    puzzled: bool,
}

/// Who sends the stream: BuildKit's says `stream` too, but only in passing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Builder {
    Classic,
    BuildKit,
}

/// What a build came to. Neither id nor error: the engine broke off.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `sha256:…`; `None` after an error, also where stages before it were finished.
    pub(crate) image_id: Option<String>,
    pub(crate) error: Option<BuildFailure>,
    pub(crate) cached_steps: u32,
    pub(crate) steps: u32,
}

#[derive(Debug)]
pub(crate) struct BuildFailure {
    pub(crate) message: String,
    /// Number and name of the step that failed, where one did.
    pub(crate) step: Option<(u32, String)>,
    /// Of the step's program, where it ran and ended by itself.
    pub(crate) exit_code: Option<i64>,
    /// The step's last lines, oldest first.
    pub(crate) output_tail: Vec<String>,
}

/// Source: moby `pkg/jsonmessage/jsonmessage.go`, `JSONMessage`; `message` is an HTTP error's body.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Record {
    stream: Option<String>,
    status: Option<String>,
    progress_detail: Option<Detail>,
    id: Option<String>,
    aux: serde_json::Value,
    error: Option<String>,
    error_detail: Option<ErrorDetail>,
    message: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detail {
    current: i64,
    total: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorDetail {
    code: i64,
    message: String,
}

impl Reader {
    pub(crate) fn new(wording: Wording) -> Self {
        Reader {
            wording,
            book: Book::default(),
            vertices: Vertices::default(),
            classic: Classic::default(),
            builder: Builder::Classic,
            image_id: None,
            error: None,
            puzzled: false,
        }
    }

    /// Takes one JSON object of the stream, received `now`: the classic builder sends no times.
    pub(crate) fn read(&mut self, record: &[u8], now: Instant) -> Vec<Event> {
        match serde_json::from_slice(record) {
            Ok(record) => self.record(record, now),
            Err(_) => self.puzzle(),
        }
        self.book.take()
    }

    pub(crate) fn end(self) -> Outcome {
        let Reader { book, error, .. } = self;
        let error = error.map(|(message, exit_code)| {
            let (step, output_tail) = match book.failed {
                Some(failed) => (Some((failed.number, failed.name)), failed.output_tail),
                None => (None, Vec::new()),
            };
            BuildFailure {
                message,
                exit_code: exit_code.filter(|_| step.is_some()),
                step,
                output_tail,
            }
        });
        Outcome {
            image_id: self.image_id.filter(|_| error.is_none()),
            error,
            cached_steps: book.cached,
            steps: book.steps,
        }
    }

    fn record(&mut self, record: Record, now: Instant) {
        let error = record
            .error_detail
            .map(|detail| (detail.message, detail.code))
            .filter(|(message, _)| !message.is_empty())
            .or_else(|| Some((record.error.or(record.message)?, 0)));
        if let Some((message, code)) = error {
            return self.failed(&message, code, now);
        }
        match (record.id.as_deref(), &record.aux) {
            (Some("moby.buildkit.trace"), aux) => return self.trace(aux, now),
            // Only these records carry the id: nothing a program prints can become one.
            (Some("moby.image.id") | None, aux) if !aux.is_null() => {
                let id = aux.get("ID").and_then(|id| id.as_str());
                if let Some(id) = id.filter(|id| is_image_id(id)) {
                    self.image_id = Some(id.to_owned());
                    self.vertices.release(&mut self.book);
                }
            }
            (Some(_) | None, _) => {}
        }
        if self.builder == Builder::BuildKit {
            return;
        }
        if let Some(text) = record.stream {
            let (classic, mut desk) = self.classic(now);
            classic.stream(&text, &mut desk);
        } else if record.status.is_some() {
            let unsigned = |count: i64| u64::try_from(count).unwrap_or(0);
            let part = record
                .progress_detail
                .map(|detail| (unsigned(detail.current), unsigned(detail.total)));
            self.classic
                .status(record.id.as_deref(), part, &mut self.book);
        }
    }

    fn trace(&mut self, aux: &serde_json::Value, now: Instant) {
        self.builder = Builder::BuildKit;
        let standard = base64::engine::general_purpose::STANDARD;
        let bytes = aux.as_str().and_then(|aux| standard.decode(aux).ok());
        match bytes.and_then(|bytes| StatusResponse::decode(bytes.as_slice()).ok()) {
            Some(news) => {
                let mut desk = Desk {
                    wording: &self.wording,
                    book: &mut self.book,
                    now,
                };
                self.vertices.read(news, &mut desk);
            }
            None => self.puzzle(),
        }
    }

    /// The first error is the verdict; what comes behind it follows from it.
    fn failed(&mut self, message: &str, code: i64, now: Instant) {
        if self.error.is_some() {
            return;
        }
        let told = self.wording.message(message);
        let exit_code = match self.builder {
            Builder::Classic => Some(code).filter(|&code| code != 0),
            Builder::BuildKit => exit_code(message),
        };
        match self.builder {
            Builder::Classic => {
                let (classic, mut desk) = self.classic(now);
                classic.end(StepEnding::Failed(told.clone()), &mut desk);
            }
            Builder::BuildKit => self.vertices.cancel(&mut self.book),
        }
        self.error = Some((told, exit_code));
    }

    fn classic(&mut self, now: Instant) -> (&mut Classic, Desk<'_>) {
        let desk = Desk {
            wording: &self.wording,
            book: &mut self.book,
            now,
        };
        (&mut self.classic, desk)
    }

    fn puzzle(&mut self) {
        if !std::mem::replace(&mut self.puzzled, true) {
            let text = "the engine's progress cannot be read in part; the build itself goes on";
            self.book.warn(text.to_owned());
        }
    }
}

impl Outcome {
    /// `Built in 14 s: 7 steps, 5 cached`.
    pub(crate) fn summary(&self, took: Duration) -> String {
        let plural = if self.steps == 1 { "" } else { "s" };
        format!(
            "Built in {}: {} step{plural}, {} cached",
            crate::output::duration(took),
            self.steps,
            self.cached_steps
        )
    }
}

/// BuildKit says the code only in words, at the very end: behind what it quotes of the user's command.
/// Source: buildkit `executor/errors.go` and `solver/errdefs`; `executor failed running` before 23.0.
fn exit_code(message: &str) -> Option<i64> {
    let marks = [
        "did not complete successfully: exit code: ",
        "]: exit code: ",
    ];
    let (_, rest) = marks.iter().find_map(|mark| message.rsplit_once(mark))?;
    // More may follow, such as what a full memory had to do with it.
    rest.split(':').next()?.trim().parse().ok()
}

fn is_image_id(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
    hex.is_some_and(|hex| hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')))
}
