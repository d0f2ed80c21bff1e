//! What a role may, as IAM works it out from its policies: nothing is tried.
//!
//! Policies of the resources and of the organization are not all part of it. Source: IAM API reference,
//! `SimulatePrincipalPolicy`.

use super::json::{Service, endpoint};
use super::query::element;
use super::{Aws, Failure, Reason};
use crate::env::Var;

const IAM: Service = Service {
    name: "iam",
    target: "",
    version: "2010-05-08",
    endpoint: Var::AwsEndpointUrlIam,
};

impl Aws {
    /// Those of `actions` on `resource` that the policies of `principal` do not allow; `None`: there is no such principal.
    pub(crate) async fn lacking(
        &self,
        principal: &str,
        actions: &[&str],
        resource: &str,
    ) -> Result<Option<Vec<String>>, Failure> {
        let call = || {
            self.json_call(
                IAM,
                "SimulatePrincipalPolicy",
                principal.to_owned(),
                format!("ask IAM what `{principal}` may"),
            )
        };
        let mut form = vec![
            ("Action".to_owned(), "SimulatePrincipalPolicy".to_owned()),
            ("PolicySourceArn".to_owned(), principal.to_owned()),
            ("ResourceArns.member.1".to_owned(), resource.to_owned()),
        ];
        let numbered = actions.iter().enumerate();
        form.extend(numbered.map(|(at, action)| {
            (
                format!("ActionNames.member.{}", at + 1),
                (*action).to_owned(),
            )
        }));
        let (url, region) = address(&self.region);
        match self.query(IAM, (&url, region), call, &form).await {
            Ok(text) => Ok(Some(denied(&text))),
            Err(failure) if failure.reason == Reason::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

/// IAM is one for each partition. Source: AWS general reference, "IAM endpoints".
fn address(region: &str) -> (String, &'static str) {
    let (signing, usual) = match region {
        _ if region.starts_with("cn-") => {
            ("cn-north-1", "https://iam.cn-north-1.amazonaws.com.cn/")
        }
        _ if region.starts_with("us-gov-") => {
            ("us-gov-west-1", "https://iam.us-gov.amazonaws.com/")
        }
        _ => ("us-east-1", "https://iam.amazonaws.com/"),
    };
    let own = endpoint(IAM, signing);
    // One that an operator has set stays.
    let url = match own.contains(".amazonaws.com") {
        true => usual.to_owned(),
        false => own,
    };
    (url, signing)
}

fn denied(text: &str) -> Vec<String> {
    let results = text.split("<EvalActionName>").skip(1);
    results
        .filter_map(|result| {
            let (action, rest) = result.split_once("</EvalActionName>")?;
            let decision = element(rest, "EvalDecision")?;
            (decision != "allowed").then(|| action.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_allowed_is_denied_in_whatever_way() {
        let result = |action: &str, decision: &str| {
            format!(
                "<member><EvalActionName>{action}</EvalActionName><EvalDecision>{decision}</EvalDecision></member>"
            )
        };
        let text = [
            result("a:X", "allowed"),
            result("a:Y", "implicitDeny"),
            result("a:Z", "explicitDeny"),
        ]
        .concat();
        assert_eq!(denied(&text), ["a:Y", "a:Z"]);
        assert_eq!(address("cn-northwest-1").1, "cn-north-1");
        assert_eq!(address("eu-west-1").1, "us-east-1");
    }
}
