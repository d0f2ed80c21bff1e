//! The process tree as `/proc` shows it.

use std::collections::{HashMap, HashSet};

/// A process, safe against its number being used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// Clock ticks since boot.
    pub(super) started: u64,
}

/// One line of `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stat {
    pub(super) process: Process,
    pub(super) parent: u32,
    /// `T` stopped, `Z` ended but not collected; see proc(5).
    pub(super) state: char,
}

impl Stat {
    pub(super) fn of(pid: u32) -> Option<Self> {
        Stat::parse(
            pid,
            &std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?,
        )
    }

    /// The name in brackets may hold blanks and brackets, so fields are counted from the last bracket.
    fn parse(pid: u32, text: &str) -> Option<Self> {
        let mut fields = text.rsplit_once(')')?.1.split_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        // Field 22 of the line is the 20th behind the name; two are taken.
        let started = fields.nth(17)?.parse().ok()?;
        Some(Stat {
            process: Process { pid, started },
            parent,
            state,
        })
    }
}

/// Every process that can be seen.
pub(super) fn all() -> Vec<Stat> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(Stat::of).collect()
}

/// The descendants of `root`, without the spared ones and what descends from those.
pub(super) fn descendants(all: &[Stat], root: u32, spared: &HashSet<Process>) -> Vec<Stat> {
    let mut children: HashMap<u32, Vec<Stat>> = HashMap::new();
    for stat in all {
        children.entry(stat.parent).or_default().push(*stat);
    }
    let (mut found, mut open) = (Vec::new(), vec![root]);
    while let Some(parent) = open.pop() {
        for stat in children.remove(&parent).unwrap_or_default() {
            if !spared.contains(&stat.process) {
                open.push(stat.process.pid);
                found.push(stat);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: u32, parent: u32) -> Stat {
        Stat {
            process: Process { pid, started: 1 },
            parent,
            state: 'S',
        }
    }

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let line = "7 (a) (b c) T 3 7 7 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 4242 0 0";
        let stat = Stat::parse(7, line).unwrap();
        assert_eq!(
            (stat.parent, stat.state, stat.process.started),
            (3, 'T', 4242)
        );
    }

    #[test]
    fn what_the_entrypoint_started_is_spared_with_its_children() {
        let all = [stat(1, 0), stat(2, 1), stat(3, 2), stat(4, 1), stat(5, 4)];
        let spared = [Process { pid: 2, started: 1 }].into();
        let mut found: Vec<u32> = descendants(&all, 1, &spared)
            .iter()
            .map(|stat| stat.process.pid)
            .collect();
        found.sort_unstable();
        assert_eq!(found, [4, 5]);
    }
}
