//! Every environment variable the program reads: its name, its meaning, its source. The only reader of the environment.
//!
//! Refuses to hand out job variables without their prefix: `CUSTOM_ENV_*` is written by the job's author and must never
//! be taken for one of the program's own variables (`CUSTOM_ENV_DOCKER_HOST` is not `DOCKER_HOST`).

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// A variable read by its plain name. Source: whoever starts the program (operator, shell or gitlab-runner).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Var {
    /// Settings file, when `--config` is not given.
    Config,
    /// Where the Docker engine listens, when `[docker] host` is not set: `unix:///path` or `tcp://host:port`.
    DockerHost,
    /// Set to anything: no colour. Source: <https://no-color.org>.
    NoColor,
    /// The job as JSON. Source: gitlab-runner, `executors/custom/custom.go`.
    JobResponseFile,
    /// Exit code that means "the job's own fault". Source: gitlab-runner, `executors/custom/custom.go`.
    BuildFailureExitCode,
    /// Exit code that means "not the job's fault". Source: gitlab-runner, `executors/custom/custom.go`.
    SystemFailureExitCode,
    /// Takes the script's exact status. Source: gitlab-runner 17.9 and later.
    BuildExitCodeFile,
    /// Where the user's own state lives when not root. Source: XDG base directory specification.
    XdgStateHome,
    /// The user's home directory.
    Home,
    /// The account that the caller is logged in as. Source: POSIX, "Environment Variables" (LOGNAME).
    User,
    Logname,
    /// Commit of the job. Source: GitLab, predefined variables; as for all of `CI_*`. The job's own word.
    CiCommitSha,
    CiCommitShortSha,
    /// ISO 8601.
    CiCommitTimestamp,
    /// The project's page.
    CiProjectUrl,
    /// The job's page.
    CiJobUrl,
    /// What began the pipeline, such as `push` or `schedule`.
    CiPipelineSource,
    /// Seconds since 1970 for every file of an image. Source: <https://reproducible-builds.org/specs/source-date-epoch>.
    SourceDateEpoch,
    /// Services to work on, separated by spaces: ARNs, `CLUSTER/SERVICE` or `local/NAME`.
    Service,
    /// Cluster and service. Source: GitLab, Auto DevOps' variables for ECS.
    CiAwsEcsCluster,
    CiAwsEcsService,
    /// Environment and provider of the platform, joined by a hyphen. Source: the platform's pipelines; the second is the
    /// platform's older name for it.
    PlatformEnvironment,
    OpaEnvironment,
    /// Properties of the provider a job deploys to. Source: the platform's pipelines, as for the next three.
    ProviderPropsFile,
    BackstageEntityFile,
    AppShortName,
    /// Twelve digits.
    AwsAccount,
    AwsRegion,
    AwsDefaultRegion,
    /// `repository@sha256:…`. Source: the dotenv file of a build.
    ImageRef,
    /// Set where a job has `environment`. Source: GitLab, predefined variables.
    CiEnvironmentName,
    CiEnvironmentUrl,
    /// Who began the job. Source: GitLab, predefined variables. The job's own word.
    GitlabUserLogin,
    /// Set to `true` in every job of a GitLab pipeline.
    GitlabCi,
    /// Token for GitLab's API, where neither a flag nor the settings name a file. Source: whoever calls; `glab` calls it the same.
    GitlabToken,
    /// Address of the GitLab that runs the job. Source: GitLab, predefined variables.
    CiServerUrl,
    /// Set by `local` for the stages it drives: the job is the caller's own, on the caller's machine.
    DrivenByLocal,
    /// Names the key in use, not its secret. Source: AWS SDKs and tools reference guide, as for all of `AWS_*` here; the
    /// SDK reads its own variables itself, these are what this program decides by.
    AwsAccessKeyId,
    /// Section of the profile files.
    AwsProfile,
    /// Profile file with keys.
    AwsSharedCredentialsFile,
    /// Profile file with settings.
    AwsConfigFile,
    /// Role taken with a web identity token.
    AwsRoleArn,
    /// Where an ECS task finds its credentials.
    AwsContainerCredentialsRelativeUri,
    /// Where an EKS pod finds its credentials.
    AwsContainerCredentialsFullUri,
    /// Where services of AWS are, in place of their own addresses. Source: AWS SDKs and tools reference guide,
    /// "Service-specific endpoints".
    AwsEndpointUrl,
    AwsEndpointUrlEcs,
    AwsEndpointUrlLogs,
    AwsEndpointUrlSsm,
    AwsEndpointUrlDynamodb,
    AwsEndpointUrlSecretsManager,
    AwsEndpointUrlCodebuild,
    AwsEndpointUrlCloudformation,
    AwsEndpointUrlAutoScaling,
    AwsEndpointUrlKms,
    AwsEndpointUrlSfn,
    AwsEndpointUrlEc2,
    AwsEndpointUrlIam,
    AwsIgnoreConfiguredEndpointUrls,
    /// `true`: the instance's metadata is not asked.
    AwsEc2MetadataDisabled,
    /// Where the instance's metadata is, in place of its usual address.
    AwsEc2MetadataServiceEndpoint,
    /// File with the certificates to trust, in place of the system's. Source: OpenSSL, `X509_get_default_cert_file_env`.
    SslCertFile,
    /// The operator's proxy, and what is asked without it; each in both cases. Source: curl's manual, "Environment", whose order
    /// of the two cases this program has, too.
    HttpsProxy,
    HttpsProxyUpper,
    NoProxy,
    NoProxyUpper,
    /// The text of such a file, for the registries of a job. Source: GitLab, "Access an image from a private container registry".
    DockerAuthConfig,
    /// Directory of Docker's own `config.json`. Source: Docker CLI reference.
    DockerConfig,
}

