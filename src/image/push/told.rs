//! What the engine tells of a push, as events.
//!
//! Source: Docker Engine API, `POST /images/{name}/push`: `{"status","id","progressDetail":{"current","total"}}`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::image::Event;

#[derive(Default)]
pub(super) struct Told {
    what: String,
    /// Bytes so far and in all, by layer.
    layers: BTreeMap<String, (u64, u64)>,
    pushed: usize,
    there: usize,
}

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    status: String,
    #[serde(default)]
    id: String,
    #[serde(default, rename = "progressDetail")]
    progress: Option<Progress>,
}

#[derive(Default, Deserialize)]
struct Progress {
    #[serde(default)]
    current: u64,
    #[serde(default)]
    total: u64,
}

impl Told {
    pub(super) fn of(reference: &str) -> Self {
        Told {
            what: format!("Pushing `{reference}`"),
            ..Told::default()
        }
    }

    pub(super) fn read(&mut self, record: &[u8]) -> Option<Event> {
        let record: Record = serde_json::from_slice(record).ok()?;
        match record.status.as_str() {
            "Pushed" => self.pushed += 1,
            "Layer already exists" => self.there += 1,
            status if status.starts_with("Mounted from") => self.there += 1,
            "Pushing" => {
                let progress = record.progress.unwrap_or_default();
                // The engine does not always know the size of what it compresses.
                let total = progress.total.max(progress.current);
                self.layers.insert(record.id, (progress.current, total));
                let (done, all) = self
                    .layers
                    .values()
                    .fold((0, 0), |(done, all), (current, total)| {
                        (done + current, all + total)
                    });
                return Some(Event::Moved {
                    what: self.what.clone(),
                    done_bytes: done,
                    of_bytes: Some(all),
                });
            }
            _ => {}
        }
        None
    }

    /// `3 layers pushed, 2 there already`
    pub(super) fn layers(&self) -> String {
        layers(self.pushed, self.there)
    }
}

pub(super) fn layers(pushed: usize, there: usize) -> String {
    let counted = match pushed {
        1 => "1 layer".to_owned(),
        more => format!("{more} layers"),
    };
    match (pushed, there) {
        (0, _) => "every layer was there".to_owned(),
        (_, 0) => format!("{counted} pushed"),
        (_, there) => format!("{counted} pushed, {there} there already"),
    }
}
