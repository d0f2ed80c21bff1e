//! What a session of a role may, of all that the role may: change the services and repositories in hand, and no others.

use serde_json::json;

/// Source: STS API reference, `AssumeRole`, `Policy`: at most 2048 characters.
const MOST: usize = 2048;

/// A session policy as JSON; `None` where that many do not fit. Everything is named by ARN.
pub(crate) fn session_policy(services: &[String], repositories: &[String]) -> Option<String> {
    let mut statements = Vec::new();
    if !services.is_empty() {
        statements.push(json!({"Effect": "Allow", "Resource": services,
            "Action": ["ecs:UpdateService", "ecs:DescribeServices"]}));
    }
    if !repositories.is_empty() {
        statements.push(json!({"Effect": "Allow", "Resource": repositories, "Action": "ecr:*"}));
    }
    statements.push(json!({"Effect": "Allow", "Resource": "*", "NotAction": [
        "ecs:UpdateService", "ecs:CreateService", "ecs:DeleteService", "ecs:DeleteCluster", "ecs:ExecuteCommand",
        "ecr:Put*", "ecr:Initiate*", "ecr:Upload*", "ecr:Complete*", "ecr:Create*", "ecr:Delete*", "ecr:BatchDelete*",
        "ecr:Set*", "ecr:TagResource", "ecr:UntagResource",
        "sts:*", "iam:Create*", "iam:Put*", "iam:Attach*", "iam:Delete*", "iam:Update*"]}));
    let policy = json!({"Version": "2012-10-17", "Statement": statements});
    Some(policy.to_string()).filter(|text| text.len() <= MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_may_change_what_is_in_hand_and_nothing_else() {
        let arn =
            |number: u32| format!("arn:aws:ecs:eu-west-1:123456789012:service/lower/app-{number}");
        let policy = session_policy(&[arn(1)], &[]).unwrap();
        assert!(policy.contains("service/lower/app-1\"") && !policy.contains("\"ecr:*\""));
        let many: Vec<String> = (0..50).map(arn).collect();
        assert_eq!(session_policy(&many, &[]), None);
        let repository = "arn:aws:ecr:eu-west-1:123456789012:repository/shop/cart".to_owned();
        let policy = session_policy(&[], &[repository]).unwrap();
        assert!(policy.contains("repository/shop/cart") && policy.contains("\"ecr:Put*\""));
    }
}
