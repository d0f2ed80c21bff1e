//! The words of the teller, as values: what is tested is what is printed.

use std::time::Duration;

use serde::Serialize;

use super::tail::{Tail, floor_char};
use super::teller::Step;
use crate::image::{Event, StepEnding};
use crate::output::{self, Colour, Output};

/// A step's name, or the last line of its output, takes no more of a line.
const WIDTH: usize = 100;

/// One thing to print.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Line {
    Plain(String),
    Warning(String),
    /// A name, and what became of it in this colour.
    Step {
        name: String,
        became: String,
        sgr: &'static str,
    },
    /// A step's line, under which its output is folded away.
    Folded {
        step: Box<Line>,
        number: u32,
        text: String,
        took: Duration,
    },
}

impl Line {
    pub(super) fn print(&self, output: &Output) {
        match self {
            Line::Warning(text) => output.warning(text),
            Line::Folded {
                step,
                number,
                text,
                took,
            } => {
                // Sections of two builds in one log must not share a name.
                let name = format!("baws_build_{}_{number}", std::process::id());
                output.folded(&name, &step.text(output.word_colour()), text, *took);
            }
            Line::Plain(_) | Line::Step { .. } => output.status(self.text(output.word_colour())),
        }
    }

    pub(super) fn text(&self, colour: Colour) -> String {
        match self {
            Line::Plain(text) => text.clone(),
            Line::Warning(text) => format!("warning: {text}"),
            Line::Step { name, became, sgr } => {
                format!("{name}   {}", colour.paint(sgr, became))
            }
            Line::Folded { step, text, .. } => format!("{}\n{text}", step.text(colour)),
        }
    }
}

/// `[3/7] RUN npm ci   12 s`
pub(super) fn ended(name: &str, ending: &StepEnding, took: Duration) -> Line {
    let took = output::duration(took);
    let (became, sgr) = match ending {
        StepEnding::Done => (took, "32"),
        StepEnding::Cached => ("cached".to_owned(), "36"),
        StepEnding::Failed(_) => (format!("failed after {took}"), "31;1"),
        StepEnding::Cancelled => ("cancelled".to_owned(), "33"),
    };
    let name = short(name);
    Line::Step { name, became, sgr }
}

/// A step's line with its output under it, if there is any.
pub(super) fn folded(step: Line, number: u32, output: &Tail, took: Duration) -> Line {
    if output.is_empty() {
        return step;
    }
    Line::Folded {
        step: Box::new(step),
        number,
        text: kept(output),
        took,
    }
}

/// `[3/7] RUN npm ci   still running after 25 s: its last line`
pub(super) fn alive(name: &str, running: Duration, last: Option<&str>) -> Line {
    let running = output::duration(running);
    let last = last.map_or_else(String::new, |last| format!(": {}", short(&bare(last))));
    Line::Step {
        name: short(name),
        became: format!("still running after {running}{last}"),
        sgr: "2",
    }
}

pub(super) fn failing_output(step: &Step) -> Vec<Line> {
    if step.output.is_empty() {
        return Vec::new();
    }
    vec![
        Line::Plain(String::new()),
        Line::Plain(format!("Output of `{}`:", short(&step.name))),
        Line::Plain(format!("{}\n", kept(&step.output))),
    ]
}

/// `Context: 1.2 GB of 3.0 GB sent`
pub(super) fn moved(what: &str, done: u64, of: Option<u64>) -> Line {
    let done = output::bytes(done);
    let of = of.map_or_else(String::new, |of| format!(" of {}", output::bytes(of)));
    let sent = if what == "context" { " sent" } else { "" };
    let mut letters = what.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let what: String = first.into_iter().chain(letters).collect();
    Line::Plain(format!("{what}: {done}{of}{sent}"))
}

#[derive(Serialize)]
struct Told<'a> {
    schema: &'static str,
    #[serde(flatten)]
    event: &'a Event,
}

pub(super) fn json(event: &Event) -> Line {
    let told = Told {
        schema: "baws-ci/build-event/1",
        event,
    };
    Line::Plain(serde_json::to_string(&told).expect("events hold strings and numbers only"))
}

fn kept(output: &Tail) -> String {
    let dropped = match output.dropped() {
        0 => None,
        lines => Some(format!(
            "({lines} lines before these are not shown; `--progress plain` shows them)"
        )),
    };
    let dropped = dropped.as_deref().into_iter();
    let mut text = dropped.chain(output.lines()).collect::<Vec<_>>().join("\n");
    if text.contains('\u{1b}') {
        // A colour that was left on would run into our own lines.
        text.push_str("\u{1b}[0m");
    }
    text
}

/// Without colours and whatever else a terminal obeys: the line stands inside one of ours.
fn bare(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut chars = text.trim().chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            // `ESC [`, parameters, and the letter that ends the sequence.
            chars.by_ref().find(|c| c.is_ascii_alphabetic());
        } else if !c.is_control() {
            bare.push(c);
        }
    }
    bare
}

fn short(text: &str) -> String {
    // Bytes are enough to go by: this is about what fits, not about counting letters.
    match text.len() > WIDTH {
        true => format!("{}…", &text[..floor_char(text, WIDTH)]),
        false => text.to_owned(),
    }
}
