//! The names under which a platform keeps its things, by its revision. Pure.
//!
//! Source: the platform's stacks `baws-prereq` and `baws-solution` (May 2023) and `opa-platform` (September 2024).

use crate::settings::{PlatformRevision, TABLE_PARAMETER};

/// Which platform this host belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Platform {
    pub(crate) revision: PlatformRevision,
    pub(crate) prefix: String,
    /// Of the second revision.
    pub(crate) providers: Vec<String>,
    /// Path of the reference repository, where it is not the usual one.
    pub(crate) reference: Option<String>,
}

/// What a parameter's value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    /// `vpc-…`
    Network,
    /// A JSON list of texts.
    List,
    Key,
    /// Name of Backstage's repository.
    Repository,
    MappingTable,
    AuditTable,
    StateMachine,
    /// ARN.
    Cluster,
    /// ARN of a role that is there for others.
    Role,
    /// ARN of a role that this host takes.
    OwnRole,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) holds: Holds,
    /// Taken in its place where it is missing.
    pub(super) or: Option<String>,
}

/// A secret, and which of its keys have to be there.
pub(super) struct SecretShape {
    pub(super) name: String,
    /// Not empty.
    pub(super) filled: &'static [&'static str],
    pub(super) there: &'static [&'static str],
}

const NETWORKS: [&str; 7] = [
    "solution-network",
    "app-dev-network1",
    "app-dev-network2",
    "app-qa-network1",
    "app-qa-network2",
    "app-prod-network1",
    "app-prod-network2",
];

impl Platform {
    pub(super) fn parameters(&self) -> Vec<Parameter> {
        match self.revision {
            PlatformRevision::First => self.first(),
            PlatformRevision::Second => self.second(),
        }
    }

    /// The second revision keeps most of its names for each provider.
    pub(super) fn lacks_providers(&self) -> bool {
        self.revision == PlatformRevision::Second && self.providers.is_empty()
    }

    fn first(&self) -> Vec<Parameter> {
        let prefix = &self.prefix;
        let mut all = vec![
            // These two alone begin with no slash.
            parameter(format!("{prefix}-kms-key"), Holds::Key),
            parameter(format!("{prefix}-backstage-ecr"), Holds::Repository),
            parameter(format!("/{prefix}/domain"), Holds::Text),
            parameter(format!("/{prefix}/api-domain"), Holds::Text),
            parameter(
                TABLE_PARAMETER.replacen("baws", prefix, 1),
                Holds::MappingTable,
            ),
            parameter(format!("/{prefix}/Audit"), Holds::AuditTable),
            parameter(
                format!("/{prefix}/pipelineStateMachine/arn"),
                Holds::StateMachine,
            ),
        ];
        for network in NETWORKS {
            let name = format!("/{prefix}/{network}");
            all.push(parameter(format!("{name}/public-subnets"), Holds::List));
            all.push(parameter(format!("{name}/private-subnets"), Holds::List));
            all.push(parameter(name, Holds::Network));
        }
        for side in ["public", "isolated"] {
            for tier in ["dev", "qa", "prod"] {
                let name = format!("/{prefix}/{prefix}-{side}-{tier}-app-runtime");
                all.push(parameter(name, Holds::Cluster));
            }
        }
        all
    }

