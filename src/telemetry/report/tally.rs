//! Names that are counted, of which only the greatest are told; never more of them than fit.

use std::collections::HashMap;

use serde::Serialize;

/// Whoever makes up a new name for each job fills no memory.
const MOST: usize = 10_000;

#[derive(Default)]
pub(super) struct Tally {
    names: HashMap<String, (u64, u64)>,
    /// Of names for which there was no room.
    others: (u64, u64),
}

#[derive(Serialize)]
pub(super) struct Counted {
    pub(super) name: String,
    pub(super) count: u64,
    pub(super) ms: u64,
}

impl Tally {
    pub(super) fn add(&mut self, name: &str, ms: u64) {
        let has_room = self.names.len() < MOST;
        let held = match self.names.get_mut(name) {
            Some(held) => held,
            None if has_room => self.names.entry(name.to_owned()).or_default(),
            None => &mut self.others,
        };
        held.0 += 1;
        held.1 = held.1.saturating_add(ms);
    }

    /// The first `most` by `weight` of count and milliseconds.
    pub(super) fn greatest(self, most: usize, weight: fn(&Counted) -> u64) -> Vec<Counted> {
        let counted = |name: String, (count, ms): (u64, u64)| Counted { name, count, ms };
        let mut all: Vec<Counted> = self
            .names
            .into_iter()
            .map(|(name, sums)| counted(name, sums))
            .collect();
        all.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.name.cmp(&b.name)));
        all.truncate(most);
        if self.others.0 > 0 {
            all.push(counted("(others)".to_owned(), self.others));
        }
        all
    }
}
