//! One signed call of an AWS service that speaks JSON: for services without a client of their own here, and for answers of
//! which nothing may be lost.
//!
//! Typed clients drop fields that are younger than they are. Source: AWS JSON protocols 1.0 and 1.1 (Smithy specification);
//! signing: Signature Version 4, by the SDK's own crate.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;

use super::Aws;
use super::call::Call;
use super::failure::Failure;
use crate::env::Var;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Answers are small; a larger one is none of AWS's.
const MOST_BYTES: usize = 16 << 20;

/// A service that is called so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Service {
    /// In host names, signatures and IAM's actions.
    pub(super) name: &'static str,
    /// Before the operation in `X-Amz-Target`.
    pub(super) target: &'static str,
    pub(super) version: &'static str,
    pub(super) endpoint: Var,
}

/// Sources: the service models, `targetPrefix` and `jsonVersion`.
pub(super) const ECS: Service = Service {
    name: "ecs",
    target: "AmazonEC2ContainerServiceV20141113",
    version: "1.1",
    endpoint: Var::AwsEndpointUrlEcs,
};
pub(super) const LOGS: Service = Service {
    name: "logs",
    target: "Logs_20140328",
    version: "1.1",
    endpoint: Var::AwsEndpointUrlLogs,
};

pub(super) const SSM: Service = Service {
    name: "ssm",
    target: "AmazonSSM",
    version: "1.1",
    endpoint: Var::AwsEndpointUrlSsm,
};
pub(super) const DYNAMODB: Service = Service {
    name: "dynamodb",
    target: "DynamoDB_20120810",
    version: "1.0",
    endpoint: Var::AwsEndpointUrlDynamodb,
};

pub(super) const KMS: Service = Service {
    name: "kms",
    target: "TrentService",
    version: "1.1",
    endpoint: Var::AwsEndpointUrlKms,
};
pub(super) const STATES: Service = Service {
    name: "states",
    target: "AWSStepFunctions",
    version: "1.0",
    endpoint: Var::AwsEndpointUrlSfn,
};
pub(super) const SECRETS: Service = Service {
    name: "secretsmanager",
    target: "secretsmanager",
    version: "1.1",
    endpoint: Var::AwsEndpointUrlSecretsManager,
};

impl Aws {
    /// What is being asked, for sentences about its failure.
    pub(super) fn json_call(
        &self,
        service: Service,
        action: &'static str,
        resource: String,
        doing: impl std::fmt::Display,
    ) -> Call {
        Call {
            service: service.name,
            action,
            resource,
            region: self.region.clone(),
            role: self.role.clone(),
            doing: doing.to_string(),
        }
    }

    /// For policies: which account this is, nobody has to be asked for it.
    pub(super) fn arn_in_any_account(&self, service: &str, path: &str) -> String {
        let partition = crate::ecr_host::partition(&self.region);
        format!("arn:{partition}:{service}:{}:*:{path}", self.region)
    }

    /// Sends one request, once, to this client's region.
    pub(super) async fn json(
        &self,
        service: Service,
        call: Call,
        body: &Value,
    ) -> Result<Value, Failure> {
        let region = self.region.clone();
        self.json_in(service, &region, call, body).await
    }

    pub(super) async fn json_in(
        &self,
        service: Service,
        region: &str,
        call: Call,
        body: &Value,
    ) -> Result<Value, Failure> {
        let credentials = match self.held.credentials().await {
            Ok(credentials) => credentials,
            Err(error) => return Err(call.no_credentials(&error)),
        };
        let url = endpoint(service, region);
        let target = format!("{}.{}", service.target, call.action);
        let kind = format!("application/x-amz-json-{}", service.version);
        let headers = [("content-type", kind.as_str()), ("x-amz-target", &target)];
        let bytes = body.to_string().into_bytes();
        let request = match signed(service, region, &url, &headers, &bytes, &credentials) {
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
            let id = id.and_then(|id| id.to_str().ok()).map(str::to_owned);
            Ok::<_, reqwest::Error>((status, id, response.bytes().await?))
        };
        let (status, id, answer) = match sent.await {
            Ok(answer) => answer,
            Err(error) => return Err(call.unsent(&error)),
        };
        if answer.len() > MOST_BYTES {
            return Err(call.malformed("the answer is too large"));
        }
        let value: Value = serde_json::from_slice(&answer).unwrap_or(Value::Null);
        if status == 200 {
            return match value.is_object() {
                true => Ok(value),
                false => Err(call.malformed("the answer is no JSON object")),
            };
        }
        let told = value
            .get("__type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        // `namespace#Code`, and sometimes `Code:http://…`.
        let code = told.rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default();
        let message = ["message", "Message"]
            .iter()
            .find_map(|key| value.get(*key).and_then(Value::as_str))
            .unwrap_or("no message");
        let code = (!code.is_empty()).then(|| code.to_owned());
        Err(call.answered(code, super::call::one_line(message), id, status))
    }

    pub(super) fn http(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = crate::http::builder().timeout(TIMEOUT).build()?;
        Ok(self.http.get_or_init(|| http))
    }
}

/// Source: AWS SDKs and tools reference guide, "Service-specific endpoints"; the default is that of each region's partition.
pub(super) fn endpoint(service: Service, region: &str) -> String {
    let own = service
        .endpoint
        .text()
        .or_else(|| Var::AwsEndpointUrl.text())
        .filter(|_| Var::AwsIgnoreConfiguredEndpointUrls.text().as_deref() != Some("true"));
    own.map(|url| format!("{}/", url.trim_end_matches('/')))
        .unwrap_or_else(|| {
            let suffix = match region.starts_with("cn-") {
                true => "amazonaws.com.cn",
                false => "amazonaws.com",
            };
            format!("https://{}.{region}.{suffix}/", service.name)
        })
}

pub(super) fn signed(
    service: Service,
    region: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    credentials: &Credentials,
) -> Result<reqwest::Request, String> {
    let identity = credentials.clone().into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(service.name)
        .time(SystemTime::now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| error.to_string())?
        .into();
    let signable = SignableRequest::new(
        "POST",
        url,
        headers.iter().copied(),
        SignableBody::Bytes(body),
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
    *request.body_mut() = Some(body.to_vec().into());
    Ok(request)
}
