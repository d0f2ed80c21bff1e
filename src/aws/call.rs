//! One call to AWS, and what its failure means.
//!
//! Reasons come from error codes, never from texts; the action and the resource of a refusal from the call itself.

use std::error::Error as StdError;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ecr::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ecr::operation::RequestId;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;

use super::failure::{Failure, Landed, Reason, Transient};
use crate::error::links;
use crate::http::innermost;

/// What is being asked of AWS.
pub(super) struct Call {
    /// `ecr` or `sts`
    pub(super) service: &'static str,
    /// Both the operation's name and, behind the service, IAM's.
    pub(super) action: &'static str,
    /// As IAM names it.
    pub(super) resource: String,
    pub(super) region: String,
    /// The role whose credentials the call needs first.
    pub(super) role: Option<String>,
    /// Behind `cannot`.
    pub(super) doing: String,
}

impl Call {
    pub(super) fn failed<E>(self, error: SdkError<E>) -> Failure
    where
        E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
    {
        if let SdkError::ServiceError(answer) = &error {
            let code = error.code().map(str::to_owned);
            let status = answer.raw().status().as_u16();
            let message = one_line(error.message().unwrap_or("no message"));
            let request_id = error.request_id().map(str::to_owned);
            return self.answered(code, message, request_id, status);
        }
        if let Some(failure) = self.without_credentials(&error) {
            return failure;
        }
        let reason = match &error {
            SdkError::TimeoutError(_)
            | SdkError::DispatchFailure(_)
            | SdkError::ResponseError(_) => Reason::Unreachable,
            // Of the SDK's own: it is non-exhaustive.
            _ => Reason::Other,
        };
        let transient = if reason == Reason::Unreachable {
            Transient::Yes
        } else {
            Transient::No
        };
        let landed = match &error {
            SdkError::TimeoutError(_)
            | SdkError::DispatchFailure(_)
            | SdkError::ResponseError(_) => Landed::Perhaps,
            // Never sent, or of the SDK's own: it is non-exhaustive.
            _ => Landed::No,
        };
        let text = if reason == Reason::Unreachable {
            one_line(&innermost(&error))
        } else {
            chain_text(&error)
        };
        let failure = self.failure(reason, None, text, None, transient);
        Failure { landed, ..failure }
    }

    /// A request of our own that got no answer.
    pub(super) fn unsent(self, error: &reqwest::Error) -> Failure {
        let landed = match error.is_connect() || error.is_builder() {
            true => Landed::No,
            false => Landed::Perhaps,
        };
        let text = one_line(&innermost(error));
        let failure = self.failure(Reason::Unreachable, None, text, None, Transient::Yes);
        Failure { landed, ..failure }
    }

    /// Credentials could not be fetched, before anything was asked.
    pub(super) fn no_credentials(self, error: &CredentialsError) -> Failure {
        self.without_credentials(error).unwrap_or_else(|| {
            let text = chain_text(error);
            self.failure(Reason::NoCredentials, None, text, None, Transient::No)
        })
    }

    /// An answer without what it must hold.
    pub(super) fn malformed(self, why: &str) -> Failure {
        let failure = self.unmade(why);
        // AWS answered: what was asked for may be done.
        Failure {
            landed: Landed::Perhaps,
            ..failure
        }
    }

    /// An answer that says what is missing for what was asked.
    pub(super) fn unmet(self, why: &str) -> Failure {
        let why = one_line(why);
        self.failure(Reason::Unmet, None, why, None, Transient::No)
    }

    /// A request that could not even be made.
    pub(super) fn unmade(self, why: &str) -> Failure {
        self.failure(Reason::Other, None, why.to_owned(), None, Transient::No)
    }

    /// An answer that AWS counts as an error.
    pub(super) fn answered(
        self,
        code: Option<String>,
        message: String,
        request_id: Option<String>,
        status: u16,
    ) -> Failure {
        let reason = self.reason(code.as_deref().unwrap_or_default());
        let transient = if status >= 500 || reason == Reason::Throttled {
            Transient::Yes
        } else {
            Transient::No
        };
        let landed = match status >= 500 {
            true => Landed::Perhaps,
            false => Landed::No,
        };
        let failure = self.failure(reason, code, message, request_id, transient);
        Failure { landed, ..failure }
    }

