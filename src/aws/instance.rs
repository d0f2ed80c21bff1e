//! How an instance of EC2 hands out its metadata. EC2 speaks no JSON: a form goes out, and XML comes back.
//!
//! Source: EC2 API reference, `DescribeInstances`, `InstanceMetadataOptionsResponse`; "Query requests".

use super::call::one_line;
use super::json::{SSM, Service, endpoint, signed};
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
        let credentials = match self.held.credentials().await {
            Ok(credentials) => credentials,
            Err(error) => return Err(call().no_credentials(&error)),
        };
        let url = endpoint(EC2, &self.region);
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let sound: String = instance
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        let body = format!(
            "Action=DescribeInstances&Version={}&InstanceId.1={sound}",
            EC2.version
        );
        let request = signed(
            EC2,
            &self.region,
            &url,
            &headers,
            body.as_bytes(),
            &credentials,
        )
        .map_err(|why| call().unmade(&why))?;
        let http = self.http().map_err(|error| call().unsent(&error))?;
        let sent = async {
            let response = http.execute(request).await?;
            Ok::<_, reqwest::Error>((response.status().as_u16(), response.text().await?))
        };
        let (status, text) = sent.await.map_err(|error| call().unsent(&error))?;
        if status == 200 {
            let limit = element(&text, "httpPutResponseHopLimit");
            return Ok(limit.and_then(|limit| limit.trim().parse().ok()));
        }
        let code = element(&text, "Code").map(str::to_owned);
        let message = one_line(element(&text, "Message").unwrap_or("no message"));
        let id = element(&text, "RequestID").map(str::to_owned);
        match call().answered(code, message, id, status) {
            failure if failure.reason == Reason::NotFound => Ok(None),
            failure => Err(failure),
        }
    }
}

/// The text of the first element of this name that holds nothing but text.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>"))
        .map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn an_element_is_found_by_its_name() {
        let text = "<a><httpTokens>required</httpTokens><hop>2</hop></a>";
        assert_eq!(element(text, "hop"), Some("2"));
        assert_eq!(element(text, "none"), None);
        assert_eq!(element("<hop>2", "hop"), None);
    }
}
