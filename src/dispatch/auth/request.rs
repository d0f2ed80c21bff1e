//! What is asked of `auth`, as it travels over the job socket.

use serde::{Deserialize, Serialize};

use crate::ecr_host::EcrHost;
use crate::error::{Error, Result};
use crate::image::repository_arn;
use crate::image_ref::ImageRef;
use crate::rollout::ServiceArn;

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub(in crate::dispatch) enum Request {
    Whoami { region: Option<String> },
    Explain { place: Place },
    Credentials { place: Place },
}

/// Where a role is to be used, and on what.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(in crate::dispatch) struct Place {
    pub(in crate::dispatch) account: String,
    pub(in crate::dispatch) region: String,
    /// ARNs.
    #[serde(default)]
    pub(in crate::dispatch) services: Vec<String>,
    #[serde(default)]
    pub(in crate::dispatch) repositories: Vec<String>,
}

impl Place {
    /// # Errors
    /// `Usage` for what is no account or no region.
    pub(in crate::dispatch) fn at(account: String, region: String) -> Result<Self> {
        let place = Place {
            account,
            region,
            ..Place::default()
        };
        place.check()?;
        Ok(place)
    }

    /// Everything in it may be a job's word.
    ///
    /// # Errors
    /// `Usage` for what is no account, no region, or what lies elsewhere.
    pub(in crate::dispatch) fn check(&self) -> Result<()> {
        let wrong = |what: &str| {
            Err(Error::usage(what)
                .hint("an account has twelve digits, a region looks like `eu-west-1`"))
        };
        if self.account.len() != 12 || !self.account.bytes().all(|c| c.is_ascii_digit()) {
            return wrong("the account is none");
        }
        let sound = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        if !(6..=32).contains(&self.region.len()) || !self.region.bytes().all(sound) {
            return wrong("the region is none");
        }
        let here = format!(":{}:{}:", self.region, self.account);
        let all = self.services.iter().chain(&self.repositories);
        for arn in all {
            if !arn.contains(&here) || arn.contains(['*', '?', '$']) {
                return wrong("what the role is for is not in that account and region");
            }
        }
        Ok(())
    }
}

/// A service by its ARN, or a repository by its name.
///
/// # Errors
/// `Usage` for what is neither.
pub(in crate::dispatch) fn place_of(work: &str) -> Result<Place> {
    if let Ok(arn) = work.parse::<ServiceArn>() {
        return Ok(Place {
            account: arn.account().to_owned(),
            region: arn.region().to_owned(),
            services: vec![arn.to_string()],
            repositories: Vec::new(),
        });
    }
    let image: Option<ImageRef> = work.parse().ok();
    let host: Option<EcrHost> = image
        .as_ref()
        .and_then(|image| image.registry()?.parse().ok());
    match (image, host) {
        (Some(image), Some(host)) => Ok(Place {
            account: host.account().to_owned(),
            region: host.region().to_owned(),
            services: Vec::new(),
            repositories: vec![repository_arn(&image, &host)],
        }),
        (None, _) | (_, None) => Err(Error::usage(format!(
            "`{}` is neither a service's ARN nor a repository of ECR",
            work.escape_debug()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_from_what_is_in_hand_and_checked() {
        let place = place_of("123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/cart:1").unwrap();
        assert_eq!(
            place.repositories,
            ["arn:aws:ecr:eu-west-1:123456789012:repository/shop/cart"]
        );
        let mut place = place_of("arn:aws:ecs:eu-west-1:123456789012:service/lower/cart").unwrap();
        place.check().unwrap();
        place
            .services
            .push("arn:aws:ecs:eu-west-1:123456789012:service/*".to_owned());
        assert!(place.check().is_err());
        assert!(place_of("cart").is_err());
        assert!(Place::at("1".to_owned(), "eu-west-1".to_owned()).is_err());
        assert!(Place::at("1".repeat(12), "../x".to_owned()).is_err());
    }
}
