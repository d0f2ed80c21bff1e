//! How a Dockerfile's faults are worded: always with the line, so that the author finds the place.

use std::fmt::Display;

use crate::error::{Cause, Error};

/// The author's turn: no engine takes this, or engines differ over it.
pub(super) fn invalid(line: usize, why: impl Display) -> Error {
    Error::usage("the Dockerfile is invalid").caused_by(Cause::line(format!("line {line}: {why}")))
}

/// The author's turn: docker would take this, and a job may not have it.
pub(super) fn refused(line: usize, why: impl Display) -> Error {
    Error::refused("the Dockerfile is refused")
        .caused_by(Cause::line(format!("line {line}: {why}")))
}

/// Text of the Dockerfile inside a sentence, without tabs and not longer than reads well.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    format!("`{}`", shown.replace(char::is_control, " "))
}
