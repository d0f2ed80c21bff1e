//! Waiting for what has no event to wait on.

use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine.
pub(crate) const LONG: Duration = Duration::from_secs(100);

/// Looks again and again until it holds.
///
/// # Panics
/// It does not hold for [`LONG`].
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let give_up = Instant::now() + LONG;
    while !holds() {
        assert!(
            Instant::now() < give_up,
            "this did not come true within {} s: {what}",
            LONG.as_secs()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Letters and digits that no other test has.
pub(crate) fn unique() -> String {
    let uuid = std::fs::read_to_string("/proc/sys/kernel/random/uuid").expect("every Linux has it");
    uuid.chars().filter(char::is_ascii_alphanumeric).collect()
}
