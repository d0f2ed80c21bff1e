//! What the builder of one engine knows beyond the oldest Dockerfile.
//!
//! The engine's own frontend reads our files (no `# syntax` image is ever pulled), so its version decides. Docker carries
//! BuildKit 0.8 in 20.10 (API 1.41), 0.10 in 23.0 (1.42), 0.11 in 24.0 (1.43), 0.12 in 25.0 (1.44), 0.20 in 28.0 (1.48).
//! Source: the `instructions` package of these buildkit versions, read; the pairs of versions, recalled.

use crate::error::Error;

use super::fault::invalid;

/// A construct that not every builder knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    Heredocs,
    RunMount,
    RunNetwork,
    RunSecurity,
    RunDevice,
    CopyChmod,
    CopyLink,
    CopyExclude,
    CopyParents,
    AddChecksum,
    AddGit,
    AddUnpack,
    HealthStartInterval,
}

const FEATURES: [Feature; 13] = [
    Feature::Heredocs,
    Feature::RunMount,
    Feature::RunNetwork,
    Feature::RunSecurity,
    Feature::RunDevice,
    Feature::CopyChmod,
    Feature::CopyLink,
    Feature::CopyExclude,
    Feature::CopyParents,
    Feature::AddChecksum,
    Feature::AddGit,
    Feature::AddUnpack,
    Feature::HealthStartInterval,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Support {
    Known,
    Unknown,
}

/// One line of the table that `baws-ci build --features` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FeatureRow {
    pub(crate) name: &'static str,
    pub(crate) support: Support,
    /// Such as `Docker 23.0, BuildKit`.
    pub(crate) since: &'static str,
}

/// The builder of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    builder: Builder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Builder {
    Classic,
    BuildKit { api_minor: usize },
}

/// In which engines a feature is.
enum Since {
    /// With BuildKit, from the engine of API version 1.x on. The classic builder has none of them for sure.
    Api(usize),
    Never,
}

impl Dialect {
    /// The builder behind `/build` without `version=2`.
    pub(crate) fn classic() -> Self {
        Dialect {
            builder: Builder::Classic,
        }
    }

    /// BuildKit inside the engine whose API version is 1.`api_minor`.
    pub(crate) fn buildkit(api_minor: usize) -> Self {
        Dialect {
            builder: Builder::BuildKit { api_minor },
        }
    }

    pub(crate) fn supports(&self, feature: Feature) -> Support {
        match (self.builder, feature.since()) {
            (Builder::Classic, _) | (_, Since::Never) => Support::Unknown,
            (Builder::BuildKit { api_minor }, Since::Api(minor)) if api_minor >= minor => {
                Support::Known
            }
            (Builder::BuildKit { .. }, Since::Api(_)) => Support::Unknown,
        }
    }

    /// Every feature, in the order of the table.
    pub(crate) fn features(&self) -> Vec<FeatureRow> {
        let row = |feature: Feature| FeatureRow {
            name: feature.name(),
            support: self.supports(feature),
            since: feature.since_words(),
        };
        FEATURES.into_iter().map(row).collect()
    }

    /// Such as `Docker 20.10, BuildKit`.
    pub(crate) fn name(&self) -> String {
        match self.builder {
            Builder::Classic => "the classic builder".to_owned(),
            Builder::BuildKit { api_minor } => format!("{}, BuildKit", docker(api_minor)),
        }
    }

    /// # Errors
    /// The builder does not know `feature`, which line `line` uses.
    pub(super) fn require(&self, feature: Feature, line: usize) -> Result<(), Error> {
        match self.supports(feature) {
            Support::Known => Ok(()),
            Support::Unknown => Err(invalid(
                line,
                format!(
                    "the builder of this engine ({}) does not know {}",
                    self.name(),
                    feature.name()
                ),
            )
            .hint(feature.way_out())),
        }
    }
}

