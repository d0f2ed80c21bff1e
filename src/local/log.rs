//! The log of a job, on stdout: what the stages print, byte for byte, under the titles of the stages.
//!
//! For a coordinator titles come in GitLab's section markers; on a laptop they are plain lines, behind the job's name where
//! several run at the same time.

use std::time::{SystemTime, UNIX_EPOCH};

use super::filter::{Filter, Markers};
use crate::output::{Colour, Output};

pub(super) struct JobLog {
    output: Output,
    markers: Markers,
    filter: Filter,
    line_open: bool,
    label: Option<Label>,
}

/// Whose line it is.
pub(super) struct Label {
    /// Before each line.
    head: String,
    sgr: &'static str,
    /// A line that has no end yet.
    open: Vec<u8>,
}

/// Of names that stand beside each other.
const COLOURS: [&str; 6] = ["36", "33", "35", "32", "34", "31"];
/// A longer line is shown in parts.
const LONGEST_LINE: usize = 8 * 1024;

impl Label {
    /// `width`: of the longest name, in characters; `n`: which job it is.
    pub(super) fn new(name: &str, width: usize, n: u64) -> Self {
        let name: String = name
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Label {
            head: format!("{name:<width$} │ "),
            sgr: COLOURS[(n % COLOURS.len() as u64) as usize],
            open: Vec::new(),
        }
    }
}

impl JobLog {
    pub(super) fn new(output: Output, markers: Markers) -> Self {
        JobLog {
            output,
            markers,
            filter: Filter::new(markers),
            line_open: false,
            label: None,
        }
    }

    /// From now on each line begins with this.
    pub(super) fn label(&mut self, label: Label) {
        self.label = Some(label);
    }

    /// From now on these values are not shown.
    pub(super) fn mask(&mut self, secrets: Vec<String>) {
        self.filter.mask(secrets);
    }

    /// Of this log.
    pub(super) fn colour(&self) -> Colour {
        self.output.colour()
    }

    /// What cleanup has to say: not a part of the log, but for whoever operates this machine.
    pub(super) fn tell_operator(&self, data: &[u8]) {
        self.output.pass_words(data);
    }

    /// What a stage printed.
    pub(super) fn pass(&mut self, data: &[u8]) {
        let shown = self.filter.pass(data);
        self.put(&shown);
    }

    /// A sentence of our own.
    pub(super) fn say(&mut self, text: &str) {
        self.settle();
        self.pass(text.as_bytes());
        self.put(b"\n");
    }

    pub(super) fn succeed(&mut self, text: &str) {
        let text = self.output.colour().paint("32;1", text);
        self.say(&text);
    }

    pub(super) fn warn(&mut self, text: &str) {
        let text = self
            .output
            .colour()
            .paint("0;33", &format!("WARNING: {text}"));
        self.say(&text);
    }

    pub(super) fn fail(&mut self, text: &str) {
        let text = self
            .output
            .colour()
            .paint("31;1", &format!("ERROR: {text}"));
        self.say(&text);
    }

    /// The title of a stage; it ends with [`JobLog::end`].
    pub(super) fn begin(&mut self, section: &str, title: &str) {
        self.settle();
        let title = self.output.colour().paint("36;1", title);
        match self.markers {
            Markers::Keep => self.put(
                format!(
                    "section_start:{}:{}\r\u{1b}[0K{title}\n",
                    now_secs(),
                    word(section)
                )
                .as_bytes(),
            ),
            Markers::Strip => self.put(format!("{title}\n").as_bytes()),
        }
    }

    pub(super) fn end(&mut self, section: &str) {
        self.settle();
        match self.markers {
            Markers::Keep => self
                .put(format!("section_end:{}:{}\r\u{1b}[0K", now_secs(), word(section)).as_bytes()),
            Markers::Strip => {}
        }
    }

    /// Shows what was held back, and ends an open line.
    fn settle(&mut self) {
        let held = self.filter.rest();
        self.put(&held);
        if self.line_open {
            self.put(b"\n");
        }
    }

    fn put(&mut self, data: &[u8]) {
        let Some(last) = data.last() else { return };
        self.line_open = *last != b'\n';
        let colour = self.output.colour();
        let Some(label) = &mut self.label else {
            self.output.pass_data(data);
            return;
        };
        // Whole lines, each written at once: other jobs write too.
        label.open.extend_from_slice(data);
        let head = colour.paint(label.sgr, &label.head);
        while let Some(end) = label.open.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = label.open.drain(..=end).collect();
            self.output.pass_data(&[head.as_bytes(), &line].concat());
        }
        if label.open.len() > LONGEST_LINE {
            let part = std::mem::take(&mut label.open);
            self.output
                .pass_data(&[head.as_bytes(), &part, b"\n"].concat());
        }
    }
}

/// A name that a marker can hold.
fn word(section: &str) -> String {
    section.replace(|c: char| !c.is_ascii_alphanumeric() && c != '_', "_")
}

fn now_secs() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