    fn second(&self) -> Vec<Parameter> {
        let prefix = &self.prefix;
        let of = |name: &str, holds| parameter(format!("/{prefix}/{name}"), holds);
        let mut all = vec![
            of("kms-key", Holds::Key),
            of("backstage-ecr", Holds::Repository),
        ];
        let texts = [
            "gitlab-hostname",
            "gitlab-url",
            "gitlab-version",
            "gitlab-security-group",
            "domain",
            "api-domain",
            "backstage-hostname",
            "backstage-service-name",
            "backstage-alb-arn",
            "platform/db",
            "platform/db-secret",
        ];
        all.extend(texts.map(|name| of(name, Holds::Text)));
        let roles = ["pipeline-role", "platform-role", "provisioning-role"];
        all.extend(roles.map(|name| of(name, Holds::Role)));
        all.push(of("platform/SecurityMappingTable", Holds::MappingTable));
        all.push(of("platform/vpc", Holds::Network));
        all.push(of("platform/vpc/public-subnets", Holds::List));
        all.push(of("platform/vpc/private-subnets", Holds::List));
        for provider in &self.providers {
            let of = |name: &str, holds| parameter(format!("/{prefix}/{provider}/{name}"), holds);
            all.extend([
                of("vpc", Holds::Network),
                of("vpc/public-subnets", Holds::List),
                of("vpc/private-subnets", Holds::List),
                of(
                    &format!("{provider}-audit").to_lowercase(),
                    Holds::AuditTable,
                ),
                of("provisioning-role", Holds::Text),
                of("provisioning-role-arn", Holds::OwnRole),
                of("operations-role", Holds::Text),
                of("operations-role-arn", Holds::Role),
                Parameter {
                    or: Some(format!("/{prefix}/{provider}/eks-cluster")),
                    ..of("ecs-cluster", Holds::Cluster)
                },
                // These two are without the prefix.
                parameter(format!("/{provider}/kms-key"), Holds::Key),
                parameter(format!("/{provider}/unique-id"), Holds::Text),
            ]);
        }
        all
    }

    pub(super) fn secrets(&self) -> Vec<SecretShape> {
        let prefix = &self.prefix;
        let admin = SecretShape {
            name: format!("{prefix}-admin-gitlab-secrets"),
            filled: &["username", "password", "apiToken"],
            there: match self.revision {
                PlatformRevision::First => &["runnerId", "runnerRegistrationToken"],
                PlatformRevision::Second => &["runnerId", "PAT"],
            },
        };
        let okta = SecretShape {
            name: format!("{prefix}-okta-secrets"),
            filled: &["clientId", "clientSecret", "audience", "apiToken"],
            there: &["authServerId", "idp"],
        };
        match self.revision {
            PlatformRevision::First => vec![admin, okta],
            PlatformRevision::Second => vec![admin],
        }
    }

    pub(super) fn groups(&self) -> &'static [&'static str] {
        match self.revision {
            PlatformRevision::First => &["aws-app"],
            PlatformRevision::Second => &[
                "aws-app",
                "aws-environments",
                "aws-environment-providers",
                "aws-resources",
            ],
        }
    }

    pub(super) fn reference(&self) -> String {
        let usual = || format!("{}-admin/backstage-reference", self.prefix);
        self.reference.clone().unwrap_or_else(usual)
    }

    /// The files that Backstage reads, by their paths in the reference repository.
    pub(super) fn locations(&self) -> &'static [&'static str] {
        match self.revision {
            PlatformRevision::First => &[
                "catalog/all-environments.yaml",
                "catalog/all-environment-providers.yaml",
                "templates/all-templates.yaml",
            ],
            PlatformRevision::Second => &["templates/all-templates.yaml"],
        }
    }
}

fn parameter(name: String, holds: Holds) -> Parameter {
    Parameter {
        name,
        holds,
        or: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(revision: PlatformRevision, prefix: &str, providers: &[&str]) -> Vec<String> {
        let platform = Platform {
            revision,
            prefix: prefix.to_owned(),
            providers: providers.iter().map(|one| (*one).to_owned()).collect(),
            reference: None,
        };
        platform
            .parameters()
            .into_iter()
            .map(|one| one.name)
            .collect()
    }

    #[test]
    fn the_first_revision_keeps_34_names() {
        let names = names(PlatformRevision::First, "baws", &[]);
        assert_eq!(names.len(), 34);
        for name in [
            "baws-kms-key",
            "/baws/SecurityMappingTable",
            "/baws/pipelineStateMachine/arn",
            "/baws/app-qa-network2/private-subnets",
            "/baws/baws-isolated-prod-app-runtime",
        ] {
            assert!(names.iter().any(|one| one == name), "{name}");
        }
    }

    #[test]
    fn the_second_revision_has_names_for_each_provider_some_without_the_prefix() {
        let platform = names(PlatformRevision::Second, "acme", &[]);
        let with = names(PlatformRevision::Second, "acme", &["Lower"]);
        assert_eq!((platform.len(), with.len()), (20, 31));
        for name in [
            "/acme/Lower/lower-audit",
            "/Lower/kms-key",
            "/acme/Lower/ecs-cluster",
        ] {
            assert!(with.iter().any(|one| one == name), "{name}");
        }
    }
}