impl Var {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Var::Config => "BAWS_CI_CONFIG",
            Var::DockerHost => "DOCKER_HOST",
            Var::NoColor => "NO_COLOR",
            Var::JobResponseFile => "JOB_RESPONSE_FILE",
            Var::BuildFailureExitCode => "BUILD_FAILURE_EXIT_CODE",
            Var::SystemFailureExitCode => "SYSTEM_FAILURE_EXIT_CODE",
            Var::BuildExitCodeFile => "BUILD_EXIT_CODE_FILE",
            Var::XdgStateHome => "XDG_STATE_HOME",
            Var::Home => "HOME",
            Var::User => "USER",
            Var::Logname => "LOGNAME",
            Var::CiCommitSha => "CI_COMMIT_SHA",
            Var::CiCommitShortSha => "CI_COMMIT_SHORT_SHA",
            Var::CiCommitTimestamp => "CI_COMMIT_TIMESTAMP",
            Var::CiProjectUrl => "CI_PROJECT_URL",
            Var::CiPipelineSource => "CI_PIPELINE_SOURCE",
            Var::CiJobUrl => "CI_JOB_URL",
            Var::SourceDateEpoch => "SOURCE_DATE_EPOCH",
            Var::Service => "BAWS_CI_SERVICE",
            Var::CiAwsEcsCluster => "CI_AWS_ECS_CLUSTER",
            Var::CiAwsEcsService => "CI_AWS_ECS_SERVICE",
            Var::PlatformEnvironment => "BAWS_CI_ENVIRONMENT",
            Var::OpaEnvironment => "OPA_CI_ENVIRONMENT",
            Var::ProviderPropsFile => "PROVIDER_PROPS_FILE",
            Var::BackstageEntityFile => "BACKSTAGE_ENTITY_FILE",
            Var::AppShortName => "APP_SHORT_NAME",
            Var::AwsAccount => "AWS_ACCOUNT",
            Var::AwsRegion => "AWS_REGION",
            Var::AwsDefaultRegion => "AWS_DEFAULT_REGION",
            Var::ImageRef => "IMAGE_REF",
            Var::CiEnvironmentName => "CI_ENVIRONMENT_NAME",
            Var::CiEnvironmentUrl => "CI_ENVIRONMENT_URL",
            Var::GitlabUserLogin => "GITLAB_USER_LOGIN",
            Var::GitlabToken => "GITLAB_TOKEN",
            Var::CiServerUrl => "CI_SERVER_URL",
            Var::GitlabCi => "GITLAB_CI",
            Var::DrivenByLocal => "BAWS_CI_DRIVEN_BY_LOCAL",
            Var::AwsAccessKeyId => "AWS_ACCESS_KEY_ID",
            Var::AwsProfile => "AWS_PROFILE",
            Var::AwsSharedCredentialsFile => "AWS_SHARED_CREDENTIALS_FILE",
            Var::AwsConfigFile => "AWS_CONFIG_FILE",
            Var::AwsRoleArn => "AWS_ROLE_ARN",
            Var::AwsContainerCredentialsRelativeUri => "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
            Var::AwsContainerCredentialsFullUri => "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            Var::AwsEndpointUrl => "AWS_ENDPOINT_URL",
            Var::AwsEndpointUrlEcs => "AWS_ENDPOINT_URL_ECS",
            Var::AwsEndpointUrlLogs => "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
            Var::AwsEndpointUrlSsm => "AWS_ENDPOINT_URL_SSM",
            Var::AwsEndpointUrlDynamodb => "AWS_ENDPOINT_URL_DYNAMODB",
            Var::AwsEndpointUrlSecretsManager => "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            Var::AwsEndpointUrlCodebuild => "AWS_ENDPOINT_URL_CODEBUILD",
            Var::AwsEndpointUrlCloudformation => "AWS_ENDPOINT_URL_CLOUDFORMATION",
            Var::AwsEndpointUrlAutoScaling => "AWS_ENDPOINT_URL_AUTO_SCALING",
            Var::AwsEndpointUrlKms => "AWS_ENDPOINT_URL_KMS",
            Var::AwsEndpointUrlSfn => "AWS_ENDPOINT_URL_SFN",
            Var::AwsEndpointUrlEc2 => "AWS_ENDPOINT_URL_EC2",
            Var::AwsEndpointUrlIam => "AWS_ENDPOINT_URL_IAM",
            Var::AwsEc2MetadataDisabled => "AWS_EC2_METADATA_DISABLED",
            Var::AwsEc2MetadataServiceEndpoint => "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            Var::SslCertFile => "SSL_CERT_FILE",
            Var::AwsIgnoreConfiguredEndpointUrls => "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
            Var::HttpsProxy => "https_proxy",
            Var::HttpsProxyUpper => "HTTPS_PROXY",
            Var::NoProxy => "no_proxy",
            Var::NoProxyUpper => "NO_PROXY",
            Var::DockerAuthConfig => "DOCKER_AUTH_CONFIG",
            Var::DockerConfig => "DOCKER_CONFIG",
        }
    }

    /// The value, or `None` where unset or empty; bytes that are not UTF-8 are replaced.
    pub(crate) fn text(self) -> Option<String> {
        self.os().map(|value| value.to_string_lossy().into_owned())
    }

    pub(crate) fn path(self) -> Option<PathBuf> {
        self.os().map(PathBuf::from)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one reader of the environment"
    )]
    fn os(self) -> Option<OsString> {
        std::env::var_os(self.name()).filter(|value| !value.is_empty())
    }
}

