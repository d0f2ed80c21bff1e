//! Room where the engine keeps its images and where the executor keeps its state: bytes, and inodes.

use std::path::Path;

use crate::doctor::finding::{Finding, Kind, Turn};
use crate::output::bytes;
use crate::policy;
use crate::settings::Settings;

/// Free in percent, where the settings name no amount.
const LEAST_PERCENT: u64 = 10;

#[derive(Clone, Copy)]
pub(super) enum Which {
    Engine,
    State,
}

/// Of a file system.
struct Room {
    free: u64,
    of: u64,
    inodes_free: u64,
    /// 0: it makes them as it needs them.
    inodes: u64,
}

pub(super) fn findings(which: Which, dir: &Path, settings: &Settings) -> Vec<Finding> {
    let (disk, inodes) = codes(which);
    let found = match rustix::fs::statvfs(dir) {
        Ok(found) => found,
        Err(error) => {
            let because = format!("`{}`: {error}", dir.display());
            return vec![
                Finding::unknown(disk, &because),
                Finding::unknown(inodes, because),
            ];
        }
    };
    let room = Room {
        free: found.f_bavail.saturating_mul(found.f_frsize),
        of: found.f_blocks.saturating_mul(found.f_frsize),
        inodes_free: found.f_favail,
        inodes: found.f_files,
    };
    let least = settings.executor.min_free_disk.as_deref();
    let least = least.and_then(|text| policy::bytes("executor.min_free_disk", text).ok());
    let least = least.and_then(|least| u64::try_from(least).ok());
    decide(which, dir, &room, least).into()
}

fn codes(which: Which) -> (&'static str, &'static str) {
    match which {
        Which::Engine => ("host.disk.engine", "host.inodes.engine"),
        Which::State => ("host.disk.state", "host.inodes.state"),
    }
}

fn decide(which: Which, dir: &Path, room: &Room, least: Option<u64>) -> [Finding; 2] {
    let (disk, inodes) = codes(which);
    let dir = dir.display();
    // An amount is meant for images.
    let least = match which {
        Which::Engine => least,
        Which::State => None,
    };
    let wanted = least.unwrap_or(room.of / 100 * LEAST_PERCENT);
    let full = |code, told: String| {
        Finding::fault(code, Kind::Wrong, told)
            .turn(Turn::Host)
            .remedy("`baws-ci images` tells what takes the room; `[cache] budget` and `baws-ci runner install` keep it down")
    };
    let (free, of) = (bytes(room.free), bytes(room.of));
    let first = match room.free < wanted {
        true => full(
            disk,
            format!(
                "{free} of {of} are free at `{dir}`, and {} have to be",
                bytes(wanted)
            ),
        ),
        false => Finding::ok(disk, format!("{free} of {of} are free at `{dir}`")),
    };
    let percent = room
        .inodes_free
        .saturating_mul(100)
        .checked_div(room.inodes);
    let second = match percent {
        Some(percent) if percent < LEAST_PERCENT => full(
            inodes,
            format!(
                "{percent} % of the inodes are free at `{dir}`, and {LEAST_PERCENT} % have to be"
            ),
        ),
        Some(percent) => Finding::ok(
            inodes,
            format!("{percent} % of the inodes are free at `{dir}`"),
        ),
        None => Finding::ok(
            inodes,
            format!("the file system at `{dir}` makes inodes as it needs them"),
        ),
    };
    [first, second]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn states(
        which: Which,
        free: u64,
        inodes: (u64, u64),
        least: Option<u64>,
    ) -> [&'static str; 2] {
        let room = Room {
            free,
            of: 1000,
            inodes_free: inodes.0,
            inodes: inodes.1,
        };
        decide(which, Path::new("/x"), &room, least).map(|one| one.state.name())
    }

    #[test]
    fn a_tenth_is_free_or_what_the_settings_say_and_so_are_inodes() {
        assert_eq!(states(Which::Engine, 100, (10, 100), None), ["ok", "ok"]);
        assert_eq!(
            states(Which::Engine, 99, (9, 100), None),
            ["fault", "fault"]
        );
        assert_eq!(states(Which::Engine, 99, (0, 0), Some(50)), ["ok", "ok"]);
        assert_eq!(
            states(Which::Engine, 600, (50, 100), Some(700)),
            ["fault", "ok"]
        );
        assert_eq!(
            states(Which::State, 600, (50, 100), Some(700)),
            ["ok", "ok"]
        );
    }
}
