//! What the host holds: the engine's account of its disk beside what jobs wrote down.
//!
//! Pure but for the one question. An image counts as ours where each of its names was used by a job or made by a job's build;
//! one that lost its name to a newer one is what its repository's other names say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::ledger::{Kind, Ledger, Used, Whose};
use crate::docker::{CacheRecord, Engine, ImageUsage, Usage, VolumeUsage};
use crate::error::Result;
use crate::image_ref::ImageRef;
use crate::job::label;

/// Why something stays, or that it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// A container has it.
    InUse,
    /// A job that is being prepared, or builds, may be about to use it.
    UsedOfLate,
    /// The operator's settings say that it stays.
    Warm,
    /// No job of ours used it, at least not under all of its names.
    Foreign,
    MayGo,
}

/// An image or a kept volume. Sizes are bytes, times unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Holding {
    #[serde(serialize_with = "word")]
    pub(crate) kind: Kind,
    /// The image's id, the volume's name.
    pub(crate) id: String,
    /// Of an image; without a tag its names by digest.
    pub(crate) names: Vec<String>,
    pub(crate) bytes: u64,
    /// What no other image has: so much goes with it.
    pub(crate) own_bytes: u64,
    pub(crate) created_at: u64,
    /// By a job; none: it is not known.
    pub(crate) used_at: Option<u64>,
    pub(crate) used_by: Vec<Whose>,
    pub(crate) state: State,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn word<S: serde::Serializer>(kind: &Kind, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(kind.name())
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pub(crate) holdings: Vec<Holding>,
    /// Of all images together, each layer once.
    pub(crate) layers: u64,
    /// Of the build cache, without what are layers of images.
    pub(crate) records: Vec<CacheRecord>,
}

impl Held {
    pub(crate) fn volumes(&self) -> u64 {
        let volumes = self.holdings.iter().filter(|one| one.kind == Kind::Volume);
        volumes.map(|one| one.bytes).sum()
    }

    pub(crate) fn build_cache(&self) -> u64 {
        self.records.iter().map(|record| record.size).sum()
    }

    /// What a budget is for.
    pub(crate) fn total(&self) -> u64 {
        self.layers + self.volumes() + self.build_cache()
    }
}

/// `warm`: images that stay.
///
/// # Errors
/// Those of the engine.
pub(crate) async fn held(engine: &Engine, ledger: &Ledger, warm: &[String]) -> Result<Held> {
    let usage = engine.usage().await?;
    Ok(joined(usage, ledger.read(), warm, SystemTime::now()))
}

fn joined(usage: Usage, used: Vec<Used>, warm: &[String], now: SystemTime) -> Held {
    let book = Book::of(used, warm, now);
    let images = usage.images.into_iter().map(|image| book.image(image));
    let volumes = usage.volumes.into_iter();
    let kept = volumes.filter(|volume| volume.labels.contains_key(label::KEPT));
    let volumes = kept.map(|volume| book.volume(volume));
    Held {
        holdings: images.chain(volumes).collect(),
        layers: usage.layers,
        records: usage
            .records
            .into_iter()
            .filter(|one| !one.shared)
            .collect(),
    }
}

/// One form for every way of writing a name, as the engine has its own.
fn canonical(name: &str) -> String {
    let parsed = name.parse::<ImageRef>();
    parsed.map_or_else(|_| name.to_owned(), |image| image.canonical().to_string())
}

/// Whether two names mean the same image.
pub(crate) fn same_image(one: &str, other: &str) -> bool {
    canonical(one) == canonical(other)
}

/// Whether two names are of one repository: an image that lost its tag has a name by digest there.
pub(crate) fn same_repository(one: &str, other: &str) -> bool {
    repository(one) == repository(other)
}

/// Without tag and digest.
fn repository(name: &str) -> String {
    let parsed = name.parse::<ImageRef>();
    parsed.map_or_else(
        |_| name.to_owned(),
        |image| image.canonical().name().to_owned(),
    )
}

/// What jobs wrote down, by name.
struct Book {
    images: BTreeMap<String, Used>,
    repositories: BTreeSet<String>,
    volumes: BTreeMap<String, Used>,
    warm: BTreeSet<String>,
    now: SystemTime,
}

impl Book {
    fn of(used: Vec<Used>, warm: &[String], now: SystemTime) -> Self {
        let (images, volumes): (Vec<Used>, Vec<Used>) =
            used.into_iter().partition(|one| one.kind == Kind::Image);
        Book {
            repositories: images.iter().map(|one| repository(&one.name)).collect(),
            images: images
                .into_iter()
                .map(|one| (canonical(&one.name), one))
                .collect(),
            volumes: volumes
                .into_iter()
                .map(|one| (one.name.clone(), one))
                .collect(),
            warm: warm.iter().map(|name| canonical(name)).collect(),
            now,
        }
    }

    fn image(&self, image: ImageUsage) -> Holding {
        let names = match image.tags.is_empty() {
            true => image.digests,
            false => image.tags,
        };
        let uses: Vec<&Used> = names
            .iter()
            .filter_map(|name| self.images.get(&canonical(name)))
            .collect();
        let was_superseded = image.labels.contains_key(label::JOB_URL) && names.is_empty();
        let is_ours = |name: &String| {
            self.images.contains_key(&canonical(name))
                || (name.contains('@') && self.repositories.contains(&repository(name)))
        };
        let state = if image.containers > 0 {
            State::InUse
        } else if names
            .iter()
            .any(|name| self.warm.contains(&canonical(name)))
        {
            State::Warm
        } else if !was_superseded && (names.is_empty() || !names.iter().all(is_ours)) {
            State::Foreign
        } else {
            self.by_time(&uses)
        };
        Holding {
            kind: Kind::Image,
            id: image.id,
            bytes: image.size,
            own_bytes: image.size.saturating_sub(image.shared),
            created_at: image.created,
            used_at: last(&uses),
            used_by: all_of(&uses),
            state,
            names,
        }
    }

    fn volume(&self, volume: VolumeUsage) -> Holding {
        let uses: Vec<&Used> = self.volumes.get(&volume.name).into_iter().collect();
        let state = match (volume.containers, &uses[..]) {
            (1.., _) => State::InUse,
            (0, []) => State::Foreign,
            (0, uses) => self.by_time(uses),
        };
        Holding {
            kind: Kind::Volume,
            bytes: volume.size,
            own_bytes: volume.size,
            created_at: volume.created,
            used_at: last(&uses),
            used_by: all_of(&uses),
            names: Vec::new(),
            id: volume.name,
            state,
        }
    }

    fn by_time(&self, uses: &[&Used]) -> State {
        match uses.iter().any(|used| used.is_of_late(self.now)) {
            true => State::UsedOfLate,
            false => State::MayGo,
        }
    }
}

fn last(uses: &[&Used]) -> Option<u64> {
    let at = uses.iter().map(|used| used.at).max()?;
    at.duration_since(UNIX_EPOCH)
        .ok()
        .as_ref()
        .map(Duration::as_secs)
}

fn all_of(uses: &[&Used]) -> Vec<Whose> {
    let mut all: Vec<Whose> = uses.iter().flat_map(|used| used.by.clone()).collect();
    all.sort_by(|one, other| (&one.project, &one.side).cmp(&(&other.project, &other.side)));
    all.dedup_by(|one, other| (&one.project, &one.side) == (&other.project, &other.side));
    all
}

#[cfg(test)]
#[path = "held_tests.rs"]
mod tests;
