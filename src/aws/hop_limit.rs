//! How an instance of EC2 hands out its metadata. Source: EC2 API reference, `DescribeInstances`,
//! `InstanceMetadataOptionsResponse`.

use super::failure::if_any;
use super::post::{Endpoint, url};
use super::query::{EC2, deep};
use super::{Aws, Failure};
use crate::env::Var;

impl Aws {
    /// Where a clock of AWS's can be read, without credentials.
    pub(crate) fn address(&self) -> String {
        url(Endpoint {
            name: "ssm",
            region: &self.region,
            own: Var::AwsEndpointUrlSsm,
        })
    }

    /// How many hops the answer with a token may travel; `None`: there is no such instance.
    pub(crate) async fn hop_limit(&self, instance: &str) -> Result<Option<u32>, Failure> {
        let doing = format!("look at the instance `{instance}`");
        let call = self.query_call(EC2, "DescribeInstances", "*".to_owned(), doing);
        let read = |root: roxmltree::Node<'_, '_>| {
            let limit = deep(root, "httpPutResponseHopLimit");
            Some(limit.and_then(|limit| limit.trim().parse().ok()))
        };
        let parameters = [("InstanceId.1", instance)];
        let found = if_any(self.query(EC2, call, &parameters, read)).await?;
        Ok(found.flatten())
    }
}
