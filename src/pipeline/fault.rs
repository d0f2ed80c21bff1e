//! What is wrong with a pipeline, all of it at once: GitLab's lint, too, lists every error it finds.

use crate::error::{Cause, Error, Result};

/// One thing that is wrong, in a sentence that names the job.
#[derive(Debug)]
pub(super) struct Fault {
    text: String,
    hint: Option<String>,
}

impl Fault {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Fault {
            text: text.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps the fault, if it is one, and gives the value, if there is one.
    pub(super) fn take<T>(&mut self, read: Result<T, Fault>) -> Option<T> {
        read.map_err(|fault| self.add(fault)).ok()
    }

    /// The one error that holds all of them.
    pub(super) fn end(self, file: &str) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut error = Error::usage(format!("the pipeline `{file}` is not valid"));
        let mut hints: Vec<String> = Vec::new();
        for fault in self.0 {
            error = error.caused_by(Cause::line(fault.text));
            hints.extend(fault.hint.filter(|hint| !hints.contains(hint)));
        }
        Err(hints.into_iter().fold(error, Error::hint))
    }
}
