//! What a role may, as IAM works it out from its policies: nothing is tried.
//!
//! Policies of the resources and of the organization are not all part of it. Source: IAM API reference,
//! `SimulatePrincipalPolicy`.

use super::failure::if_any;
use super::query::{IAM, child, members};
use super::{Aws, Failure};

impl Aws {
    /// Those of `actions` on `resource` that the policies of `principal` do not allow; `None`: there is no such principal.
    pub(crate) async fn lacking(
        &self,
        principal: &str,
        actions: &[&str],
        resource: &str,
    ) -> Result<Option<Vec<String>>, Failure> {
        let doing = format!("ask IAM what `{principal}` may");
        let call = self.query_call(IAM, "SimulatePrincipalPolicy", principal.to_owned(), doing);
        let names: Vec<String> = (1..=actions.len())
            .map(|number| format!("ActionNames.member.{number}"))
            .collect();
        let mut form = vec![
            ("PolicySourceArn", principal),
            ("ResourceArns.member.1", resource),
        ];
        form.extend(
            names
                .iter()
                .map(String::as_str)
                .zip(actions.iter().copied()),
        );
        let read = |root: roxmltree::Node<'_, '_>| Some(denied(root));
        if_any(self.query(IAM, call, &form, read)).await
    }
}

fn denied(root: roxmltree::Node<'_, '_>) -> Vec<String> {
    let results = members(root, "EvaluationResults").into_iter();
    results
        .filter(|result| child(*result, "EvalDecision").as_deref() != Some("allowed"))
        .filter_map(|result| child(result, "EvalActionName"))
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
        let text = format!(
            "<R><EvaluationResults>{}{}{}</EvaluationResults></R>",
            result("a:X", "allowed"),
            result("a:Y", "implicitDeny"),
            result("a:Z", "explicitDeny"),
        );
        let document = roxmltree::Document::parse(&text).unwrap();
        assert_eq!(denied(document.root_element()), ["a:Y", "a:Z"]);
    }
}
