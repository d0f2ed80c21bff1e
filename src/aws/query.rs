//! One signed call of an AWS service that speaks the query protocol: a form goes out, XML comes back.
//!
//! Source: AWS Query protocol (Smithy specification).

use super::Aws;
use super::call::{Call, one_line};
use super::failure::Failure;
use super::post::{Endpoint, seat_of_iam};
use crate::env::Var;

/// A service that is called so.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueryService {
    /// In host names, signatures and IAM's actions.
    pub(super) name: &'static str,
    version: &'static str,
    endpoint: Var,
}

pub(super) const CLOUDFORMATION: QueryService = QueryService {
    name: "cloudformation",
    version: "2010-05-15",
    endpoint: Var::AwsEndpointUrlCloudformation,
};

pub(super) const EC2: QueryService = QueryService {
    name: "ec2",
    version: "2016-11-15",
    endpoint: Var::AwsEndpointUrlEc2,
};
/// One for each partition, see [`super::post`].
pub(super) const IAM: QueryService = QueryService {
    name: "iam",
    version: "2010-05-08",
    endpoint: Var::AwsEndpointUrlIam,
};
pub(super) const AUTOSCALING: QueryService = QueryService {
    name: "autoscaling",
    version: "2011-01-01",
    endpoint: Var::AwsEndpointUrlAutoScaling,
};

impl Aws {
    pub(super) fn query_call(
        &self,
        service: QueryService,
        action: &'static str,
        resource: String,
        doing: String,
    ) -> Call {
        Call {
            service: service.name,
            action,
            resource,
            region: self.region.clone(),
            role: self.role.clone(),
            doing,
        }
    }

    /// What `read` makes of the answer; `None` of it: it has not what it must have.
    pub(super) async fn query<T>(
        &self,
        service: QueryService,
        call: Call,
        parameters: &[(&str, &str)],
        read: impl FnOnce(roxmltree::Node<'_, '_>) -> Option<T>,
    ) -> Result<T, Failure> {
        let mut form = format!("Action={}&Version={}", call.action, service.version);
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", encoded(value)));
        }
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let region = match service.name {
            "iam" => seat_of_iam(&self.region).to_owned(),
            _ => self.region.clone(),
        };
        let place = Endpoint {
            name: service.name,
            region: &region,
            own: service.endpoint,
        };
        let (call, answered) = self
            .posted(place, call, &headers, form.into_bytes())
            .await?;
        let text = String::from_utf8_lossy(&answered.body);
        // Without a document type: no entity of anybody's is expanded.
        let document = roxmltree::Document::parse(&text);
        if answered.status == 200 {
            let read = document.ok().and_then(|all| read(all.root_element()));
            return read.ok_or_else(|| call.malformed("the answer is not the XML it has to be"));
        }
        let (code, message) = match &document {
            Ok(all) => {
                let root = all.root_element();
                (deep(root, "Code"), deep(root, "Message"))
            }
            Err(_) => (None, None),
        };
        let message = one_line(&message.unwrap_or_else(|| "no message".to_owned()));
        Err(call.answered(code, message, answered.request_id, answered.status))
    }
}

/// The text of the first element of that name, however deep.
pub(super) fn deep(node: roxmltree::Node<'_, '_>, name: &str) -> Option<String> {
    let found = node.descendants().find(|one| one.tag_name().name() == name);
    found.and_then(|one| one.text()).map(str::to_owned)
}

/// The text of a child.
pub(super) fn child(node: roxmltree::Node<'_, '_>, name: &str) -> Option<String> {
    let found = node.children().find(|one| one.tag_name().name() == name);
    found.and_then(|one| one.text()).map(str::to_owned)
}

/// The members of the list of that name, however deep the list is.
pub(super) fn members<'a, 'input>(
    node: roxmltree::Node<'a, 'input>,
    list: &str,
) -> Vec<roxmltree::Node<'a, 'input>> {
    let list = node.descendants().find(|one| one.tag_name().name() == list);
    let members = list.into_iter().flat_map(|list| list.children());
    members
        .filter(|one| one.tag_name().name() == "member")
        .collect()
}

/// As a value of a form. Source: RFC 3986, "Unreserved Characters".
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_of_a_form_is_one_value() {
        assert_eq!(encoded("a&b=c d/ä"), "a%26b%3Dc%20d%2F%C3%A4");
    }
}
