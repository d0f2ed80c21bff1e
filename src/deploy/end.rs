//! How work on a service ended: each end has a name, an exit code and a meaning, and none is said of another.

use serde::{Deserialize, Serialize};

use crate::error::{Class, End, Signal};

/// The end of one service's deployment. Source of the codes: the one table in `error`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// What was wanted runs, and that was seen.
    Ok,
    /// What was wanted ran already.
    NoChange,
    /// Only the start was asked for, and it happened.
    Started,
    /// A plan was asked for.
    Planned,
    /// The service's desired count is 0, and nobody asked to raise it.
    NotRunning,
    Failed,
    RolledBack,
    RollbackFailed,
    Superseded,
    TimedOut,
    /// Other digests run than were wanted, or none are told where one was wanted.
    Mismatch,
    /// By somebody.
    Stopped,
    /// At a pause hook, as was asked for.
    Paused,
    /// AWS did not answer for longer than could be waited.
    Unavailable,
    /// The one-off task's own status was not 0.
    TaskFailed,
    /// The service went away.
    Lost,
    Cancelled,
    /// Refused before anything was touched: something is missing or does not fit.
    Precondition,
    Denied,
    Refused,
    Usage,
    #[default]
    Internal,
}

impl Outcome {
    /// What decides the exit code; `None`: 0.
    pub(crate) fn class(self) -> Option<Class> {
        Some(match self {
            Outcome::Ok | Outcome::NoChange | Outcome::Started | Outcome::Planned => return None,
            Outcome::NotRunning => Class::Ended(End::NotRunning),
            Outcome::Failed => Class::Ended(End::Failed),
            Outcome::RolledBack => Class::Ended(End::RolledBack),
            Outcome::RollbackFailed => Class::Ended(End::RollbackFailed),
            Outcome::Superseded => Class::Ended(End::Superseded),
            Outcome::TimedOut => Class::Ended(End::TimedOut),
            Outcome::Mismatch => Class::Ended(End::Mismatch),
            Outcome::Stopped | Outcome::Paused => Class::Ended(End::Stopped),
            Outcome::Unavailable => Class::Ended(End::Unavailable),
            Outcome::TaskFailed => Class::Ended(End::TaskFailed),
            Outcome::Lost | Outcome::Precondition => Class::Precondition,
            Outcome::Cancelled => Class::Cancelled(Signal::Terminate),
            Outcome::Denied => Class::Denied,
            Outcome::Refused => Class::Refused,
            Outcome::Usage => Class::Usage,
            Outcome::Internal => Class::System,
        })
    }

    /// The end that an error before the start is.
    pub(crate) fn of(class: Class) -> Self {
        match class {
            Class::Ended(End::NotRunning) => Outcome::NotRunning,
            Class::Ended(End::Failed) | Class::Script(_) => Outcome::Failed,
            Class::Ended(End::RolledBack) => Outcome::RolledBack,
            Class::Ended(End::RollbackFailed) => Outcome::RollbackFailed,
            Class::Ended(End::Superseded) => Outcome::Superseded,
            Class::Ended(End::TimedOut) => Outcome::TimedOut,
            Class::Ended(End::Mismatch) => Outcome::Mismatch,
            Class::Ended(End::Stopped) => Outcome::Stopped,
            Class::Ended(End::Unavailable) => Outcome::Unavailable,
            Class::Ended(End::TaskFailed) => Outcome::TaskFailed,
            Class::Precondition | Class::Drift => Outcome::Precondition,
            Class::Cancelled(_) => Outcome::Cancelled,
            Class::Denied => Outcome::Denied,
            Class::Refused => Outcome::Refused,
            Class::Usage => Outcome::Usage,
            Class::System => Outcome::Internal,
        }
    }

    pub(crate) fn is_good(self) -> bool {
        self.class().is_none()
    }
}
