//! The flags of `build`, `push` and `promote`: Docker's own names and meanings, and a few more.

use std::path::PathBuf;

use clap::Args;

/// What every verb prints and writes about a pushed image.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// How much is told on stderr: `auto`, `plain`, `json` or `quiet`
    #[arg(long, value_name = "MODE", default_value = "auto")]
    pub(crate) progress: String,
    /// Tell nothing but warnings and errors
    #[arg(short, long, conflicts_with = "progress")]
    pub(crate) quiet: bool,
    /// Print the result as one JSON object on stdout
    #[arg(long)]
    pub(crate) json: bool,
    /// Write IMAGE, IMAGE_DIGEST and IMAGE_REF to FILE, for `artifacts:reports:dotenv`
    #[arg(long, value_name = "FILE")]
    pub(crate) dotenv: Option<PathBuf>,
    /// Write the digest (of an image that is not pushed: its id) to FILE
    #[arg(long, value_name = "FILE")]
    pub(crate) iidfile: Option<PathBuf>,
    /// Write what buildx writes about an image to FILE, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) metadata_file: Option<PathBuf>,
}

/// How a push goes on after the upload.
#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// Wait for ECR's scan, and fail when it finds this severity or worse: CRITICAL, HIGH, MEDIUM, LOW
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) gate: Option<String>,
    /// Seconds the scan may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, requires = "gate")]
    pub(crate) gate_timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct CompressionArgs {
    /// How layers that are not in the registry yet are compressed: `gzip` or `zstd` (see docs/build.md, "zstd")
    #[arg(long, value_name = "KIND", default_value = "gzip")]
    pub(crate) compression: String,
}

#[derive(Debug, Args)]
pub(crate) struct TagArgs {
    /// More tags in the repositories of -t: `commit`, `short`, `latest`, `time` (MM-DD-YYYY_HH-MM-SS, UTC)
    #[arg(long, value_name = "KIND,…", value_delimiter = ',')]
    pub(crate) tags: Vec<String>,
}

/// Build an image from a Dockerfile; in a job, on the job's host
///
/// In a job the host builds: the job needs no privilege, no Docker socket and no key. The context travels to the host;
/// of a project's second build only what changed. The Dockerfile is judged first, and the host builds what it judged.
/// Outside a job the same is done on this machine, with the caller's rights.
///
/// BuildKit is used where the engine has it; `--features` tells what it can. `# syntax=` lines are not followed: the
/// engine's built-in frontend is used.
#[derive(Debug, Args)]
pub(crate) struct BuildArgs {
    /// The build context: a directory, or `-` for a tar on stdin
    #[arg(default_value = ".")]
    pub(crate) context: PathBuf,
    /// The Dockerfile, also outside the context; `-` for stdin
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Name of the image, `[registry/]path[:tag]`; may be repeated
    #[arg(short, long = "tag", value_name = "NAME")]
    pub(crate) tag: Vec<String>,
    #[command(flatten)]
    pub(crate) tags: TagArgs,
    /// Push to the repositories that -t names
    #[arg(long)]
    pub(crate) push: bool,
    #[command(flatten)]
    pub(crate) compression: CompressionArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    /// A build argument; without `=VALUE` the variable of that name
    #[arg(long = "build-arg", value_name = "KEY[=VALUE]")]
    pub(crate) build_args: Vec<String>,
    /// A secret for `RUN --mount=type=secret`: `id=ID,src=FILE` or `id=ID,env=VARIABLE`
    #[arg(long = "secret", value_name = "SECRET")]
    pub(crate) secrets: Vec<String>,
    /// A label; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub(crate) labels: Vec<String>,
    /// Leave out the labels that tell commit, source and job
    #[arg(long)]
    pub(crate) no_labels: bool,
    /// The stage to build
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
    /// Platform of the image, such as `linux/amd64`
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) platform: Option<String>,
    /// Take no step from the cache
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Build even if the same inputs made an image before; in a job, with --push to ECR, it is taken otherwise
    #[arg(long)]
    pub(crate) no_skip: bool,
    /// How old an image may be that is taken instead of a build, such as `12h`; `0`: none is
    #[arg(long, value_name = "AGE", default_value = "7d")]
    pub(crate) max_age: String,
    /// Ask the registries for newer base images
    #[arg(long)]
    pub(crate) pull: bool,
    /// An image whose layers may be used; may be repeated
    #[arg(long, value_name = "IMAGE")]
    pub(crate) cache_from: Vec<String>,
    /// A line for the hosts file of the steps, `name:address`
    #[arg(long = "add-host", value_name = "HOST")]
    pub(crate) add_hosts: Vec<String>,
    /// Size of /dev/shm in the steps, such as `128m`
    #[arg(long, value_name = "SIZE")]
    pub(crate) shm_size: Option<String>,
    /// A limit of the steps' processes, `name=soft[:hard]`
    #[arg(long = "ulimit", value_name = "LIMIT")]
    pub(crate) ulimits: Vec<String>,
    /// Network of the steps: `default` or `none`; outside a job also `host`
    #[arg(long, value_name = "MODE")]
    pub(crate) network: Option<String>,
    /// `auto`, `buildkit` or `classic`
    #[arg(long, value_name = "BUILDER", default_value = "auto")]
    pub(crate) builder: String,
    /// Tell what the builder of this engine can, and build nothing
    #[arg(long)]
    pub(crate) features: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Push images that were built before, under the names that the build gave them
#[derive(Debug, Args)]
pub(crate) struct PushArgs {
    /// The names
    #[arg(required = true, value_name = "NAME")]
    pub(crate) images: Vec<String>,
    #[command(flatten)]
    pub(crate) tags: TagArgs,
    #[command(flatten)]
    pub(crate) compression: CompressionArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// Put an image into another repository or account: the same digest, nothing is rebuilt
#[derive(Debug, Args)]
pub(crate) struct PromoteArgs {
    /// The image, best as `repository@sha256:…`, as a push has printed it
    pub(crate) from: String,
    /// Where to: `repository:tag`; several tags of one repository may be given
    #[arg(required = true, value_name = "TO")]
    pub(crate) to: Vec<String>,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}
