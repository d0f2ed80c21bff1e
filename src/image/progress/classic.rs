//! The classic builder's lines as steps.
//!
//! It sends its own lines and those of the programs it runs as one text. Between `Running in ID` and the notice that this
//! very container was removed everything is a program's output, whatever it looks like. A program that prints its own
//! container's notice can make the lines behind it look like the builder's; what they can change is the picture of the
//! steps, never the image's id or the verdict, which have records of their own.
//! Source: dockerd `builder/dockerfile` (`dispatchers.go`, `containerbackend.go`, `evaluator.go`); see `testdata`.

use std::collections::BTreeMap;
use std::time::Instant;

use super::book::{Book, Desk};
use super::wording::{Whose, is_ours, unused_arguments};
use crate::image::StepEnding;

/// Layers of one pull; more than any image has.
const LAYERS: usize = 1000;

#[derive(Debug, Default)]
pub(super) struct Classic {
    /// The counter of the last header.
    at: u32,
    /// How many of the headers so far were ours.
    hidden: u32,
    step: Option<Step>,
    /// The container whose output is coming.
    running: Option<String>,
}

#[derive(Debug)]
struct Step {
    /// `None`: ours, not told.
    number: Option<u32>,
    began: Instant,
    /// The base image of a `FROM`.
    image: Option<String>,
    cached: bool,
    layers: BTreeMap<String, (u64, u64)>,
}

impl Classic {
    pub(super) fn stream(&mut self, text: &str, desk: &mut Desk<'_>) {
        if let Some(id) = &self.running {
            // Engine 20 writes the first form, engine 26 the second.
            let notice = text
                .strip_prefix("Removing intermediate container ")
                .or_else(|| text.strip_prefix(" ---> Removed intermediate container "));
            if notice.is_some_and(|of| of.trim_end() == id) {
                self.running = None;
            } else if let Some(number) = self.step.as_ref().and_then(|step| step.number) {
                desk.book.said(number, uncoloured(text).to_owned());
            }
            return;
        }
        if let Some(header) = header(text)
            && header.at == self.at.saturating_add(1)
        {
            self.end(StepEnding::Done, desk);
            self.begin(&header, desk);
            return;
        }
        let line = uncoloured(text).trim_end();
        if let Some(id) = line.strip_prefix(" ---> Running in ") {
            self.running = Some(id.to_owned());
        } else if line == " ---> Using cache" {
            self.step.iter_mut().for_each(|step| step.cached = true);
        } else if let Some(warning) = warning(line) {
            let about_arguments = warning.contains("build-args [");
            let left = match about_arguments {
                true => unused_arguments(warning),
                false => Some(warning.to_owned()),
            };
            left.into_iter().for_each(|text| desk.book.warn(text));
        } else if line.strip_prefix(" ---> ").is_some_and(is_short_id) {
            self.end(StepEnding::Done, desk);
        }
    }

    /// A part of a pull.
    pub(super) fn status(
        &mut self,
        layer: Option<&str>,
        part: Option<(u64, u64)>,
        book: &mut Book,
    ) {
        let Some(step) = &mut self.step else {
            return;
        };
        step.cached = false;
        let (Some(layer), Some((current, total)), Some(image)) = (layer, part, &step.image) else {
            return;
        };
        if total == 0 || (step.layers.len() >= LAYERS && !step.layers.contains_key(layer)) {
            return;
        }
        let known = step.layers.entry(layer.to_owned()).or_default();
        *known = (known.0.max(current.min(total)), known.1.max(total));
        let sum = |of: fn(&(u64, u64)) -> u64| step.layers.values().map(of).sum();
        book.moved(
            format!("pull of `{image}`"),
            sum(|part| part.0),
            Some(sum(|part| part.1)),
        );
    }

    /// Ends the step that is open, if one is. What took nothing of the engine's time counts as cached.
    pub(super) fn end(&mut self, ending: StepEnding, desk: &mut Desk<'_>) {
        let Some((step, number)) = self
            .step
            .as_ref()
            .and_then(|step| Some((step, step.number?)))
        else {
            return;
        };
        let took = desk.now.saturating_duration_since(step.began);
        let ending = match ending {
            StepEnding::Done if step.cached => StepEnding::Cached,
            StepEnding::Done
            | StepEnding::Cached
            | StepEnding::Failed(_)
            | StepEnding::Cancelled => ending,
        };
        desk.book.end(
            number,
            ending,
            u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        );
    }

    fn begin(&mut self, header: &Header<'_>, desk: &mut Desk<'_>) {
        self.at = header.at;
        // Source: dockerd `builder/dockerfile/builder.go`: a LABEL for each label of the request comes last.
        let label = header.at > header.of.saturating_sub(desk.wording.labels);
        let ours = is_ours(header.instruction) || label;
        let instruction = desk.wording.instruction(header.instruction);
        let number = match ours {
            true => {
                self.hidden += 1;
                None
            }
            false => {
                let at = header.at.saturating_sub(self.hidden);
                let of = header
                    .of
                    .saturating_sub((desk.wording.ours + desk.wording.labels).max(self.hidden))
                    .max(at);
                Some(
                    desk.book
                        .begin(Whose::Users, &format!("[{at}/{of}] {instruction}")),
                )
            }
        };
        let image = instruction.strip_prefix("FROM ").map(str::to_owned);
        self.step = Some(Step {
            number,
            began: desk.now,
            // Until a pull shows otherwise, the engine has the base image.
            cached: image.is_some(),
            image,
            layers: BTreeMap::new(),
        });
    }
}

/// `Step 2/7 : RUN x`; the builder ends the line with a record of its own.
struct Header<'a> {
    at: u32,
    of: u32,
    instruction: &'a str,
}

fn header(text: &str) -> Option<Header<'_>> {
    let (counter, instruction) = text.strip_prefix("Step ")?.split_once(" : ")?;
    let (at, of) = counter.split_once('/')?;
    Some(Header {
        at: at.parse().ok()?,
        of: of.parse().ok()?,
        instruction,
    })
}

fn warning(line: &str) -> Option<&str> {
    let line = line.strip_prefix(" ---> ").unwrap_or(line);
    ["[Warning] ", "[WARNING]: "]
        .iter()
        .find_map(|head| line.strip_prefix(head))
}

fn is_short_id(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// Without the red in which the builder dips each piece of a program's stderr.
/// Source: dockerd `pkg/streamformatter`, `StderrWriter`.
fn uncoloured(text: &str) -> &str {
    text.strip_prefix("\u{1b}[91m")
        .and_then(|text| text.strip_suffix("\u{1b}[0m"))
        .unwrap_or(text)
}
