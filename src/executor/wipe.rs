//! Removes the runner's temporary directory from a volume that outlives the job, where the runner did not come to it.
//!
//! A job that is cancelled hard, runs out of time or loses its runner ends without the runner's `cleanup_file_variables`:
//! its file variables and the configuration with its token would stay on disk. Only an attempt, by way of the helper's
//! agent: where that does not answer, the token is dead with the job all the same.

use std::path::Path;
use std::time::{Duration, Instant};

use super::marks::{WIPED, met};
use super::notes::Notes;
use super::place::post_in;
use crate::agent::{Answer, Cancel, Handover, Order, Watch};
use crate::job::{Place as StagePlace, Role};

/// How long the helper may take to answer for the last time.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) fn wipe(job_dir: &Path, notes: &Notes, builds_dir: &str) {
    let needed = job_dir.join(met(Role::Helper)).exists() && !job_dir.join(WIPED).exists();
    let temporary = &notes.temporary;
    let inside = temporary.starts_with(&format!("{builds_dir}/")) && !temporary.contains("/../");
    if !needed || !inside || !temporary.ends_with(".tmp") {
        return;
    }
    let Ok(cancel) = Cancel::listen() else { return };
    let quoted = temporary.replace('\'', "'\\''");
    let script = format!("rm -rf -- '{quoted}' </dev/null\n");
    let post = post_in(job_dir, StagePlace::Helper);
    let until = Instant::now() + PATIENCE;
    if let Ok(Answer::Ready(ready)) = post.call(Some(&notes.helper_id), &cancel, until) {
        let handover = Handover {
            script: script.as_bytes(),
            order: Order::default(),
            until: Some(until + PATIENCE),
        };
        if Watch::stage(ready, &handover, &cancel).is_err() {
            // The volume is the same job's slot; the next job's first stage removes what is known by name.
        }
    }
}
