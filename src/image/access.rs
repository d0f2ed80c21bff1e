//! Which login for which registry: ECR's from the executor's own or an assumed role, others from the job or from Docker's
//! own configuration.
//!
//! In a job no credential leaves the host. Read next: `aws::TokenCache`, `registry::LoginSource`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::aws::{AssumeRole, Aws, SESSION, TokenCache, session_of_job};
use crate::ecr_host::EcrHost;
use crate::error::Result;
use crate::image_ref::ImageRef;
use crate::job::{Credential, Secret, login_for};
use crate::policy::GrantedRole;
use crate::registry::{DockerConfig, Freshness, Login, LoginSource, Registry};
use crate::settings::AwsSettings;

/// Docker Hub's host, where a reference names none.
pub(super) const DOCKER_HUB: &str = "docker.io";

/// Where logins come from.
#[derive(Clone)]
pub(crate) struct Access {
    aws: AwsSettings,
    tokens: Arc<TokenCache>,
    /// Names this program's sessions in CloudTrail.
    session: String,
    others: Others,
}

/// For registries that are not ECR.
#[derive(Clone)]
enum Others {
    /// What GitLab sent with the job.
    Job(Vec<Credential>),
    Docker(Arc<DockerConfig>),
}

impl Access {
    pub(crate) fn of_job(
        aws: &AwsSettings,
        tokens: PathBuf,
        job_id: u64,
        credentials: Vec<Credential>,
    ) -> Self {
        Access {
            aws: aws.clone(),
            tokens: Arc::new(TokenCache::in_dir(tokens)),
            session: session_of_job(job_id),
            others: Others::Job(credentials),
        }
    }

    pub(crate) fn of_caller(aws: &AwsSettings, tokens: PathBuf) -> Result<Self> {
        Ok(Access {
            aws: aws.clone(),
            tokens: Arc::new(TokenCache::in_dir(tokens)),
            session: SESSION.to_owned(),
            others: Others::Docker(Arc::new(DockerConfig::load()?)),
        })
    }

    /// AWS, as it is to be asked about a registry.
    pub(super) async fn aws(&self, host: &EcrHost, role: Option<&GrantedRole>) -> Aws {
        let role = role.map(|role| AssumeRole {
            role_arn: role.role_arn.clone(),
            external_id: role.external_id.clone(),
            session_name: self.session.clone(),
            ..AssumeRole::default()
        });
        Aws::connect(&self.aws, role.as_ref(), host.region()).await
    }

    /// A login for a registry of ECR, with the executor's own identity: user and password.
    pub(crate) async fn ecr_login(&self, host: &EcrHost) -> Result<(String, Secret)> {
        let aws = self.aws(host, None).await;
        let token = self.tokens.token(&aws).await?;
        Ok((token.username, token.password))
    }

    /// The login for the registry of `image`, now and whenever it has to be fresh.
    pub(super) async fn source(
        &self,
        image: &ImageRef,
        role: Option<&GrantedRole>,
    ) -> Result<Arc<dyn LoginSource>> {
        let host = image.registry().unwrap_or(DOCKER_HUB);
        if let Ok(ecr) = host.parse::<EcrHost>() {
            return Ok(Arc::new(Ecr {
                aws: self.aws(&ecr, role).await,
                tokens: Arc::clone(&self.tokens),
            }));
        }
        Ok(match &self.others {
            Others::Job(credentials) => {
                let login = login_for(credentials, &image.canonical().to_string());
                Arc::new(login.map_or(Login::Anonymous, |login| Login::Basic {
                    username: login.username,
                    password: login.password,
                }))
            }
            Others::Docker(config) => config.source(host),
        })
    }

    /// The registry of `image`, for at most `limit`.
    pub(super) async fn registry(
        &self,
        image: &ImageRef,
        role: Option<&GrantedRole>,
        limit: Duration,
    ) -> Result<Registry> {
        let host = image.registry().unwrap_or(DOCKER_HUB);
        Registry::at(
            host,
            self.source(image, role).await?,
            Instant::now() + limit,
        )
    }

    /// The login for the registry of `image` in the form that the engine takes; `None`: nobody's.
    pub(super) async fn credential(
        &self,
        image: &ImageRef,
        role: Option<&GrantedRole>,
        freshness: Freshness,
    ) -> Result<Option<Credential>> {
        let login = self.source(image, role).await?.login(freshness).await?;
        let host = image.registry().unwrap_or(DOCKER_HUB);
        Ok(match login {
            Login::Anonymous => None,
            Login::Basic { username, password } => Some(Credential::of(host, &username, password)),
            Login::IdentityToken(token) => Some(Credential::of(host, IDENTITY_TOKEN, token)),
        })
    }
}

/// The user name that says that the secret is an identity token. Source: docker-credential-helpers.
const IDENTITY_TOKEN: &str = "<token>";

struct Ecr {
    aws: Aws,
    tokens: Arc<TokenCache>,
}

impl LoginSource for Ecr {
    fn login(&self, freshness: Freshness) -> BoxFuture<'_, Result<Login>> {
        async move {
            let token = match freshness {
                Freshness::Cached => self.tokens.token(&self.aws).await?,
                Freshness::Fresh => self.tokens.fresh(&self.aws).await?,
            };
            Ok(Login::Basic {
                username: token.username,
                password: token.password,
            })
        }
        .boxed()
    }
}

/// An ECR login for the engine: for images that jobs run in.
pub(crate) async fn ecr_credential(
    access: &Access,
    image: &ImageRef,
    role: Option<&GrantedRole>,
) -> Result<Option<Credential>> {
    access.credential(image, role, Freshness::Cached).await
}
