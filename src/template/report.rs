//! What is known about the templates of all repositories, ready to be shown: `page` for people with time, `table` for a
//! terminal and for programs.

/// Of one GitLab, at one time.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// Version of this program.
    pub(crate) program: String,
    /// Path of the project that holds the templates.
    pub(crate) templates: String,
    /// Newest version of the templates.
    pub(crate) newest: String,
    /// RFC 3339.
    pub(crate) generated_at: String,
    pub(crate) gitlab: String,
    /// In the order in which they are shown.
    pub(crate) rows: Vec<Row>,
}

/// One repository.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) project: String,
    pub(crate) url: String,
    pub(crate) kind: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) state: State,
    pub(crate) drift: Vec<Drift>,
    pub(crate) pipeline: Option<Pipeline>,
    pub(crate) request: Option<Request>,
    pub(crate) note: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Current,
    Outdated,
    Drifted,
    /// Somebody closed the merge request of this version.
    Declined,
    Held,
    Pinned,
    /// The note says why.
    Skipped,
    Unmanaged,
    Failed,
}

/// One file that is not as it was rendered.
#[derive(Clone, Debug)]
pub(crate) struct Drift {
    pub(crate) kind: DriftKind,
    pub(crate) path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DriftKind {
    Missing,
    Modified,
    Outdated,
    Unmanaged,
    Orphan,
}

/// The last one of the default branch.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) status: String,
    pub(crate) url: String,
}

/// The merge request of an update.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) iid: u64,
    pub(crate) title: String,
    pub(crate) url: String,
    pub(crate) state: String,
}

impl State {
    /// What needs somebody comes first.
    pub(crate) const ALL: [State; 9] = [
        State::Failed,
        State::Drifted,
        State::Outdated,
        State::Declined,
        State::Held,
        State::Pinned,
        State::Unmanaged,
        State::Skipped,
        State::Current,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Current => "current",
            State::Outdated => "outdated",
            State::Drifted => "drifted",
            State::Declined => "declined",
            State::Held => "held",
            State::Pinned => "pinned",
            State::Skipped => "skipped",
            State::Unmanaged => "unmanaged",
            State::Failed => "failed",
        }
    }
}

impl DriftKind {
    pub(crate) const ALL: [DriftKind; 5] = [
        DriftKind::Missing,
        DriftKind::Modified,
        DriftKind::Outdated,
        DriftKind::Unmanaged,
        DriftKind::Orphan,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            DriftKind::Missing => "missing",
            DriftKind::Modified => "modified",
            DriftKind::Outdated => "outdated",
            DriftKind::Unmanaged => "unmanaged",
            DriftKind::Orphan => "orphan",
        }
    }
}

impl Report {
    /// How many repositories are in each state, in the order of `State::ALL`.
    pub(crate) fn totals(&self) -> [(State, usize); 9] {
        State::ALL.map(|state| {
            let rows = self.rows.iter().filter(|row| row.state == state);
            (state, rows.count())
        })
    }

    /// `3 repositories`.
    pub(crate) fn size(&self) -> String {
        match self.rows.len() {
            1 => "1 repository".to_owned(),
            count => format!("{count} repositories"),
        }
    }
}

impl Row {
    /// `1 missing, 2 modified`; empty without drift.
    pub(crate) fn drift_counts(&self) -> String {
        let counts = DriftKind::ALL.map(|kind| {
            let files = self.drift.iter().filter(|drift| drift.kind == kind);
            (files.count(), kind.name())
        });
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        counts.join(", ")
    }
}

#[cfg(test)]
pub(super) mod example {
    use super::*;

    /// A repository without anything but its state.
    pub(in crate::template) fn row(project: &str, state: State) -> Row {
        Row {
            project: project.to_owned(),
            url: format!("https://gitlab.example/{project}"),
            kind: None,
            version: None,
            state,
            drift: Vec::new(),
            pipeline: None,
            request: None,
            note: None,
        }
    }

    pub(in crate::template) fn report(rows: Vec<Row>) -> Report {
        Report {
            program: "0.1.0".to_owned(),
            templates: "platform/pipeline-templates".to_owned(),
            newest: "1.4.0".to_owned(),
            generated_at: "2026-11-26T16:02:03Z".to_owned(),
            gitlab: "https://gitlab.example".to_owned(),
            rows,
        }
    }

    /// One repository with all there can be, and three more.
    pub(in crate::template) fn small() -> Report {
        let full = Row {
            kind: Some("ecs-service".to_owned()),
            version: Some("1.3.0".to_owned()),
            drift: vec![
                Drift {
                    kind: DriftKind::Modified,
                    path: ".gitlab-ci.yml".to_owned(),
                },
                Drift {
                    kind: DriftKind::Missing,
                    path: "deploy/task.json".to_owned(),
                },
            ],
            pipeline: Some(Pipeline {
                status: "success".to_owned(),
                url: "https://gitlab.example/apps/shop/-/pipelines/7".to_owned(),
            }),
            request: Some(Request {
                iid: 12,
                title: "Update templates to 1.4.0".to_owned(),
                url: "https://gitlab.example/apps/shop/-/merge_requests/12".to_owned(),
                state: "opened".to_owned(),
            }),
            note: Some("two files conflict".to_owned()),
            ..row("apps/shop", State::Drifted)
        };
        let current = Row {
            kind: Some("lambda".to_owned()),
            version: Some("1.4.0".to_owned()),
            ..row("apps/billing", State::Current)
        };
        let skipped = Row {
            note: Some("archived".to_owned()),
            ..row("old/thing", State::Skipped)
        };
        report(vec![
            full,
            current,
            row("apps/search", State::Current),
            skipped,
        ])
    }
}
