//! The instance's metadata as the host itself gets it: by tokens only, and not further than the host.
//!
//! Source: EC2 user guide, "Use the Instance Metadata Service": version 1 asks without a token, version 2 with one; the hop limit is
//! how far the answer with a token travels.

use std::time::Duration;

use crate::aws::Aws;
use crate::doctor::finding::{Finding, Kind, Statement, Turn};
use crate::doctor::looked::{Looked, look};
use crate::env::Var;

const USUAL: &str = "http://169.254.169.254";
/// It is next door, or not there: then packets may be swallowed.
const PATIENCE: Duration = Duration::from_secs(2);
const TOKENS: &str = "host.metadata.tokens";
const HOPS: &str = "host.metadata.hop-limit";

/// What asking without a token came to.
enum Untokened {
    Nobody,
    Answered,
    Refused,
}

pub(super) async fn findings(aws: Option<&Aws>) -> Vec<Finding> {
    if Var::AwsEc2MetadataDisabled.text().as_deref() == Some("true") {
        let because = "AWS_EC2_METADATA_DISABLED is set";
        return vec![Finding::not_looked_at(TOKENS, because)];
    }
    let address = Var::AwsEc2MetadataServiceEndpoint.text();
    let address = address.unwrap_or_else(|| USUAL.to_owned());
    let address = address.trim_end_matches('/');
    // Never through a proxy.
    let client = crate::http::builder().no_proxy().timeout(PATIENCE).build();
    let client = match client {
        Ok(client) => client,
        Err(error) => return vec![Finding::unknown(TOKENS, error)],
    };
    let asked = client
        .get(format!("{address}/latest/meta-data/"))
        .send()
        .await;
    let untokened = match asked {
        Err(_) => Untokened::Nobody,
        Ok(answer) => match answer.status().as_u16() {
            200..=299 => Untokened::Answered,
            401 => Untokened::Refused,
            // Other clouds have services of their own there.
            _ => Untokened::Nobody,
        },
    };
    let mut findings = vec![tokens(&untokened)];
    if let Untokened::Answered | Untokened::Refused = untokened {
        let instance = instance(&client, address).await;
        findings.push(match (instance, aws) {
            (Some(instance), Some(aws)) => hops(&instance, look(aws.hop_limit(&instance)).await),
            (None, _) => Finding::unknown(HOPS, "the metadata do not tell which instance this is"),
            (Some(_), None) => Finding::not_looked_at(
                HOPS,
                "in which region of AWS to look is not known: set AWS_REGION, or --region",
            ),
        });
    }
    findings
}

async fn instance(client: &reqwest::Client, address: &str) -> Option<String> {
    let token = client
        .put(format!("{address}/latest/api/token"))
        .header("x-aws-ec2-metadata-token-ttl-seconds", "60");
    let token = token.send().await.ok()?.text().await.ok()?;
    let identity = client
        .get(format!(
            "{address}/latest/dynamic/instance-identity/document"
        ))
        .header("x-aws-ec2-metadata-token", token.trim());
    let identity = identity.send().await.ok()?.text().await.ok()?;
    let identity: serde_json::Value = serde_json::from_str(&identity).ok()?;
    identity["instanceId"].as_str().map(str::to_owned)
}

fn tokens(untokened: &Untokened) -> Finding {
    match untokened {
        Untokened::Nobody => Finding::not_looked_at(TOKENS, "no metadata service answers: this is no EC2 instance, or it is switched off"),
        Untokened::Refused => Finding::ok(TOKENS, "the instance's metadata want a token (IMDSv2)"),
        Untokened::Answered => Finding::fault(TOKENS, Kind::Wrong, "the instance's metadata answer without a token (IMDSv1): a request that a program was talked into is enough for the credentials")
            .turn(Turn::Platform)
            .remedy("`aws ec2 modify-instance-metadata-options --http-tokens required --http-put-response-hop-limit 1`, and the same in the launch template"),
    }
}

fn hops(instance: &str, looked: Looked<u32>) -> Finding {
    match looked {
        Looked::Found(0 | 1) => Finding::ok(HOPS, "tokens for the instance's metadata do not travel further than the host"),
        Looked::Found(hops) => Finding::warning(HOPS, format!("tokens for the instance's metadata travel {hops} hops: containers would get them where the guard is not set"))
            .turn(Turn::Platform)
            .remedy("`aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 1`, and the same in the launch template"),
        Looked::Missing => Finding::unknown(HOPS, format!("EC2 does not tell it of `{instance}`")),
        Looked::Forbidden { words, lacks } => {
            let statement = lacks.map(|(action, resource)| Statement {
                identity: String::new(),
                action,
                resource,
            });
            Finding::unknown(HOPS, words).statement(statement)
        }
        Looked::Unreachable(words) | Looked::Strange(words) => Finding::unknown(HOPS, words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_without_tokens_are_wrong_and_far_ones_are_told() {
        let state = |untokened| tokens(&untokened).state.name();
        assert_eq!(
            [Untokened::Nobody, Untokened::Refused, Untokened::Answered].map(state),
            ["not_looked_at", "ok", "fault"]
        );
        let state = |looked| hops("i-1", looked).state.name();
        assert_eq!(
            (state(Looked::Found(1)), state(Looked::Found(2))),
            ("ok", "warning")
        );
        assert_eq!(state(Looked::Missing), "unknown");
    }
}
