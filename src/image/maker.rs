//! What the image verbs work with, and for whom.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Access, Event, Owner};
use crate::cache::{Kind, Ledger};
use crate::docker::Engine;
use crate::policy::Grant;
use crate::settings::EcrSettings;

/// The means and limits of one request.
#[derive(Clone, Copy)]
pub(crate) struct Maker<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) access: &'a Access,
    pub(crate) grant: &'a Grant,
    pub(crate) owner: &'a Owner,
    /// Of repositories that are made.
    pub(crate) ecr: &'a EcrSettings,
    /// Of the steps of a job's build, where the builder honours them.
    pub(crate) limits: StepLimits,
    /// Arguments of the operator's, for every build.
    pub(crate) build_args: &'a BTreeMap<String, String>,
    /// Holds the locks by which pushes to one tag wait for each other, and what is remembered of pushed layers.
    pub(crate) state: &'a Path,
    /// Where the host writes down what its jobs use; `None`: the images are the caller's own.
    pub(crate) used: Option<&'a Ledger>,
    /// Below it no build begins; 0: not looked at.
    pub(crate) min_free_bytes: u64,
    pub(crate) tell: &'a (dyn Fn(Event) + Send + Sync),
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct StepLimits {
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) nano_cpus: Option<u64>,
}

impl Maker<'_> {
    pub(super) fn note(&self, text: impl Into<String>) {
        (self.tell)(Event::Note(text.into()));
    }

    /// Writes down that an image of this host is used, by the engine's name for it.
    pub(super) fn uses(&self, name: &str) {
        if let Some(Err(error)) = self.used.map(|used| used.note(Kind::Image, name)) {
            self.warn(format!(
                "that `{name}` is used could not be written down on this host: {error}"
            ));
        }
    }

    pub(super) fn warn(&self, text: impl Into<String>) {
        (self.tell)(Event::Warning(text.into()));
    }
}
