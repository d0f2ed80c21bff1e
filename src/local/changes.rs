//! Which files an event would change, for `rules:changes`.

use super::work_tree::{History, WorkTree};
use crate::pipeline::EventKind;

impl WorkTree {
    /// Paths of the project, what is not committed included. `None`: GitLab compares nothing for this event, or there is
    /// nothing to compare with.
    pub(super) fn changed(&self, event: EventKind, default_branch: &str) -> Option<Vec<String>> {
        match &self.history {
            History::None | History::Unborn { .. } => return None,
            History::Commit(_) => {}
        }
        let base = match event {
            EventKind::Push => {
                self.ask(&["rev-parse", "--verify", "--quiet", "HEAD~1^{commit}"])?
            }
            EventKind::MergeRequest => {
                let remote = format!("origin/{default_branch}");
                self.ask(&["merge-base", "HEAD", &remote])
                    .or_else(|| self.ask(&["merge-base", "HEAD", default_branch]))?
            }
            EventKind::Tag
            | EventKind::Schedule
            | EventKind::Web
            | EventKind::Api
            | EventKind::Trigger
            | EventKind::Parent => return None,
        };
        let differ = self
            .ask(&["diff", "--name-only", "--relative", "-z", &base])
            .unwrap_or_default();
        let new = self
            .ask(&["ls-files", "-z", "--others", "--exclude-standard"])
            .unwrap_or_default();
        let all = differ.split('\0').chain(new.split('\0'));
        Some(
            all.filter(|path| !path.is_empty())
                .map(str::to_owned)
                .collect(),
        )
    }
}