/// Source: docs.docker.com, "API version matrix" [recalled].
fn docker(api_minor: usize) -> &'static str {
    match api_minor {
        ..=40 => "Docker before 20.10",
        41 => "Docker 20.10",
        42 => "Docker 23.0",
        43 => "Docker 24.0",
        44 => "Docker 25.0",
        45 => "Docker 26",
        46 | 47 => "Docker 27",
        48..=51 => "Docker 28",
        52.. => "Docker 29 or newer",
    }
}

impl Feature {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Feature::Heredocs => "heredocs",
            Feature::RunMount => "`RUN --mount`",
            Feature::RunNetwork => "`RUN --network`",
            Feature::RunSecurity => "`RUN --security`",
            Feature::RunDevice => "`RUN --device`",
            Feature::CopyChmod => "`COPY --chmod` and `ADD --chmod`",
            Feature::CopyLink => "`COPY --link` and `ADD --link`",
            Feature::CopyExclude => "`COPY --exclude` and `ADD --exclude`",
            Feature::CopyParents => "`COPY --parents`",
            Feature::AddChecksum => "`ADD --checksum`",
            Feature::AddGit => "`ADD` of a git repository",
            Feature::AddUnpack => "`ADD --unpack`",
            Feature::HealthStartInterval => "`HEALTHCHECK --start-interval`",
        }
    }

    fn since(self) -> Since {
        match self {
            // buildkit 0.8 `commands_runmount.go` has no build tag; `parse.go` has `chmod`.
            Feature::RunMount | Feature::CopyChmod => Since::Api(41),
            // 0.10 `parser.go`, `parse.go`, `commands_runnetwork.go` (in 0.8 behind the tag `dfrunnetwork`).
            Feature::Heredocs | Feature::CopyLink | Feature::RunNetwork => Since::Api(42),
            // 0.11 `parse.go` has both without a tag.
            Feature::AddChecksum | Feature::AddGit => Since::Api(43),
            // 0.12 `parse.go`; the engine keeps the value since API 1.44.
            Feature::HealthStartInterval => Since::Api(44),
            // 0.20 `commands_rundevice.go`; which patch release of Docker 28 took it is a guess on the safe side.
            Feature::RunDevice => Since::Api(49),
            // 0.20: behind the tags `dfrunsecurity`, `dfexcludepatterns`, `dfparents`; `unpack` is newer than that.
            Feature::RunSecurity
            | Feature::CopyExclude
            | Feature::CopyParents
            | Feature::AddUnpack => Since::Never,
        }
    }

    fn since_words(self) -> &'static str {
        match self.since() {
            Since::Never => "none of Docker 20.10 to 28",
            Since::Api(41) => "Docker 20.10, BuildKit",
            Since::Api(42) => "Docker 23.0, BuildKit",
            Since::Api(43) => "Docker 24.0, BuildKit",
            Since::Api(44) => "Docker 25.0, BuildKit",
            Since::Api(_) => "Docker 28.1, BuildKit",
        }
    }

    fn way_out(self) -> &'static str {
        match self {
            Feature::Heredocs => {
                "put the text into a file of its own and COPY or RUN that, or join the commands by `&& \\`"
            }
            Feature::RunMount => {
                "leave the mount out (the step then works without a cache), or ask the operator for BuildKit"
            }
            Feature::RunNetwork => "leave `--network` out: steps run in the network of the build",
            Feature::RunSecurity | Feature::RunDevice => {
                "leave the flag out; jobs may not have it anyway"
            }
            Feature::CopyChmod => {
                "set the mode in the repository (`git update-index --chmod=+x FILE`), or by `RUN chmod`"
            }
            Feature::CopyLink => {
                "leave `--link` out: the image is the same, only its cache is coarser"
            }
            Feature::CopyExclude => {
                "name the files in `.dockerignore`, or COPY what is needed by name"
            }
            Feature::CopyParents => "COPY each directory to its place by an instruction of its own",
            Feature::AddChecksum => "check the sum by `RUN echo \"SUM  FILE\" | sha256sum -c`",
            Feature::AddGit => "clone the repository before the build, and COPY it",
            Feature::AddUnpack => "unpack the archive by RUN",
            Feature::HealthStartInterval => "leave `--start-interval` out",
        }
    }
}
