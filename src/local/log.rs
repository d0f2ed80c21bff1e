//! The log of a job, on stdout: what the stages print, byte for byte, under the titles of the stages.
//!
//! For a coordinator titles come in GitLab's section markers; on a laptop they are plain lines.

use std::time::{SystemTime, UNIX_EPOCH};

use super::filter::{Filter, Markers};
use crate::output::{Colour, Output};

pub(super) struct JobLog {
    output: Output,
    markers: Markers,
    filter: Filter,
    line_open: bool,
}

impl JobLog {
    pub(super) fn new(output: Output, markers: Markers) -> Self {
        JobLog {
            output,
            markers,
            filter: Filter::new(markers),
            line_open: false,
        }
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
        self.output.pass_data(data);
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
