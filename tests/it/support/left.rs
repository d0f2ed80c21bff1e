//! What may not be there any more when a job has been cleaned up.

use super::engine::Kind;
use super::{Job, eventually};

impl Job<'_> {
    /// Neither containers, networks, volumes of the job alone, its directory, nor any process of ours.
    #[track_caller]
    pub(crate) fn nothing_left(&self) {
        for kind in [Kind::Containers, Kind::Networks, Kind::Volumes] {
            let left = self.holds(kind);
            assert!(left.is_empty(), "{kind:?} of the job are left: {left:?}");
        }
        let dirs = self.dirs();
        assert!(dirs.is_empty(), "directories of the job are left: {dirs:?}");
        // `executor start` is no child of anybody's and ends by itself.
        eventually("no process of this job is left", || {
            self.processes().is_empty()
        });
    }

    /// The job's directories below the state directory.
    pub(crate) fn dirs(&self) -> Vec<String> {
        let jobs = std::fs::read_dir(self.stand.state_dir().join("jobs"));
        let names = jobs
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned());
        names
            .filter(|name| name.ends_with(&format!("-{}", self.id)))
            .collect()
    }

    /// Numbers of our own processes that work for the job: all have its TMPDIR in their environment.
    pub(crate) fn processes(&self) -> Vec<String> {
        let marker = format!("TMPDIR={}", self.tmp.display()).into_bytes();
        let entries = std::fs::read_dir("/proc").expect("/proc is there");
        let numbers = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned());
        let ours = |number: &String| {
            let environment = std::fs::read(format!("/proc/{number}/environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|one| one == marker)
        };
        numbers.filter(ours).collect()
    }
}
