//! What a call's headers say.

use hyper::header::{HeaderMap, HeaderValue};

/// The values of one name in a call's metadata. Source: moby/buildkit `session/filesync/filesync.go`, `decodeOpts`:
/// values that are not ASCII come as a URL's query would have them, and `NAME-encoded` says so.
pub(super) fn values(headers: &HeaderMap, name: &str) -> Vec<String> {
    let encoded = headers.contains_key(format!("{name}-encoded"));
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let values = headers.get_all(name).iter().map(text);
    match encoded {
        true => values.map(|value| decode(&value)).collect(),
        false => values.collect(),
    }
}

fn decode(value: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), value.as_bytes());
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = behind
            .get(..2)
            .filter(|_| first == b'%')
            .and_then(|digits| str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (escaped, first) {
            (Some(byte), _) => {
                bytes.push(byte);
                rest = &behind[2..];
                continue;
            }
            (None, b'+') => bytes.push(b' '),
            (None, other) => bytes.push(other),
        }
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_decoded_where_it_says_that_it_is_encoded() {
        let mut headers = HeaderMap::new();
        headers.append("followpaths", HeaderValue::from_static("a%20+b"));
        headers.append("followpaths", HeaderValue::from_static("%C3%A9%"));
        assert_eq!(values(&headers, "followpaths"), ["a%20+b", "%C3%A9%"]);
        headers.append("followpaths-encoded", HeaderValue::from_static("1"));
        assert_eq!(values(&headers, "followpaths"), ["a  b", "\u{e9}%"]);
        assert!(values(&headers, "dir-name").is_empty());
    }
}
