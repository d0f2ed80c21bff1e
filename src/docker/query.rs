//! A query string, percent-encoded.

/// `?a=b&c=d`, or nothing.
#[derive(Debug, Default)]
pub(super) struct Query(String);

impl Query {
    pub(super) fn add(&mut self, name: &str, value: &str) {
        self.0.push(if self.0.is_empty() { '?' } else { '&' });
        self.0.push_str(name);
        self.0.push('=');
        encode(&mut self.0, value, "");
    }

    pub(super) fn add_if(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// An image's name as a part of a path: slashes and the colon of a port stay (the engine's routes expect them so).
pub(super) fn path_part(name: &str) -> String {
    let mut text = String::new();
    encode(&mut text, name, "/:@");
    text
}

/// Source: RFC 3986, section 2.3.
fn encode(into: &mut String, value: &str, stays: &str) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                into.push(char::from(byte));
            }
            byte if stays.as_bytes().contains(&byte) => into.push(char::from(byte)),
            byte => into.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_value_reaches_the_request_unescaped() {
        let mut query = Query::default();
        query.add("t", "r.example:5000/a/b:1");
        query.add_if("target", None);
        query.add("x", "a b&c=d\r\nHost: e%+\u{e9}");
        assert_eq!(
            query.as_str(),
            "?t=r.example%3A5000%2Fa%2Fb%3A1&x=a%20b%26c%3Dd%0D%0AHost%3A%20e%25%2B%C3%A9"
        );
        assert_eq!(path_part("r:5000/a b?x"), "r:5000/a%20b%3Fx");
    }
}
