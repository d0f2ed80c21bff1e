//! One signed call of an AWS service that speaks JSON: for services without a client of their own here, and for answers of
//! which nothing may be lost.
//!
//! Typed clients drop fields that are younger than they are. Source: AWS JSON protocols 1.0 and 1.1 (Smithy specification).

use serde_json::Value;

use super::Aws;
use super::call::Call;
use super::failure::Failure;
use super::post::Endpoint;
use crate::env::Var;

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
pub(super) const SECRETS: Service = Service {
    name: "secretsmanager",
    target: "secretsmanager",
    version: "1.1",
    endpoint: Var::AwsEndpointUrlSecretsManager,
};

pub(super) const STATES: Service = Service {
    name: "states",
    target: "AWSStepFunctions",
    version: "1.0",
    endpoint: Var::AwsEndpointUrlSfn,
};
pub(super) const CODEBUILD: Service = Service {
    name: "codebuild",
    target: "CodeBuild_20161006",
    version: "1.1",
    endpoint: Var::AwsEndpointUrlCodebuild,
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
        let kind = format!("application/x-amz-json-{}", service.version);
        let target = format!("{}.{}", service.target, call.action);
        let headers = [
            ("content-type", kind.as_str()),
            ("x-amz-target", target.as_str()),
        ];
        let place = Endpoint {
            name: service.name,
            region,
            own: service.endpoint,
        };
        let bytes = body.to_string().into_bytes();
        let (call, answered) = self.posted(place, call, &headers, bytes).await?;
        let (status, id, answer) = (answered.status, answered.request_id, answered.body);
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
}