    /// The failure of fetching credentials for this call, which happens before the call itself.
    fn without_credentials(&self, error: &(dyn StdError + 'static)) -> Option<Failure> {
        let found = links(error)
            .filter_map(|link| link.downcast_ref::<CredentialsError>())
            .last()?;
        let asking = |action| Call {
            service: "sts",
            action,
            resource: self.role.clone().unwrap_or_else(|| "*".to_owned()),
            region: self.region.clone(),
            role: self.role.clone(),
            doing: self.doing.clone(),
        };
        let refused = links(error).find_map(|link| {
            let assumed = link
                .downcast_ref::<AssumeRoleError>()
                .map(|e| ("AssumeRole", e.meta()));
            let by_token = || {
                let refusal = link.downcast_ref::<AssumeRoleWithWebIdentityError>()?;
                Some(("AssumeRoleWithWebIdentity", refusal.meta()))
            };
            assumed.or_else(by_token)
        });
        if let Some((action, meta)) = refused {
            let code = meta.code().map(str::to_owned);
            let message = one_line(meta.message().unwrap_or("no message"));
            let request_id = meta.request_id().map(str::to_owned);
            // The status is lost here; of the server's own errors the SDK has tried three times.
            return Some(asking(action).answered(code, message, request_id, 400));
        }
        let transient = match found {
            CredentialsError::ProviderTimedOut(_) | CredentialsError::ProviderError(_) => {
                Transient::Yes
            }
            // Of the SDK's own: it is non-exhaustive.
            _ => Transient::No,
        };
        let text = chain_text(found);
        Some(asking("AssumeRole").failure(Reason::NoCredentials, None, text, None, transient))
    }

    fn failure(
        self,
        reason: Reason,
        code: Option<String>,
        message: String,
        request_id: Option<String>,
        transient: Transient,
    ) -> Failure {
        Failure {
            reason,
            operation: format!("{}:{}", self.service, self.action),
            code,
            message,
            request_id,
            region: self.region,
            doing: self.doing,
            transient,
            landed: Landed::No,
        }
    }

    /// Source: "Errors" of each action in the ECR, ECS, STS, SSM, DynamoDB, Step Functions, CloudFormation and CloudWatch Logs API
    /// references, and "Common errors".
    fn reason(&self, code: &str) -> Reason {
        match code {
            "RepositoryNotFoundException"
            | "ImageNotFoundException"
            | "ScanNotFoundException"
            | "RegistryNotFoundException"
            | "ServiceNotFoundException"
            | "ClusterNotFoundException"
            | "ServiceDeploymentNotFoundException"
            | "ParameterNotFound"
            | "ExecutionDoesNotExist"
            | "NotFoundException"
            | "NoSuchEntity"
            | "InvalidInstanceID.NotFound"
            | "StateMachineDoesNotExist"
            | "ResourceNotFoundException" => Reason::NotFound,
            "UnsupportedFeatureException"
            | "UnknownOperationException"
            | "UnknownOperation"
            | "InvalidAction" => Reason::Unsupported,
            "RepositoryAlreadyExistsException"
            | "ImageAlreadyExistsException"
            | "ExecutionAlreadyExists"
            | "ConditionalCheckFailedException" => Reason::AlreadyExists,
            "AccessDeniedException"
            | "AccessDenied"
            | "UnauthorizedOperation"
            | "InvalidIdentityToken"
            | "InvalidIdentityTokenException"
            | "IDPRejectedClaim"
            | "IDPRejectedClaimException" => Reason::Denied {
                action: format!("{}:{}", self.service, self.action),
                resource: self.resource.clone(),
            },
            "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" => Reason::Expired,
            "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "ProvisionedThroughputExceededException"
            | "ExecutionLimitExceeded"
            | "RequestLimitExceeded" => Reason::Throttled,
            "InvalidParameterException"
            | "ValidationException"
            | "ValidationError"
            | "ClientException"
            | "ServiceNotActiveException"
            | "PlatformUnknownException"
            | "PlatformTaskDefinitionIncompatibilityException"
            | "NamespaceNotFoundException"
            | "ConflictException"
            | "InvalidArn"
            | "InvalidName"
            | "InvalidExecutionInput"
            | "InvalidTagParameterException" => Reason::InvalidParameter,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken"
            | "IncompleteSignature" => Reason::NoCredentials,
            _ => Reason::Other,
        }
    }
}

/// What all layers say, without those that repeat a deeper one.
fn chain_text(error: &(dyn StdError + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    for link in links(error) {
        let text = link.to_string();
        if !texts.iter().any(|known| known.contains(&text)) {
            texts.push(text);
        }
    }
    one_line(&texts.join(": "))
}

/// Many-lined texts, such as the SDK's list of places without credentials, as one line of a log.
pub(super) fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let joined = lines.collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    // Said of each place in turn, it hides what is said of that place.
    let told = joined.replace("the credential provider was not enabled: ", "");
    told.replace(char::is_control, " ")
}

#[cfg(test)]
#[path = "call_tests.rs"]
mod tests;
