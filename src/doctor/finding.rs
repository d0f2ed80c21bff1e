//! What came of one check: a stable code, a state, a sentence, and whose turn it is.

use std::fmt::Display;

use crate::rollout::clean;

/// Of sentences that repeat what others wrote.
const LONGEST: usize = 600;
const LONGEST_NAME: usize = 200;

/// The three that can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Area {
    Host,
    Gitlab,
    Aws,
}

impl Area {
    pub(crate) const ALL: [Area; 3] = [Area::Host, Area::Gitlab, Area::Aws];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Area::Host => "host",
            Area::Gitlab => "gitlab",
            Area::Aws => "aws",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Fault(Kind),
    /// It works, and somebody should know.
    Warning,
    /// It could not be looked at.
    Unknown,
    /// Nobody asked for it, or it does not apply.
    NotLookedAt,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Fault(_) => "fault",
            State::Warning => "warning",
            State::Unknown => "unknown",
            State::NotLookedAt => "not_looked_at",
        }
    }
}

/// Missing is not forbidden is not unreachable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Missing,
    Forbidden,
    Unreachable,
    Wrong,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Missing => "missing",
            Kind::Forbidden => "forbidden",
            Kind::Unreachable => "unreachable",
            Kind::Wrong => "wrong",
        }
    }
}

/// Who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Host,
    Platform,
    Gitlab,
    /// Whoever writes IAM's policies.
    Iam,
}

impl Turn {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Turn::Host => "the operator of this host",
            Turn::Platform => "the platform's operator",
            Turn::Gitlab => "GitLab's administrator",
            Turn::Iam => "whoever writes the policies in IAM",
        }
    }
}

/// What `--fix` can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mend {
    StateDir,
    Guard,
    Units,
}

/// A permission that somebody lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Whose policy it goes into: an ARN, as far as that is known.
    pub(crate) identity: String,
    pub(crate) action: String,
    pub(crate) resource: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) code: &'static str,
    /// Which of several; empty where there is one.
    pub(crate) about: String,
    pub(crate) state: State,
    /// One sentence.
    pub(crate) told: String,
    pub(crate) turn: Option<Turn>,
    pub(crate) remedies: Vec<String>,
    pub(crate) statement: Option<Box<Statement>>,
    pub(crate) mend: Option<Mend>,
}

impl Finding {
    fn new(code: &'static str, state: State, told: impl Display) -> Self {
        Finding {
            code,
            about: String::new(),
            state,
            told: clean(&told.to_string(), LONGEST),
            turn: None,
            remedies: Vec::new(),
            statement: None,
            mend: None,
        }
    }

    pub(super) fn ok(code: &'static str, told: impl Display) -> Self {
        Finding::new(code, State::Ok, told)
    }

    pub(super) fn fault(code: &'static str, kind: Kind, told: impl Display) -> Self {
        Finding::new(code, State::Fault(kind), told)
    }

    pub(super) fn warning(code: &'static str, told: impl Display) -> Self {
        Finding::new(code, State::Warning, told)
    }

    pub(super) fn unknown(code: &'static str, because: impl Display) -> Self {
        let told = format!("could not be looked at: {because}");
        Finding::new(code, State::Unknown, told)
    }

    pub(super) fn not_looked_at(code: &'static str, because: impl Display) -> Self {
        Finding::new(code, State::NotLookedAt, because)
    }

    pub(super) fn about(mut self, what: &str) -> Self {
        self.about = clean(what, LONGEST_NAME);
        self
    }

    pub(super) fn turn(mut self, turn: Turn) -> Self {
        self.turn = Some(turn);
        self
    }

    pub(super) fn remedy(mut self, what: impl Display) -> Self {
        self.remedies.push(clean(&what.to_string(), LONGEST));
        self
    }

    pub(super) fn statement(mut self, statement: Option<Statement>) -> Self {
        self.statement = statement.map(Box::new);
        self
    }

    pub(super) fn mended_by(mut self, mend: Mend) -> Self {
        self.mend = Some(mend);
        self
    }

    pub(crate) fn area(&self) -> Area {
        let first = self.code.split('.').next();
        let named = Area::ALL
            .into_iter()
            .find(|area| Some(area.name()) == first);
        named.unwrap_or(Area::Host)
    }

    /// Whether it wants the same of the same.
    pub(crate) fn is_like(&self, other: &Finding) -> bool {
        let of = |one: &Finding| (one.code, one.state, one.turn, one.remedies.clone());
        of(self) == of(other)
    }

    pub(crate) fn kind(&self) -> Option<Kind> {
        match self.state {
            State::Fault(kind) => Some(kind),
            State::Ok | State::Warning | State::Unknown | State::NotLookedAt => None,
        }
    }
}
