//! Images that are wrong in some way, made on the spot from the bench's own.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::Stand;

static MADE: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

impl Stand {
    /// The image of this name, made from a Dockerfile without context. Once for all tests of one name.
    #[track_caller]
    pub(crate) fn made(&self, name: &str, dockerfile: &str) -> String {
        let tag = format!("it/{name}:1");
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if made.insert(tag.clone()) {
            let done = self
                .bench
                .engine
                .try_docker(&["build", "-q", "-t", &tag, "-"], dockerfile);
            assert!(
                done.status.success(),
                "cannot make the image `{tag}`: {}",
                String::from_utf8_lossy(&done.stderr)
            );
        }
        tag
    }

    /// busybox behind an entrypoint, given as in a Dockerfile.
    #[track_caller]
    pub(crate) fn behind(&self, name: &str, entrypoint: &str) -> String {
        self.made(
            name,
            &format!("FROM bench/busybox:1\nENTRYPOINT {entrypoint}\n"),
        )
    }
}
