//! Stopped tasks, the alike ones together: fifty tasks that stopped the same way are one fact.

use super::reason::{self, Kind, Reason};
use crate::deploy::result::StoppedTask;

/// Tasks that stopped the same way.
pub(super) struct Group<'a> {
    pub(super) tasks: Vec<&'a StoppedTask>,
    pub(super) reason: Reason,
}

/// The largest first.
pub(super) fn groups(stopped: &[StoppedTask]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for task in stopped {
        let reason = reason::classify(task.stop_code.as_ref(), &[&task.reason], task.exit_code);
        let same = |group: &&mut Group<'_>| {
            let Some(first) = group.tasks.first() else {
                return false;
            };
            group.reason.kind == reason.kind
                && first.container == task.container
                && first.stop_code == task.stop_code
                && first.exit_code == task.exit_code
                && (reason.kind != Kind::Unknown || first.reason == task.reason)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.tasks.push(task),
            None => groups.push(Group {
                tasks: vec![task],
                reason,
            }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.tasks.len()));
    groups
}
