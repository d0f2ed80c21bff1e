//! What is asked for and what comes of it, as plain values: the same in a job (as JSON over the job socket) and outside.
//!
//! Whoever reads one as the host knows that it may be hostile: everything in it is the job's word. No path in it is ever
//! opened by the host, and no variable named in it is read.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// One of the image verbs.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", tag = "verb")]
pub(crate) enum Request {
    Build(Box<BuildRequest>),
    Push(PushRequest),
    Promote(PromoteRequest),
    Features { builder: BuilderChoice },
}

impl Request {
    /// As it is written on the command line.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Request::Build(_) => "build",
            Request::Push(_) => "push",
            Request::Promote(_) => "promote",
            Request::Features { .. } => "features",
        }
    }
}

/// `baws-ci build`: the flags of `docker build`, with their meaning.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct BuildRequest {
    /// How the Dockerfile is called in messages.
    pub(crate) dockerfile_name: String,
    pub(crate) dockerfile: Blob,
    /// References; the first is the image's own name.
    pub(crate) tags: Vec<String>,
    pub(crate) build_args: BTreeMap<String, String>,
    pub(crate) target: Option<String>,
    pub(crate) platform: Option<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// By their ids.
    pub(crate) secrets: BTreeMap<String, Blob>,
    pub(crate) cache: Cache,
    pub(crate) bases: Bases,
    pub(crate) cache_from: Vec<String>,
    /// `name:address`
    pub(crate) extra_hosts: Vec<String>,
    /// A size such as `64m`.
    pub(crate) shm_size: Option<String>,
    /// `name=soft[:hard]`
    pub(crate) ulimits: Vec<String>,
    pub(crate) network: Option<String>,
    pub(crate) builder: BuilderChoice,
    /// `None`: the image stays where it was built.
    pub(crate) push: Option<PushOptions>,
    /// What the context holds, in the word of whoever has it: it decides only what is this project's own.
    pub(crate) context: Option<ContextDigest>,
    pub(crate) skip: Skip,
    /// How old an image may be that is taken instead of a build; 0: none is.
    pub(crate) max_age_secs: u64,
}

/// All entries of a context with their contents.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct ContextDigest {
    /// 64 hexadecimal digits.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) entries: u64,
}

/// Whether an image that came of the same inputs may be taken instead of a build.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Skip {
    #[default]
    Never,
    WhenSame,
}

/// `baws-ci push`: of images that were built before.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct PushRequest {
    /// References, as they were given to the build.
    pub(crate) images: Vec<String>,
    /// More references, which the image of the same repository is to have.
    pub(crate) also: Vec<String>,
    pub(crate) options: PushOptions,
}

/// `baws-ci promote`: the same digest elsewhere.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct PromoteRequest {
    pub(crate) from: String,
    /// At least one; all in one repository.
    pub(crate) to: Vec<String>,
    pub(crate) gate: Option<Gate>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct PushOptions {
    pub(crate) gate: Option<Gate>,
    pub(crate) compression: Compression,
}

/// How layers are stored in the registry.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Compression {
    /// What every engine unpacks.
    #[default]
    Gzip,
    /// Unpacked several times as fast; not by Docker before 23.
    Zstd,
}

/// Wait for the registry's scan, and fail where it found something of this severity or worse.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Gate {
    /// As ECR names it: `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`.
    pub(crate) severity: String,
    pub(crate) timeout_secs: u64,
}

/// Whether the engine may take steps from its cache.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Cache {
    #[default]
    Use,
    Ignore,
}

/// Whether images that a build starts from are looked for in their registries though this host has them.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bases {
    #[default]
    IfMissing,
    Always,
}

/// Which of the engine's builders.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BuilderChoice {
    /// BuildKit where the engine has it.
    #[default]
    Auto,
    Buildkit,
    Classic,
}

/// Bytes that are JSON's on the wire, and nobody's to print.
#[derive(Clone, Default)]
pub(crate) struct Blob(pub(crate) Vec<u8>);

impl std::fmt::Debug for Blob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{} bytes]", self.0.len())
    }
}

impl Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Blob(bytes))
    }
}

/// What a build, a push or a promotion came to; JSON `baws-ci/image/1`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub(crate) struct Image {
    /// `sha256:…` of the image's configuration; `None` where it was not built here.
    pub(crate) image_id: Option<String>,
    /// What a registry serves, one for each repository.
    pub(crate) pushed: Vec<Pushed>,
    pub(crate) size_bytes: Option<u64>,
    pub(crate) steps: u32,
    pub(crate) cached_steps: u32,
    pub(crate) took_ms: u64,
    pub(crate) scan: Option<ScanSummary>,
    /// Nothing was built: the same inputs had made this image before.
    pub(crate) reused: Option<Reused>,
}

/// Why nothing was built.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Reused {
    /// The tag that stands for the inputs.
    pub(crate) key: String,
    pub(crate) age_secs: u64,
}

/// An image in a repository.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) struct Pushed {
    /// Registry and path.
    pub(crate) repository: String,
    pub(crate) tags: Vec<String>,
    /// `sha256:…` of the manifest.
    pub(crate) digest: String,
}

impl Pushed {
    /// `repository@sha256:…`
    pub(crate) fn reference(&self) -> String {
        format!("{}@{}", self.repository, self.digest)
    }
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(crate) struct ScanSummary {
    pub(crate) status: String,
    /// Findings by severity, as the registry names them.
    pub(crate) counts: BTreeMap<String, u32>,
}
