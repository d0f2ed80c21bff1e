//! The host name of an ECR registry: account, region and partition are read off it, so that no setting has to name them.
//!
//! Source of the forms: the pattern in AWS's `amazon-ecr-credential-helper`.

use std::fmt::{self, Display};
use std::str::FromStr;

/// A private ECR registry, such as `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct EcrHost {
    host: String,
    account: String,
    region: String,
}

/// What follows the region in the host names of every partition.
const SUFFIXES: [&str; 7] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".sc2s.sgov.gov",
    ".c2s.ic.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
];
const DUAL_STACK_SUFFIXES: [&str; 2] = [".on.aws", ".on.amazonwebservices.com.cn"];

impl EcrHost {
    /// Twelve digits.
    pub(crate) fn account(&self) -> &str {
        &self.account
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }
}

impl FromStr for EcrHost {
    type Err = ();

    fn from_str(host: &str) -> Result<Self, ()> {
        let (account, rest) = host.split_once('.').ok_or(())?;
        if account.len() != 12 || !account.bytes().all(|c| c.is_ascii_digit()) {
            return Err(());
        }
        let forms: [(&str, &[&str]); 4] = [
            ("dkr.ecr.", &SUFFIXES),
            ("dkr.ecr-fips.", &SUFFIXES),
            ("dkr-ecr.", &DUAL_STACK_SUFFIXES),
            ("dkr-ecr-fips.", &DUAL_STACK_SUFFIXES),
        ];
        let found = forms.into_iter().find_map(|(prefix, suffixes)| {
            let rest = rest.strip_prefix(prefix)?;
            let region = suffixes
                .iter()
                .find_map(|suffix| rest.strip_suffix(suffix))?;
            Some(region)
        });
        let region = found.ok_or(())?;
        let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if region.is_empty() || !region.chars().all(sound) {
            return Err(());
        }
        Ok(EcrHost {
            host: host.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
        })
    }
}

impl Display for EcrHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)
    }
}

/// The partition of a region. Source: `partitions.json` of the SDK's endpoint rules.
pub(crate) fn partition(region: &str) -> &'static str {
    const BY_BEGINNING: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    BY_BEGINNING
        .iter()
        .find(|(beginning, _)| region.starts_with(beginning))
        .map_or("aws", |(_, partition)| partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_and_region_are_read_off_the_name() {
        for (host, region) in [
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"),
            (
                "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
                "us-gov-west-1",
            ),
            (
                "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
                "cn-north-1",
            ),
            ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1"),
            (
                "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
                "eusc-de-east-1",
            ),
        ] {
            let parsed: EcrHost = host.parse().unwrap();
            assert_eq!(
                (parsed.account(), parsed.region(), parsed.to_string()),
                ("123456789012", region, host.to_owned())
            );
        }
    }

    #[test]
    fn other_hosts_are_no_ecr() {
        for host in [
            "public.ecr.aws",
            "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example",
            "123456789012.dkr.ecr..amazonaws.com",
            "123456789012.dkr.ecr.a.b.amazonaws.com",
            "x123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com:443",
        ] {
            assert!(host.parse::<EcrHost>().is_err(), "{host}");
        }
    }

    #[test]
    fn every_region_has_its_partition() {
        for (region, partition_) in [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition(region), partition_);
        }
    }
}
