//! What came of bringing repositories on: how it goes on, for people and programs.

use super::sync::{Outcome, Synced};
use super::waves::Turn;
use crate::error::{Cause, Error, Result};

impl Synced {
    /// How it goes on; an error where somebody has to look before it does.
    ///
    /// # Errors
    /// `Precondition`: too many pipelines fail. `System`: some repository could not be brought on.
    pub(crate) fn verdict(&self) -> Result<String> {
        let failed: Vec<&Outcome> = self
            .all
            .iter()
            .filter(|one| one.verdict == "failed")
            .collect();
        if let Turn::Stop { wave, failed, of } = &self.turn {
            let mut error = Error::precondition(format!(
                "stopped at wave {wave}: {failed} of {of} pipelines with version {} fail; no more merge requests are opened",
                self.to
            ));
            for one in self
                .all
                .iter()
                .filter(|one| one.verdict == "failing")
                .take(10)
            {
                let url = one.url.as_deref().unwrap_or_default();
                error = error.caused_by(Cause::line(format!("`{}` {url}", one.project)));
            }
            return Err(error.hint("the operator mends the templates and publishes the next version, or goes back with --to; what fails for reasons of its own is held (`hold: true` in its lock)"));
        }
        if !failed.is_empty() {
            let names: Vec<String> = failed
                .iter()
                .take(10)
                .map(|one| format!("`{}`", one.project))
                .collect();
            let more = match failed.len() > names.len() {
                true => ", …",
                false => "",
            };
            return Err(Error::system(format!(
                "{} of {} repositories could not be brought on: {}{more}",
                failed.len(),
                self.all.len(),
                names.join(", ")
            ))
            .hint("their notes say why; what is done stands: run it again for the rest"));
        }
        let count = |verdicts: &[&str]| {
            let those = self
                .all
                .iter()
                .filter(|one| verdicts.contains(&one.verdict));
            those.count()
        };
        let out = count(&["held", "pinned", "declined", "skipped", "newer", "left"]);
        let aside = match out {
            0 => String::new(),
            out => format!("; {out} left out, see above"),
        };
        Ok(match &self.turn {
            Turn::Go { wave, .. } => format!(
                "wave {wave}: {} brought on, {} to come; run it again when their pipelines have ended{aside}",
                count(&[
                    "opened",
                    "updated",
                    "unchanged",
                    "closed",
                    "would-open",
                    "would-close"
                ]),
                count(&["later"])
            ),
            Turn::Wait { wave, pending } => {
                format!("wave {wave}: waiting for {pending} pipelines; run it again later{aside}")
            }
            Turn::Done => {
                let these = match out {
                    0 => "all repositories",
                    _ => "all others",
                };
                let to = &self.to;
                format!("{these} have version {to}, or a merge request for it{aside}")
            }
            Turn::Stop { .. } => String::new(),
        })
    }

    pub(super) fn turn_as_json(&self) -> serde_json::Value {
        match &self.turn {
            Turn::Go { wave, members } => {
                serde_json::json!({"turn": "go", "wave": wave, "repositories": members.len()})
            }
            Turn::Wait { wave, pending } => {
                serde_json::json!({"turn": "wait", "wave": wave, "pending": pending})
            }
            Turn::Stop { wave, failed, of } => {
                serde_json::json!({"turn": "stop", "wave": wave, "failed": failed, "of": of})
            }
            Turn::Done => serde_json::json!({"turn": "done"}),
        }
    }

    pub(crate) fn as_json(&self) -> serde_json::Value {
        let all = self.all.iter().map(|one| {
            serde_json::json!({
                "project": one.project, "from": one.from.map(|version| version.to_string()), "verdict": one.verdict,
                "url": one.url, "notes": one.notes, "changes": one.changes, "diff": one.diff,
            })
        });
        serde_json::json!({
            "schema": "baws-ci/template-sync/1",
            "to": self.to.to_string(),
            "progress": self.turn_as_json(),
            "unmanaged": self.strangers,
            "repositories": all.collect::<Vec<_>>(),
        })
    }
}
