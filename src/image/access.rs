//! Which login for which registry: ECR's from the executor's own or an assumed role, others from the job or from Docker's
//! own configuration.
//!
//! In a job no credential leaves the host. Read next: `aws::TokenCache`, `registry::LoginSource`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use crate::aws::{AssumeRole, Aws, SESSION, TokenCache, session_of_job};
use crate::ecr_host::EcrHost;
use crate::error::Result;
use crate::image_ref::ImageRef;
use crate::job::{Credential, Secret, login_for};
use crate::policy::{GrantedRole, session_policy};
use crate::registry::{DockerConfig, Freshness, Login, LoginSource, Registry};
use crate::settings::AwsSettings;

/// Docker Hub's host, where a reference names none.
pub(super) const DOCKER_HUB: &str = "docker.io";

/// To AWS, by region and by what their session may; `None`: as the host itself.
type Connections = Mutex<BTreeMap<(String, Option<String>), Arc<Aws>>>;

/// Where logins come from.
#[derive(Clone)]
pub(crate) struct Access {
    aws: AwsSettings,
    tokens: Arc<TokenCache>,
    /// Names this program's sessions in CloudTrail.
    session: String,
    others: Others,
    /// Of a job, where no grant names a role.
    roles: Option<Arc<dyn HostRoles>>,
    /// Each takes its role once.
    connections: Arc<Connections>,
}

/// Which role the host takes for a registry, where no grant names one.
pub(crate) trait HostRoles: Send + Sync {
    /// `None`: the host acts as itself.
    fn role<'a>(
        &'a self,
        image: &'a ImageRef,
        host: &'a EcrHost,
    ) -> BoxFuture<'a, Result<Option<AssumeRole>>>;
}

/// The repository of an image, as IAM names it.
pub(crate) fn repository_arn(image: &ImageRef, host: &EcrHost) -> String {
    format!(
        "arn:{}:ecr:{}:{}:repository/{}",
        crate::ecr_host::partition(host.region()),
        host.region(),
        host.account(),
        image.repository()
    )
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
            roles: None,
            connections: Arc::default(),
        }
    }

    /// Asks `roles` for every registry of ECR for which no grant names a role.
    pub(crate) fn with_roles(self, roles: Arc<dyn HostRoles>) -> Self {
        Access {
            roles: Some(roles),
            ..self
        }
    }

    pub(crate) fn of_caller(aws: &AwsSettings, tokens: PathBuf) -> Result<Self> {
        Ok(Access {
            aws: aws.clone(),
            tokens: Arc::new(TokenCache::in_dir(tokens)),
            session: SESSION.to_owned(),
            others: Others::Docker(Arc::new(DockerConfig::load()?)),
            roles: None,
            connections: Arc::default(),
        })
    }

    /// AWS, as it is to be asked about the repository of `image`.
    ///
    /// # Errors
    /// `Refused` where the operator's rules give the job no role for it.
    pub(super) async fn aws(
        &self,
        image: &ImageRef,
        host: &EcrHost,
        role: Option<&GrantedRole>,
    ) -> Result<Arc<Aws>> {
        let role = match (role, &self.roles) {
            (Some(role), _) => Some(AssumeRole {
                role_arn: role.role_arn.clone(),
                external_id: role.external_id.clone(),
                session_name: self.session.clone(),
                policy: session_policy(&[], &[repository_arn(image, host)]),
                ..AssumeRole::default()
            }),
            (None, Some(roles)) => roles.role(image, host).await?,
            (None, None) => None,
        };
        let principal = role.as_ref().map(AssumeRole::principal);
        let place = (host.region().to_owned(), principal);
        let mut connections = self.connections.lock().await;
        if let Some(aws) = connections.get(&place) {
            return Ok(Arc::clone(aws));
        }
        let aws = Arc::new(Aws::connect(&self.aws, role.as_ref(), host.region()).await);
        connections.insert(place, Arc::clone(&aws));
        Ok(aws)
    }

    /// A login for a registry of ECR, with the executor's own identity: user and password.
    pub(crate) async fn ecr_login(&self, host: &EcrHost) -> Result<(String, Secret)> {
        let aws = Aws::connect(&self.aws, None, host.region()).await;
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
                aws: self.aws(image, &ecr, role).await?,
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
    aws: Arc<Aws>,
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
    freshness: Freshness,
) -> Result<Option<Credential>> {
    access.credential(image, role, freshness).await
}
