//! The instructions there are, and the flags that each takes.

use std::fmt::{self, Display};

use super::dialect::Feature;

/// Source: buildkit `frontend/dockerfile/command/command.go`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
}

pub(super) const KEYWORDS: [Keyword; 18] = [
    Keyword::Add,
    Keyword::Arg,
    Keyword::Cmd,
    Keyword::Copy,
    Keyword::Entrypoint,
    Keyword::Env,
    Keyword::Expose,
    Keyword::From,
    Keyword::Healthcheck,
    Keyword::Label,
    Keyword::Maintainer,
    Keyword::Onbuild,
    Keyword::Run,
    Keyword::Shell,
    Keyword::Stopsignal,
    Keyword::User,
    Keyword::Volume,
    Keyword::Workdir,
];

/// A flag that an instruction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What the builder has to know for it; `None`: every builder does.
    pub(super) needs: Option<Feature>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `--name` or `--name=true|false`.
    Switch,
    Value,
    /// May stand more than once.
    Values,
}

const fn known(name: &'static str, kind: Kind, needs: Option<Feature>) -> Known {
    Known { name, kind, needs }
}

// Source: buildkit 0.8 to 0.20 `frontend/dockerfile/instructions/parse.go` and `commands_run*.go`.
const ADD: [Known; 7] = [
    known("chown", Kind::Value, None),
    known("chmod", Kind::Value, Some(Feature::CopyChmod)),
    known("link", Kind::Switch, Some(Feature::CopyLink)),
    known("keep-git-dir", Kind::Switch, Some(Feature::AddGit)),
    known("checksum", Kind::Value, Some(Feature::AddChecksum)),
    known("exclude", Kind::Values, Some(Feature::CopyExclude)),
    known("unpack", Kind::Switch, Some(Feature::AddUnpack)),
];
const COPY: [Known; 6] = [
    known("chown", Kind::Value, None),
    known("from", Kind::Value, None),
    known("chmod", Kind::Value, Some(Feature::CopyChmod)),
    known("link", Kind::Switch, Some(Feature::CopyLink)),
    known("exclude", Kind::Values, Some(Feature::CopyExclude)),
    known("parents", Kind::Switch, Some(Feature::CopyParents)),
];
const RUN: [Known; 4] = [
    known("mount", Kind::Values, Some(Feature::RunMount)),
    known("network", Kind::Value, Some(Feature::RunNetwork)),
    known("security", Kind::Value, Some(Feature::RunSecurity)),
    known("device", Kind::Values, Some(Feature::RunDevice)),
];
// `--platform` of the classic builder: since Docker 17.12 behind `experimental`, since 20.10 for everyone [recalled].
const FROM: [Known; 1] = [known("platform", Kind::Value, None)];
const HEALTHCHECK: [Known; 5] = [
    known("interval", Kind::Value, None),
    known("timeout", Kind::Value, None),
    known("start-period", Kind::Value, None),
    known(
        "start-interval",
        Kind::Value,
        Some(Feature::HealthStartInterval),
    ),
    known("retries", Kind::Value, None),
];

impl Keyword {
    /// In any letter case. Only ASCII: Go's `ToLower` would fold letters such as the Kelvin sign into these names.
    pub(super) fn named(word: &str) -> Option<Keyword> {
        KEYWORDS
            .into_iter()
            .find(|keyword| keyword.as_str().eq_ignore_ascii_case(word))
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Keyword::Add => "ADD",
            Keyword::Arg => "ARG",
            Keyword::Cmd => "CMD",
            Keyword::Copy => "COPY",
            Keyword::Entrypoint => "ENTRYPOINT",
            Keyword::Env => "ENV",
            Keyword::Expose => "EXPOSE",
            Keyword::From => "FROM",
            Keyword::Healthcheck => "HEALTHCHECK",
            Keyword::Label => "LABEL",
            Keyword::Maintainer => "MAINTAINER",
            Keyword::Onbuild => "ONBUILD",
            Keyword::Run => "RUN",
            Keyword::Shell => "SHELL",
            Keyword::Stopsignal => "STOPSIGNAL",
            Keyword::User => "USER",
            Keyword::Volume => "VOLUME",
            Keyword::Workdir => "WORKDIR",
        }
    }

    pub(super) fn flags(self) -> &'static [Known] {
        match self {
            Keyword::Add => &ADD,
            Keyword::Copy => &COPY,
            Keyword::Run => &RUN,
            Keyword::From => &FROM,
            Keyword::Healthcheck => &HEALTHCHECK,
            Keyword::Arg
            | Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Env
            | Keyword::Expose
            | Keyword::Label
            | Keyword::Maintainer
            | Keyword::Onbuild
            | Keyword::Shell
            | Keyword::Stopsignal
            | Keyword::User
            | Keyword::Volume
            | Keyword::Workdir => &[],
        }
    }

    /// Whether its text is made of names the host relies on, so that no look-alike space may stand in it.
    pub(super) fn is_structural(self) -> bool {
        match self {
            Keyword::Add | Keyword::Arg | Keyword::Copy | Keyword::From | Keyword::Env => true,
            Keyword::Cmd
            | Keyword::Entrypoint
            | Keyword::Expose
            | Keyword::Healthcheck
            | Keyword::Label
            | Keyword::Maintainer
            | Keyword::Onbuild
            | Keyword::Run
            | Keyword::Shell
            | Keyword::Stopsignal
            | Keyword::User
            | Keyword::Volume
            | Keyword::Workdir => false,
        }
    }

    /// Source: `heredocDirectives` in buildkit's `parser.go`.
    pub(super) fn takes_heredocs(self) -> bool {
        matches!(self, Keyword::Add | Keyword::Copy | Keyword::Run)
    }
}

impl Display for Keyword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
