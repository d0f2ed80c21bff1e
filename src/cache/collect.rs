//! The collector: what was used longest ago goes, until the rest fits the budget.
//!
//! Works in rounds, as the engine's account is true only of the moment: layers that images shared are freed with the last of
//! them, and layers of an image that goes may be the build cache's from then on. One process of a host collects at a time.

use serde::Serialize;

use super::held::{Held, Holding, State, held};
use super::ledger::{Kind, Ledger};
use crate::docker::{Engine, Forgotten};
use crate::error::Result;

/// Each round frees what the one before could not see.
const MOST_ROUNDS: usize = 8;

/// Whether to remove, or only to say what would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Remove,
    DryRun,
}

/// What a collector did. All sizes are bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Collected {
    pub(crate) budget_bytes: u64,
    pub(crate) before_bytes: u64,
    /// In a dry run what is expected.
    pub(crate) after_bytes: u64,
    pub(crate) removed: Vec<Gone>,
    pub(crate) build_cache_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Gone {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) own_bytes: u64,
}

/// What is to go in one round.
#[derive(Debug, Default)]
struct Picked<'a> {
    holdings: Vec<&'a Holding>,
    /// Of the build cache.
    records: u64,
}

impl Picked<'_> {
    fn bytes(&self) -> u64 {
        let holdings: u64 = self.holdings.iter().map(|one| one.own_bytes).sum();
        holdings + self.records
    }

    fn is_empty(&self) -> bool {
        self.holdings.is_empty() && self.records == 0
    }
}

/// What was used longest ago, of all that may go, until it is `excess` bytes.
fn pick(held: &Held, excess: u64) -> Picked<'_> {
    let holdings = held.holdings.iter();
    let free = holdings.filter(|one| one.state == State::MayGo);
    let mut all: Vec<(u64, Result<&Holding, u64>)> = free
        .map(|one| (one.used_at.unwrap_or(one.created_at), Ok(one)))
        .collect();
    let records = held.records.iter().filter(|record| !record.in_use);
    all.extend(records.map(|record| (record.used, Err(record.size))));
    all.sort_by_key(|(used, _)| *used);
    let mut picked = Picked::default();
    for (_, one) in all {
        if picked.bytes() >= excess {
            break;
        }
        match one {
            Ok(holding) => picked.holdings.push(holding),
            Err(bytes) => picked.records += bytes,
        }
    }
    picked
}

/// Makes what is held fit `budget` bytes, as far as what may go allows it. `warm`: images that stay.
///
/// # Errors
/// Those of the engine; the ledger's directory cannot be written to. `None`: another process is at it.
pub(crate) async fn collect(
    engine: &Engine,
    ledger: &Ledger,
    warm: &[String],
    budget: u64,
    mode: Mode,
) -> Result<Option<Collected>> {
    let Some(_lock) = ledger.hold()? else {
        return Ok(None);
    };
    let mut now = held(engine, ledger, warm).await?;
    let mut done = Collected {
        budget_bytes: budget,
        before_bytes: now.total(),
        after_bytes: now.total(),
        ..Collected::default()
    };
    for _ in 0..MOST_ROUNDS {
        let picked = pick(&now, now.total().saturating_sub(budget));
        if picked.is_empty() {
            break;
        }
        if mode == Mode::DryRun {
            done.after_bytes = now.total().saturating_sub(picked.bytes());
            done.build_cache_bytes = picked.records;
            done.removed = picked.holdings.into_iter().map(Gone::of).collect();
            break;
        }
        let before = done.removed.len();
        for holding in &picked.holdings {
            if remove(engine, ledger, holding).await? {
                done.removed.push(Gone::of(holding));
            }
        }
        let mut pruned = 0;
        if picked.records > 0 {
            let keep = now.build_cache().saturating_sub(picked.records);
            pruned = engine.prune_build_cache(keep).await?;
            done.build_cache_bytes += pruned;
        }
        let went_on = done.removed.len() > before || pruned > 0;
        now = held(engine, ledger, warm).await?;
        done.after_bytes = now.total();
        if !went_on {
            break;
        }
    }
    Ok(Some(done))
}

/// `false`: it is in use since, and stays.
async fn remove(engine: &Engine, ledger: &Ledger, holding: &Holding) -> Result<bool> {
    if holding.kind == Kind::Volume {
        let gone = engine.remove_volume(&holding.id).await.is_ok();
        if gone {
            ledger.forget(Kind::Volume, &holding.id);
        }
        return Ok(gone);
    }
    let by_id = [holding.id.clone()];
    let names = match holding.names.is_empty() {
        true => &by_id[..],
        false => &holding.names[..],
    };
    for name in names {
        if engine.forget_image(name).await? == Forgotten::InUse {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Gone {
    fn of(holding: &Holding) -> Self {
        let name = holding.names.first().unwrap_or(&holding.id);
        Gone {
            kind: holding.kind.name(),
            name: name.clone(),
            own_bytes: holding.own_bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::CacheRecord;

    fn holding(id: &str, used_at: Option<u64>, own_bytes: u64, state: State) -> Holding {
        Holding {
            kind: Kind::Image,
            id: id.to_owned(),
            names: Vec::new(),
            bytes: own_bytes,
            own_bytes,
            created_at: 50,
            used_at,
            used_by: Vec::new(),
            state,
        }
    }

    #[test]
    fn what_was_used_longest_ago_goes_and_no_more_than_has_to() {
        let record = |used: u64, in_use: bool| CacheRecord {
            size: 10,
            used,
            in_use,
            shared: false,
        };
        let held = Held {
            holdings: vec![
                holding("new", Some(400), 10, State::MayGo),
                holding("old", Some(100), 10, State::MayGo),
                holding("older-in-use", Some(1), 10, State::InUse),
                holding("unknown", None, 10, State::MayGo),
                holding("foreign", None, 10, State::Foreign),
            ],
            layers: 50,
            records: vec![record(200, false), record(2, true), record(300, false)],
        };
        let picked = |excess: u64| {
            let picked = pick(&held, excess);
            let ids: Vec<&str> = picked.holdings.iter().map(|one| one.id.as_str()).collect();
            (ids.join(" "), picked.records)
        };
        assert_eq!(picked(0), (String::new(), 0));
        assert_eq!(picked(1), ("unknown".to_owned(), 0));
        assert_eq!(picked(20), ("unknown old".to_owned(), 0));
        assert_eq!(picked(25), ("unknown old".to_owned(), 10));
        assert_eq!(picked(900), ("unknown old new".to_owned(), 20));
        assert_eq!(held.total(), 80);
    }
}