/// The job's variables as the runner expanded them, without the `CUSTOM_ENV_` prefix. File variables hold their content.
///
/// Hostile: any name and value may have been chosen by the job's author (a job may even set `CI_JOB_ID`).
/// Source: gitlab-runner, `executors/custom/command/command.go`.
#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
pub(crate) fn job_variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name
                .to_string_lossy()
                .strip_prefix("CUSTOM_ENV_")?
                .to_owned();
            Some((name, value.to_string_lossy().into_owned()))
        })
        .collect()
}

/// One of the job's variables; see [`job_variables`] for how little it can be trusted.
#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
pub(crate) fn job_variable(name: &str) -> Option<String> {
    std::env::var_os(format!("CUSTOM_ENV_{name}")).map(|value| value.to_string_lossy().into_owned())
}

/// A variable that the caller names, such as one for `--build-arg NAME`: never for anybody else's request.
#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
pub(crate) fn callers(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

/// What the caller's account is called, by their own shell.
pub(crate) fn user_name() -> Option<String> {
    let named = [Var::User, Var::Logname];
    named
        .into_iter()
        .find_map(|var| var.text().filter(|name| !name.is_empty()))
}

/// Where this program keeps its own state for a user who is not root; `None`: the user has no home.
pub(crate) fn users_state() -> Option<PathBuf> {
    let home = Var::XdgStateHome
        .path()
        .or_else(|| Var::Home.path().map(|home| home.join(".local/state")));
    home.map(|dir| dir.join("baws-ci"))
}

/// The search path of this process, for the agent that extends it for the shells it starts.
#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
pub(crate) fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
