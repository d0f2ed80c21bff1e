//! Properties of an environment's provider, `.awsdeployment/providers/<environment>-<provider>.properties`.
//!
//! Some of the platform's scripts run the file as shell, without quotes: only values that mean themselves there are written.

use std::fmt;

/// What the pipelines of an application learn about one provider.
#[derive(Clone, Debug)]
pub(crate) struct Properties {
    pub(crate) vpc_id: String,
    pub(crate) environment: String,
    pub(crate) provider: String,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) prefix: String,
    /// The provisioning role.
    pub(crate) role_arn: String,
    pub(crate) component: String,
    pub(crate) approval: Approval,
    pub(crate) target: Target,
    pub(crate) terraform: Terraform,
}

/// Whether somebody confirms each deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approval {
    Manual,
    None,
}

/// Whether the application's resources are made by Terraform, whose pipeline asks for the application's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terraform {
    Yes,
    No,
}

/// What the application runs on, or is.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Ecs {
        cluster_arn: String,
    },
    Serverless {
        private_subnets: String,
        public_subnets: String,
    },
}

/// A value that is not written, by its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotPlain {
    pub(crate) key: &'static str,
}

impl fmt::Display for NotPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the value of `{}` has characters that a shell would take for something else; letters, digits and `_./:@=+,-` are allowed",
            self.key
        )
    }
}

impl std::error::Error for NotPlain {}

impl Properties {
    /// The whole file.
    ///
    /// # Errors
    /// The first value that is not safe where the file is run as shell.
    pub(crate) fn render(&self) -> Result<String, NotPlain> {
        let both = format!("{}-{}", self.environment, self.provider);
        // China's endpoints have a domain of their own. Source: AWS's endpoint table of ECR.
        let domain = match self.region.starts_with("cn-") {
            true => "amazonaws.com.cn",
            false => "amazonaws.com",
        };
        let registry = format!("{}.dkr.ecr.{}.{domain}", self.account, self.region);
        let repository = format!("{}-{both}", self.component).to_lowercase();
        let image = format!("{registry}/{repository}");
        let approval = match self.approval {
            Approval::Manual => "true",
            Approval::None => "false",
        };
        let mut pairs = vec![("TARGET_VPCID", self.vpc_id.as_str())];
        pairs.extend(self.of_target());
        pairs.extend([
            ("TARGET_ENV_NAME", self.environment.as_str()),
            ("TARGET_ENV_PROVIDER_NAME", &self.provider),
            ("ACCOUNT", &self.account),
            ("REGION", &self.region),
            ("PREFIX", &self.prefix),
            ("ENV_ROLE_ARN", &self.role_arn),
            ("OPA_CI_ENVIRONMENT", &both),
            ("OPA_CI_REGISTRY_IMAGE", &image),
            ("OPA_CI_REGISTRY", &registry),
            ("OPA_CI_ENVIRONMENT_MANUAL_APPROVAL", approval),
        ]);
        match self.terraform {
            Terraform::Yes => pairs.push(("APP_NAME", &self.component)),
            Terraform::No => {}
        }
        let lines: Result<Vec<String>, NotPlain> = pairs
            .into_iter()
            .map(|(key, value)| match is_plain(value) {
                true => Ok(format!("{key}={value}\n")),
                false => Err(NotPlain { key }),
            })
            .collect();
        Ok(lines?.concat())
    }

    fn of_target(&self) -> Vec<(&'static str, &str)> {
        match &self.target {
            Target::Ecs { cluster_arn } => vec![("TARGET_ECS_CLUSTER_ARN", cluster_arn)],
            Target::Serverless {
                private_subnets,
                public_subnets,
            } => vec![
                ("TARGET_PRIVATE_SUBNETS", private_subnets),
                ("TARGET_PUBLIC_SUBNETS", public_subnets),
            ],
        }
    }

    /// Where the file stands in the repository.
    ///
    /// # Errors
    /// A name that would lead elsewhere.
    pub(crate) fn path(&self) -> Result<String, NotPlain> {
        path(&self.environment, &self.provider)
    }
}

/// Where the file of a provider stands in the repository.
///
/// # Errors
/// A name that would lead elsewhere.
pub(crate) fn path(environment: &str, provider: &str) -> Result<String, NotPlain> {
    let is_name = |name: &str| is_plain(name) && !name.is_empty() && !name.contains('/');
    if !is_name(environment) || environment.starts_with('.') {
        return Err(NotPlain {
            key: "TARGET_ENV_NAME",
        });
    }
    if !is_name(provider) {
        return Err(NotPlain {
            key: "TARGET_ENV_PROVIDER_NAME",
        });
    }
    Ok(format!(
        ".awsdeployment/providers/{environment}-{provider}.properties"
    ))
}

fn is_plain(value: &str) -> bool {
    value
        .bytes()
        .all(|c| c.is_ascii_alphanumeric() || b"_./:@=+,-".contains(&c))
}

#[cfg(test)]
mod tests;
