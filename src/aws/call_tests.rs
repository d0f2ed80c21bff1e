//! What AWS's codes become, and what a person reads.

use super::*;

impl Call {
    /// For the tests of this workshop.
    pub(in super::super) fn for_tests(action: &'static str) -> Self {
        Call { action, ..call() }
    }

    pub(in super::super) fn failed_with(self, code: &str) -> Failure {
        self.answered(Some(code.to_owned()), "the words".to_owned(), None, 400)
    }
}

fn call() -> Call {
    Call {
        service: "ecr",
        action: "DescribeRepositories",
        resource: "arn:aws:ecr:eu-west-1:123456789012:repository/team/app".to_owned(),
        region: "eu-west-1".to_owned(),
        role: None,
        doing: "look at the repository `team/app`".to_owned(),
    }
}

fn answered(code: &str, status: u16) -> Failure {
    call().answered(
        Some(code.to_owned()),
        "the words".to_owned(),
        Some("id-1".to_owned()),
        status,
    )
}

#[test]
fn a_refusal_tells_the_statement_to_add() {
    let error = answered("AccessDeniedException", 400).into_error();
    assert_eq!(error.message(), "cannot look at the repository `team/app`");
    assert_eq!(
        error.causes(),
        [
            "`ecr:DescribeRepositories` in `eu-west-1`: AccessDeniedException: the words (request id id-1)"
        ]
    );
    assert!(error.hints()[0].ends_with(
        r#"{"Effect":"Allow","Action":"ecr:DescribeRepositories","Resource":"arn:aws:ecr:eu-west-1:123456789012:repository/team/app"}"#
    ));
}

#[test]
fn codes_become_reasons_and_only_what_may_pass_is_transient() {
    for (code, status, reason, transient) in [
        ("RepositoryNotFoundException", 400, Reason::NotFound, false),
        ("ScanNotFoundException", 400, Reason::NotFound, false),
        (
            "RepositoryAlreadyExistsException",
            400,
            Reason::AlreadyExists,
            false,
        ),
        ("ExpiredTokenException", 400, Reason::Expired, false),
        ("ThrottlingException", 400, Reason::Throttled, true),
        (
            "InvalidParameterException",
            400,
            Reason::InvalidParameter,
            false,
        ),
        (
            "UnrecognizedClientException",
            400,
            Reason::NoCredentials,
            false,
        ),
        ("ServerException", 500, Reason::Other, true),
        ("LimitExceededException", 400, Reason::Other, false),
    ] {
        let failure = answered(code, status);
        assert_eq!(
            (&failure.reason, failure.is_transient()),
            (&reason, transient),
            "{code}"
        );
    }
}

#[test]
fn only_an_answered_refusal_is_certainly_without_effect() {
    use super::super::failure::Landed;
    assert_eq!(answered("ThrottlingException", 400).landed(), Landed::No);
    for failure in [
        answered("ThrottlingException", 503),
        answered("ServerException", 500),
        call().malformed("the answer holds no service"),
    ] {
        assert_eq!(failure.landed(), Landed::Perhaps);
    }
    assert_eq!(call().unmade("no URL").landed(), Landed::No);
}

#[test]
fn a_role_that_cannot_be_assumed_is_told_as_such() {
    let mut call = call();
    call.role = Some("arn:aws:iam::123456789012:role/builder".to_owned());
    let meta = aws_sdk_sts::error::ErrorMetadata::builder()
        .code("AccessDenied")
        .message("no")
        .build();
    let source = CredentialsError::provider_error(AssumeRoleError::generic(meta));
    let failure = call.without_credentials(&source).unwrap();
    let arn = "arn:aws:iam::123456789012:role/builder".to_owned();
    assert_eq!(
        failure.reason,
        Reason::Denied {
            action: "sts:AssumeRole".to_owned(),
            resource: arn
        }
    );
    assert!(failure.into_error().hints()[1].contains("trust policy"));
}

#[test]
fn a_token_that_aws_does_not_take_is_not_a_matter_of_the_hosts_policy() {
    let meta = aws_sdk_sts::error::ErrorMetadata::builder()
        .code("InvalidIdentityToken")
        .message("no")
        .build();
    let refusal = AssumeRoleWithWebIdentityError::generic(meta);
    let source = CredentialsError::provider_error(refusal);
    let error = call().without_credentials(&source).unwrap().into_error();
    assert_eq!(error.class().name(), "denied");
    assert!(error.hints()[0].contains("identity provider"), "{error}");
    assert!(
        !error
            .hints()
            .iter()
            .any(|hint| hint.contains("host's role"))
    );
}

#[test]
fn a_host_without_credentials_is_told_so() {
    let source = CredentialsError::not_loaded("nothing set");
    let failure = call().without_credentials(&source).unwrap();
    assert_eq!(
        (&failure.reason, failure.is_transient()),
        (&Reason::NoCredentials, false)
    );
    let error = failure.into_error();
    assert!(
        error.causes()[0].starts_with("no credentials: "),
        "{:?}",
        error.causes()
    );
}
