//! How services are named.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `arn:<partition>:ecs:<region>:<account>:service/<cluster>/<service>`, the long format.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ServiceArn {
    partition: String,
    region: String,
    account: String,
    cluster: String,
    service: String,
}

/// Cluster and service by name, in a region and an account that something else tells.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct ServiceName {
    pub(crate) cluster: String,
    pub(crate) service: String,
}

impl ServiceArn {
    pub(crate) fn of(
        partition: &str,
        region: &str,
        account: &str,
        name: &ServiceName,
    ) -> Result<Self, String> {
        format!(
            "arn:{partition}:ecs:{region}:{account}:service/{}/{}",
            name.cluster, name.service
        )
        .parse()
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Twelve digits.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    pub(crate) fn cluster(&self) -> &str {
        &self.cluster
    }

    pub(crate) fn service(&self) -> &str {
        &self.service
    }

    pub(crate) fn cluster_arn(&self) -> String {
        format!(
            "arn:{}:ecs:{}:{}:cluster/{}",
            self.partition, self.region, self.account, self.cluster
        )
    }
}

impl Display for ServiceArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "arn:{}:ecs:{}:{}:service/{}/{}",
            self.partition, self.region, self.account, self.cluster, self.service
        )
    }
}

impl FromStr for ServiceArn {
    type Err = String;

    /// # Errors
    /// Says which part is wrong. Source: ECS developer guide, "Amazon Resource Names (ARNs)"; names are up to 255 letters,
    /// digits, hyphens and underscores.
    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", partition, "ecs", region, account, resource] = parts.as_slice() else {
            return Err(
                "it does not have the form `arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/SERVICE`"
                    .to_owned(),
            );
        };
        let partition_ok = partition.starts_with("aws") && is_word(partition);
        if !partition_ok || !is_word(region) {
            return Err("its partition or its region is none".to_owned());
        }
        if account.len() != 12 || !account.bytes().all(|c| c.is_ascii_digit()) {
            return Err("its account is not twelve digits".to_owned());
        }
        let names: Vec<&str> = resource.split('/').collect();
        match *names.as_slice() {
            ["service", cluster, service] if is_name(cluster) && is_name(service) => {
                Ok(ServiceArn {
                    partition: partition.to_owned(),
                    region: region.to_owned(),
                    account: account.to_owned(),
                    cluster: cluster.to_owned(),
                    service: service.to_owned(),
                })
            }
            ["service", _] => {
                Err("it has the old short form, which does not tell the cluster".to_owned())
            }
            _ => Err("what it names is no `service/CLUSTER/SERVICE`".to_owned()),
        }
    }
}

impl TryFrom<String> for ServiceArn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ServiceArn> for String {
    fn from(arn: ServiceArn) -> String {
        arn.to_string()
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

/// Of a cluster or a service.
fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_arn_tells_everything_and_others_are_refused() {
        let text = "arn:aws-us-gov:ecs:us-gov-west-1:123456789012:service/lower/my_app-1";
        let arn: ServiceArn = text.parse().unwrap();
        assert_eq!(
            (arn.region(), arn.account(), arn.cluster(), arn.service()),
            ("us-gov-west-1", "123456789012", "lower", "my_app-1")
        );
        assert_eq!(arn.to_string(), text);
        for wrong in [
            "arn:aws:ecs:eu-west-1:123456789012:service/app",
            "arn:aws:ecs:eu-west-1:12345678901:service/c/app",
            "arn:aws:ecs::123456789012:service/c/app",
            "arn:aws:ecs:eu-west-1:123456789012:service/c/a pp",
            "arn:aws:ecs:eu-west-1:123456789012:service/c/app/x",
            "arn:aws:ecs:eu-west-1:123456789012:cluster/c",
            "arn:aws:sqs:eu-west-1:123456789012:service/c/app",
            "arn:aws:ecs:eu-west-1:123456789012:service/c/..\u{1b}[31m",
            "",
        ] {
            assert!(wrong.parse::<ServiceArn>().is_err(), "{wrong}");
        }
    }
}
