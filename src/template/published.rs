//! What a publication did, or would do, for people and programs.

use serde_json::{Value, json};

use super::publish::Publication;
use crate::gitlab::Action;

/// What was done; of a dry run, what would be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Published {
    pub(crate) makes_project: bool,
    pub(crate) created: Vec<String>,
    pub(crate) updated: Vec<String>,
    pub(crate) deleted: Vec<String>,
    pub(crate) commit: Option<String>,
    pub(crate) tagged: bool,
}

impl Published {
    /// Adds what these actions do. Read anew, they are what is left to do.
    pub(super) fn note(&mut self, actions: &[Action]) {
        for action in actions {
            let (list, path) = match action {
                Action::Create { path, .. } => (&mut self.created, path),
                Action::Update { path, .. }
                | Action::MakeExecutable { path }
                | Action::MakePlain { path } => (&mut self.updated, path),
                Action::Delete { path } => (&mut self.deleted, path),
            };
            if !list.contains(path) {
                list.push(path.clone());
            }
        }
        let created = self.created.clone();
        self.updated.retain(|path| !created.contains(path));
    }

    pub(crate) fn is_nothing(&self) -> bool {
        !self.makes_project
            && self.created.is_empty()
            && self.updated.is_empty()
            && self.deleted.is_empty()
            && !self.tagged
    }

    pub(crate) fn as_json(&self, publication: &Publication<'_>) -> Value {
        json!({
            "schema": "baws-ci/publication/1",
            "project": publication.project,
            "version": publication.edition.version.to_string(),
            "dry_run": publication.dry_run,
            "project_created": self.makes_project,
            "created": self.created, "updated": self.updated, "deleted": self.deleted,
            "commit": self.commit, "tagged": self.tagged,
        })
    }

    pub(crate) fn text(&self, publication: &Publication<'_>) -> String {
        let (project, version) = (publication.project, publication.edition.version);
        if self.is_nothing() {
            return format!("{project} holds version {version} as it is: nothing to do\n");
        }
        let verb = match publication.dry_run {
            true => "would get",
            false => "has",
        };
        let mut text = format!(
            "{project} {verb} version {version}: {} new, {} changed, {} removed",
            self.created.len(),
            self.updated.len(),
            self.deleted.len()
        );
        text.push_str(match self.tagged {
            true => ", and its tag\n",
            false => "\n",
        });
        if publication.dry_run {
            let lists = [
                ("+", &self.created),
                ("~", &self.updated),
                ("-", &self.deleted),
            ];
            for (mark, paths) in lists {
                text.extend(paths.iter().map(|path| format!("  {mark} {path}\n")));
            }
        }
        text
    }
}
