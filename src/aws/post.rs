//! One signed request to a service that is called by POST alone, and its answer's bytes: what JSON and query services share.
//!
//! Signing: Signature Version 4, by the SDK's own crate.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use super::Aws;
use super::call::Call;
use super::failure::Failure;
use crate::env::Var;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Answers are small; a larger one is none of AWS's.
const MOST_BYTES: usize = 16 << 20;

/// Where a service is.
#[derive(Clone, Copy)]
pub(super) struct Endpoint<'a> {
    /// In host names and signatures.
    pub(super) name: &'static str,
    pub(super) region: &'a str,
    /// Names another address.
    pub(super) own: Var,
}

/// What AWS answered, good or not.
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) body: Vec<u8>,
}

impl Aws {
    /// Sends one request, once; the call comes back for what its answer means.
    pub(super) async fn posted(
        &self,
        place: Endpoint<'_>,
        call: Call,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<(Call, Answered), Failure> {
        let credentials = match self.held.credentials().await {
            Ok(credentials) => credentials,
            Err(error) => return Err(call.no_credentials(&error)),
        };
        let url = url(place);
        let request = match signed(place, &url, headers, body, &credentials) {
            Ok(request) => request,
            Err(why) => return Err(call.unmade(&why)),
        };
        let http = match self.http() {
            Ok(http) => http,
            Err(error) => return Err(call.unsent(&error)),
        };
        let sent = async {
            let response = http.execute(request).await?;
            let status = response.status().as_u16();
            let id = response.headers().get("x-amzn-requestid");
            let request_id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
            let body = response.bytes().await?.to_vec();
            Ok::<_, reqwest::Error>(Answered {
                status,
                request_id,
                body,
            })
        };
        match sent.await {
            Ok(answered) if answered.body.len() > MOST_BYTES => {
                Err(call.malformed("the answer is too large"))
            }
            Ok(answered) => Ok((call, answered)),
            Err(error) => Err(call.unsent(&error)),
        }
    }

    fn http(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = crate::http::builder().timeout(TIMEOUT).build()?;
        Ok(self.http.get_or_init(|| http))
    }
}

/// Source: AWS SDKs and tools reference guide, "Service-specific endpoints"; the default is that of each region's partition.
pub(super) fn url(place: Endpoint<'_>) -> String {
    let region = place.region;
    let own = place
        .own
        .text()
        .or_else(|| Var::AwsEndpointUrl.text())
        .filter(|_| Var::AwsIgnoreConfiguredEndpointUrls.text().as_deref() != Some("true"));
    own.map(|url| format!("{}/", url.trim_end_matches('/')))
        .unwrap_or_else(|| {
            let suffix = match region.starts_with("cn-") {
                true => "amazonaws.com.cn",
                false => "amazonaws.com",
            };
            match (place.name, region.starts_with("us-")) {
                ("iam", true) if region == "us-gov-west-1" => {
                    format!("https://iam.us-gov.{suffix}/")
                }
                ("iam", true) => format!("https://iam.{suffix}/"),
                (name, _) => format!("https://{name}.{region}.{suffix}/"),
            }
        })
}

/// The region that signs for IAM, which is one for each partition. Source: AWS general reference, "IAM endpoints".
pub(super) fn seat_of_iam(region: &str) -> &'static str {
    match region {
        _ if region.starts_with("cn-") => "cn-north-1",
        _ if region.starts_with("us-gov-") => "us-gov-west-1",
        _ => "us-east-1",
    }
}

fn signed(
    place: Endpoint<'_>,
    url: &str,
    headers: &[(&str, &str)],
    body: Vec<u8>,
    credentials: &Credentials,
) -> Result<reqwest::Request, String> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(place.region)
        .name(place.name)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let signable = SignableRequest::new(
        "POST",
        url,
        headers.iter().copied(),
        SignableBody::Bytes(&body),
    )
    .map_err(|error| error.to_string())?;
    let (instructions, _) = sign(signable, &parameters)
        .map_err(|error| error.to_string())?
        .into_parts();
    let mut request = reqwest::Request::new(
        reqwest::Method::POST,
        url.parse().map_err(|error| format!("`{url}`: {error}"))?,
    );
    let (added, _) = instructions.into_parts();
    let all = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .chain(
            added
                .iter()
                .map(|header| (header.name().to_owned(), header.value().to_owned())),
        );
    for (name, value) in all {
        let name =
            reqwest::header::HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let value =
            reqwest::header::HeaderValue::try_from(value).map_err(|error| error.to_string())?;
        request.headers_mut().insert(name, value);
    }
    *request.body_mut() = Some(body.into());
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iam_has_one_address_in_each_partition() {
        for (region, address) in [
            ("eu-west-1", "https://iam.amazonaws.com/"),
            ("us-gov-east-1", "https://iam.us-gov.amazonaws.com/"),
            ("cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn/"),
        ] {
            let place = Endpoint {
                name: "iam",
                region: seat_of_iam(region),
                own: Var::AwsEndpointUrlIam,
            };
            assert_eq!(url(place), address);
        }
    }
}
