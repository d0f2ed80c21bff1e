//! How an instance of EC2 hands out its metadata. Source: EC2 API reference, `DescribeInstances`,
//! `InstanceMetadataOptionsResponse`.

use super::json::{SSM, Service, endpoint};
use super::query::element;
use super::{Aws, Failure, Reason};
use crate::env::Var;

const EC2: Service = Service {
    name: "ec2",
    target: "",
    version: "2016-11-15",
    endpoint: Var::AwsEndpointUrlEc2,
};

impl Aws {
    /// Where a clock of AWS's can be read, without credentials.
    pub(crate) fn address(&self) -> String {
        endpoint(SSM, &self.region)
    }

    /// How many hops the answer with a token may travel; `None`: there is no such instance.
    pub(crate) async fn hop_limit(&self, instance: &str) -> Result<Option<u32>, Failure> {
        let call = || {
            self.json_call(
                EC2,
                "DescribeInstances",
                "*".to_owned(),
                format!("look at the instance `{instance}`"),
            )
        };
        let form = [("Action", "DescribeInstances"), ("InstanceId.1", instance)];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let url = endpoint(EC2, &self.region);
        match self.query(EC2, (&url, &self.region), call, &form).await {
            Ok(text) => {
                let limit = element(&text, "httpPutResponseHopLimit");
                Ok(limit.and_then(|limit| limit.trim().parse().ok()))
            }
            Err(failure) if failure.reason == Reason::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}
