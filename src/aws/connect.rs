//! Where credentials come from: the host's default chain, and a role on top of it.
//!
//! The chain is the SDK's own (environment, profile files, web identity, ECS or EKS, the instance's metadata by IMDSv2).
//! Nothing is asked of the network here: a host without credentials is told at its first call.

use std::time::{Duration, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::identity::IdentityCache;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::held::Held;
use super::session::RoleProvider;
use super::transport::http_client;
use super::{AssumeRole, Aws, Keys};
use crate::env::Var;
use crate::http::CONNECT_TIMEOUT;
use crate::settings::AwsSettings;

const ATTEMPTS: u32 = 3;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// Where no metadata service is, its address may swallow packets: a host without credentials must not hang on it.
const METADATA_TIMEOUT: Duration = Duration::from_secs(1);
const METADATA_ATTEMPTS: u32 = 2;

impl Aws {
    /// AWS in `region`: as `role`, else as the role of the settings, else as whoever the host's chain names.
    pub(crate) async fn connect(
        settings: &AwsSettings,
        role: Option<&AssumeRole>,
        region: &str,
    ) -> Self {
        let configured = settings.role_arn.as_ref().map(|arn| AssumeRole {
            role_arn: arn.clone(),
            external_id: settings.external_id.clone(),
            session_name: super::SESSION.to_owned(),
            ..AssumeRole::default()
        });
        let role = role.cloned().or(configured);
        let (base, chain) = host_config(region).await;
        let assumed = role.as_ref().map(|role| role.role_arn.clone());
        let chain = SharedCredentialsProvider::new(chain);
        let (source, principal) = match role {
            Some(role) => {
                let principal = role.principal();
                let provider = RoleProvider::of(&base, chain, role);
                (SharedCredentialsProvider::new(provider), principal)
            }
            None => (chain, chain_principal()),
        };
        let held = Held::of(source);
        let config = base
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(held.clone()))
            .build();
        Aws {
            ecr: aws_sdk_ecr::Client::new(&config),
            ecs: ecs_client(&config),
            http: std::sync::OnceLock::new(),
            held,
            config,
            region: region.to_owned(),
            principal,
            role: assumed,
        }
    }
}

/// For the instance's metadata, by IMDSv2.
pub(super) fn metadata_client(provider: &ProviderConfig) -> aws_config::imds::Client {
    aws_config::imds::Client::builder()
        .configure(provider)
        .max_attempts(METADATA_ATTEMPTS)
        .connect_timeout(METADATA_TIMEOUT)
        .read_timeout(METADATA_TIMEOUT * 2)
        .build()
}

/// The configuration that all clients share, still without credentials, and the chain that provides them.
async fn host_config(region: &str) -> (SdkConfig, DefaultCredentialsChain) {
    let http = http_client();
    let region = Region::new(region.to_owned());
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let provider = ProviderConfig::without_region()
        .with_http_client(http.clone())
        .with_region(Some(region.clone()))
        .with_retry_config(retries.clone())
        .with_timeout_config(timeouts.clone());
    let metadata = metadata_client(&provider);
    let chain = DefaultCredentialsChain::builder()
        .configure(provider)
        .region(region.clone())
        .imds_client(metadata)
        .build()
        .await;
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .no_credentials()
        .region(region)
        .http_client(http)
        .retry_config(retries)
        .timeout_config(timeouts)
        // `Held` keeps them, for all clients.
        .identity_cache(IdentityCache::no_cache())
        .app_name(AppName::new("baws-ci").expect("letters and a hyphen are allowed"))
        .load()
        .await;
    (config, chain)
}

impl Aws {
    /// AWS in `region`, by keys that somebody has given.
    pub(crate) async fn with_keys(keys: &Keys, region: &str) -> Self {
        let (base, _) = host_config(region).await;
        let until = keys
            .until
            .map(|secs| SystemTime::UNIX_EPOCH + Duration::from_secs(secs));
        let token = keys.session_token.as_ref();
        let given = Credentials::new(
            &keys.access_key_id,
            keys.secret_access_key.reveal(),
            token.map(|token| token.reveal().to_owned()),
            until,
            "given",
        );
        let held = Held::of(SharedCredentialsProvider::new(given));
        let provider = SharedCredentialsProvider::new(held.clone());
        let config = base.into_builder().credentials_provider(provider).build();
        Aws {
            ecr: aws_sdk_ecr::Client::new(&config),
            ecs: ecs_client(&config),
            http: std::sync::OnceLock::new(),
            held,
            config,
            region: region.to_owned(),
            principal: format!("key {}", keys.access_key_id),
            role: None,
        }
    }

    /// Forgets the credentials at hand, so that the next call fetches new ones: AWS may end some early.
    pub(crate) async fn renew(&self) {
        self.held.forget().await;
    }
}

/// Without retries of the SDK's own: who calls knows what may be sent again, and how long to wait.
fn ecs_client(config: &SdkConfig) -> aws_sdk_ecs::Client {
    let config = aws_sdk_ecs::config::Builder::from(config)
        .retry_config(RetryConfig::disabled())
        .build();
    aws_sdk_ecs::Client::from_conf(config)
}

/// `text` as AWS takes it. Source: STS `AssumeRole`, `RoleSessionName`: `[\w+=,.@-]*`, 2 to 64 characters.
pub(super) fn session_name(text: &str) -> String {
    let sound = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    let name: String = text
        .chars()
        .map(|c| if sound(c) { c } else { '-' })
        .take(64)
        .collect();
    if name.len() < 2 {
        format!("baws-ci-{name}")
    } else {
        name
    }
}

/// What tells one principal of the chain from another without asking it: two profiles, or two keys, share no tokens.
///
/// An instance or a task has one role at a time; its tokens are good for hours after it got another.
fn chain_principal() -> String {
    let chosen = [
        Var::AwsAccessKeyId,
        Var::AwsProfile,
        Var::AwsSharedCredentialsFile,
        Var::AwsConfigFile,
        Var::AwsRoleArn,
        Var::AwsContainerCredentialsRelativeUri,
        Var::AwsContainerCredentialsFullUri,
        Var::Home,
    ];
    let chosen: Vec<String> = chosen
        .into_iter()
        .filter_map(|var| var.text().map(|value| format!("{}={value}", var.name())))
        .collect();
    format!("chain {}", chosen.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<F: Future>(calls: F) -> F::Output {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().unwrap().block_on(calls)
    }

    #[test]
    fn a_session_name_is_what_aws_takes() {
        assert_eq!(session_name("team/app job 12"), "team-app-job-12");
        assert_eq!(session_name("7"), "baws-ci-7");
        assert_eq!(session_name(""), "baws-ci-");
        assert_eq!(session_name(&"ä".repeat(80)), "-".repeat(64));
    }

    #[test]
    fn connecting_asks_nothing_of_the_network() {
        run(async {
            let role = AssumeRole {
                role_arn: "arn:aws:iam::123456789012:role/x".to_owned(),
                external_id: None,
                session_name: "job".to_owned(),
                ..AssumeRole::default()
            };
            let begun = std::time::Instant::now();
            let aws = Aws::connect(&AwsSettings::default(), Some(&role), "eu-west-1").await;
            assert_eq!(
                (aws.region.as_str(), aws.principal.as_str()),
                ("eu-west-1", "role arn:aws:iam::123456789012:role/x")
            );
            assert!(begun.elapsed() < Duration::from_secs(5));
        });
    }
}
