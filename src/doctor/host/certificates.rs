//! The certificates that this process trusts, where a file of its own names them.

use crate::doctor::finding::{Finding, Kind, Turn};
use crate::env::Var;

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";

pub(super) fn trusted() -> Finding {
    let Some(path) = Var::SslCertFile.path() else {
        return Finding::ok(
            "host.certificates",
            "the system's own certificates are trusted",
        );
    };
    let text = std::fs::read(&path).map_err(|error| error.to_string());
    let shown = path.display().to_string();
    decide(
        &shown,
        text.map(|bytes| String::from_utf8_lossy(&bytes).matches(BEGIN).count()),
    )
}

/// `found`: how many are in the file.
fn decide(path: &str, found: Result<usize, String>) -> Finding {
    let code = "host.certificates";
    let wrong = |kind, told: String| {
        Finding::fault(code, kind, told)
            .turn(Turn::Host)
            .remedy("name a file with certificates in PEM by SSL_CERT_FILE; without it the system's own are trusted")
    };
    match found {
        Ok(0) => wrong(
            Kind::Wrong,
            format!("SSL_CERT_FILE names `{path}`, which holds no certificate: nobody is trusted"),
        ),
        Ok(count) => Finding::ok(
            code,
            format!("{count} certificates of `{path}` are trusted (SSL_CERT_FILE)"),
        ),
        Err(why) => wrong(
            Kind::Missing,
            format!("SSL_CERT_FILE names `{path}`, which cannot be read: {why}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_trusts_nobody() {
        assert_eq!(decide("f", Ok(0)).kind(), Some(Kind::Wrong));
        assert_eq!(
            decide("f", Err("no".to_owned())).kind(),
            Some(Kind::Missing)
        );
        assert_eq!(decide("f", Ok(1)).kind(), None);
    }
}
