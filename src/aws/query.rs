//! One signed call of a service that speaks no JSON: a form goes out, and XML comes back.
//!
//! Source: "Query requests" of the EC2 and IAM API references.

use super::call::{Call, one_line};
use super::json::{Service, signed};
use super::{Aws, Failure};

impl Aws {
    /// The answer's XML. `call` is asked for once more where the call fails.
    pub(super) async fn query(
        &self,
        service: Service,
        (url, region): (&str, &str),
        call: impl Fn() -> Call,
        form: &[(String, String)],
    ) -> Result<String, Failure> {
        let credentials = match self.held.credentials().await {
            Ok(credentials) => credentials,
            Err(error) => return Err(call().no_credentials(&error)),
        };
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let body = encoded(form, service.version);
        let request = signed(
            service,
            region,
            url,
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
            return Ok(text);
        }
        let code = element(&text, "Code").map(str::to_owned);
        let message = one_line(element(&text, "Message").unwrap_or("no message"));
        let id = ["RequestID", "RequestId"]
            .iter()
            .find_map(|name| element(&text, name));
        Err(call().answered(code, message, id.map(str::to_owned), status))
    }
}

fn encoded(form: &[(String, String)], version: &str) -> String {
    let mut url = reqwest::Url::parse("https://form.invalid/").expect("it is one");
    url.query_pairs_mut()
        .extend_pairs(form)
        .append_pair("Version", version);
    url.query().unwrap_or_default().to_owned()
}

/// The text of the first element of this name that holds nothing but text.
pub(super) fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>"))
        .map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_found_by_its_name() {
        let text = "<a><httpTokens>required</httpTokens><hop>2</hop></a>";
        assert_eq!(element(text, "hop"), Some("2"));
        assert_eq!(element(text, "none"), None);
        assert_eq!(element("<hop>2", "hop"), None);
    }

    #[test]
    fn a_form_says_its_version_and_holds_what_others_wrote_as_text() {
        let form = [("InstanceId.1".to_owned(), "i&Action=x".to_owned())];
        assert_eq!(encoded(&form, "1"), "InstanceId.1=i%26Action%3Dx&Version=1");
    }
}
