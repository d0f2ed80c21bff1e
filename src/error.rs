//! Every error of the house: a class that decides the exit code, a sentence, its causes, and hints.
//!
//! Refuses to print: `dispatch` reports an error once, at the top. The exit codes below are the one table for all verbs.
//! Read next: `output` for how an error looks, `executor` for how classes become the runner's two codes.

use std::fmt::{self, Display};
use std::process::ExitCode;

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Who has to act, in one word; nothing else decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// The job's own script ended with this status (1–255). Under the runner: a build failure.
    Script(u8),
    /// A policy, a grant or a check of the job's own settings says no. Under the runner: a build failure, never retried.
    Refused,
    /// The caller's arguments or the operator's settings are wrong.
    Usage,
    /// Credentials are missing or dead, or a permission is.
    Denied,
    /// Something that has to be there first is missing.
    Precondition,
    /// Repositories are not as their templates made them.
    Drift,
    /// Work on a service came to an end that is not the wanted one.
    Ended(End),
    /// SIGTERM (143) or SIGINT (130) ended the work.
    Cancelled(Signal),
    /// Everything nobody classified: the engine, the network, the machine. Under the runner: a system failure.
    System,
}

/// The ends of work on a service that have an exit code of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Not rolled back.
    Failed,
    RolledBack,
    RollbackFailed,
    Superseded,
    TimedOut,
    /// Other digests run than were wanted, or nobody could tell.
    Mismatch,
    /// By somebody; or paused at a hook, as was asked for.
    Stopped,
    /// AWS did not answer, or took no calls, for longer than could be waited.
    Unavailable,
    /// A one-off task's own status was not 0.
    TaskFailed,
    /// By choice: the desired count is 0.
    NotRunning,
}

/// The two signals by which people and the runner end our work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Interrupt,
    Terminate,
}

impl Class {
    /// The exit code outside the runner.
    ///
    /// 0 done · 1 internal · 2 usage or settings · 3 credentials · 4 precondition · 5–13 outcomes of jobs and deployments
    /// · 14 drift · 15 refused · 16 not running by choice · 130, 143 cancelled.
    pub(crate) fn exit_code(self) -> ExitCode {
        ExitCode::from(self.code())
    }

    pub(crate) fn code(self) -> u8 {
        match self {
            Class::System => 1,
            Class::Usage => 2,
            Class::Denied => 3,
            Class::Precondition => 4,
            Class::Script(_) => 5,
            Class::Ended(End::Failed) => 5,
            Class::Ended(End::RolledBack) => 6,
            Class::Ended(End::RollbackFailed) => 7,
            Class::Ended(End::Superseded) => 8,
            Class::Ended(End::TimedOut) => 9,
            Class::Ended(End::Mismatch) => 10,
            Class::Ended(End::Stopped) => 11,
            Class::Ended(End::Unavailable) => 12,
            Class::Ended(End::TaskFailed) => 13,
            Class::Drift => 14,
            Class::Refused => 15,
            Class::Ended(End::NotRunning) => 16,
            Class::Cancelled(Signal::Interrupt) => 130,
            Class::Cancelled(Signal::Terminate) => 143,
        }
    }
}

/// The classes that may cross the job socket, by name.
const NAMES: [(Class, &str); 19] = [
    (Class::Refused, "refused"),
    (Class::Usage, "usage"),
    (Class::Denied, "denied"),
    (Class::Precondition, "precondition"),
    (Class::Drift, "drift"),
    (Class::Cancelled(Signal::Terminate), "terminated"),
    (Class::Cancelled(Signal::Interrupt), "interrupted"),
    (Class::Script(1), "failed"),
    (Class::Ended(End::Failed), "deployment_failed"),
    (Class::Ended(End::RolledBack), "rolled_back"),
    (Class::Ended(End::RollbackFailed), "rollback_failed"),
    (Class::Ended(End::Superseded), "superseded"),
    (Class::Ended(End::TimedOut), "timed_out"),
    (Class::Ended(End::Mismatch), "mismatch"),
    (Class::Ended(End::Stopped), "stopped"),
    (Class::Ended(End::Unavailable), "unavailable"),
    (Class::Ended(End::TaskFailed), "task_failed"),
    (Class::Ended(End::NotRunning), "not_running"),
    (Class::System, "system"),
];

impl Class {
    /// Its name on the job socket.
    pub(crate) fn name(self) -> &'static str {
        let same = |known: &Class| match (known, self) {
            (Class::Script(_), Class::Script(_)) => true,
            (known, class) => *known == class,
        };
        NAMES
            .iter()
            .find(|(known, _)| same(known))
            .map_or("system", |(_, name)| name)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(class, _)| *class)
    }
}

/// `error: message`, then `caused by:` lines, then `hint:` lines.
#[derive(Debug)]
pub(crate) struct Error {
    class: Class,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl Error {
    pub(crate) fn new(class: Class, message: impl Display) -> Self {
        Error {
            class,
            message: message.to_string(),
            causes: Vec::new(),
            hints: Vec::new(),
        }
    }

    pub(crate) fn system(message: impl Display) -> Self {
        Error::new(Class::System, message)
    }

    pub(crate) fn refused(message: impl Display) -> Self {
        Error::new(Class::Refused, message)
    }

    pub(crate) fn usage(message: impl Display) -> Self {
        Error::new(Class::Usage, message)
    }

    pub(crate) fn denied(message: impl Display) -> Self {
        Error::new(Class::Denied, message)
    }

    pub(crate) fn precondition(message: impl Display) -> Self {
        Error::new(Class::Precondition, message)
    }

    /// Adds a cause and, behind it, the causes it names itself.
    pub(crate) fn caused_by(mut self, cause: impl Into<Cause>) -> Self {
        self.causes.extend(cause.into().0);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }

    /// The same error for another one who has to hear it.
    pub(crate) fn again(&self) -> Self {
        Error {
            class: self.class,
            message: self.message.clone(),
            causes: self.causes.clone(),
            hints: self.hints.clone(),
        }
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }

    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.causes
            .iter()
            .try_for_each(|cause| write!(f, ": {cause}"))
    }
}

impl std::error::Error for Error {}

/// One or more lines of explanation, outermost first.
pub(crate) struct Cause(Vec<String>);

impl Cause {
    pub(crate) fn line(text: impl Display) -> Self {
        Cause(vec![text.to_string()])
    }
}

impl<E: std::error::Error> From<E> for Cause {
    fn from(error: E) -> Self {
        let mut lines = vec![error.to_string()];
        let mut source = error.source();
        while let Some(inner) = source {
            let text = inner.to_string();
            // Many libraries repeat their source in their own text.
            if !lines.iter().any(|line| line.contains(&text)) {
                lines.push(text);
            }
            source = inner.source();
        }
        Cause(lines)
    }
}

/// An error and everything beneath it, outermost first. An I/O error hides what it was made of behind `get_ref`.
pub(crate) fn links<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let link = next?;
        let inner = link
            .downcast_ref::<std::io::Error>()
            .and_then(|io| io.get_ref());
        next = match inner {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => link.source(),
        };
        Some(link)
    })
}
