//! Where a registry is: its name, its URLs, and which of them may be without TLS.

use std::net::IpAddr;
use std::sync::OnceLock;

use reqwest::Url;

use crate::ecr_host::EcrHost;
use crate::error::{Cause, Error, Result};

/// Docker Hub's API has another name than its images. Source: distribution's `reference/normalize.go` and moby's registry package.
const HUB: [&str; 4] = [
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
];
const HUB_API: &str = "registry-1.docker.io";

pub(super) struct Address {
    host: String,
    /// Host and port that are connected to.
    authority: String,
    ecr: Option<EcrHost>,
    locality: Locality,
    /// Found out by the first request to a host of this machine; everywhere else `https`.
    scheme: OnceLock<&'static str>,
}

/// Whether the registry is on this machine, where Docker too allows plain HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locality {
    ThisMachine,
    Elsewhere,
}

impl Address {
    pub(super) fn of(host: &str) -> Result<Self> {
        let authority = if HUB.contains(&host) { HUB_API } else { host };
        let wrong = || {
            Error::usage(format!("`{}` is no registry host", host.escape_debug())).caused_by(
                Cause::line("a host, with `:port` where it has one, is expected"),
            )
        };
        let url = Url::parse(&format!("https://{authority}/")).map_err(|_| wrong())?;
        let plain = url.username().is_empty() && url.password().is_none() && url.path() == "/";
        let written = url
            .host_str()
            .is_some_and(|name| authority.starts_with(name));
        if !plain || !written || url.query().is_some() || url.fragment().is_some() {
            return Err(wrong());
        }
        Ok(Address {
            host: host.to_owned(),
            authority: authority.to_owned(),
            ecr: authority.parse().ok(),
            locality: locality(&url),
            scheme: OnceLock::new(),
        })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn ecr(&self) -> Option<&EcrHost> {
        self.ecr.as_ref()
    }

    pub(super) fn locality(&self) -> Locality {
        self.locality
    }

    /// The schemes to try, in order, until one is known.
    pub(super) fn schemes(&self) -> &'static [&'static str] {
        match (self.scheme.get(), self.locality) {
            (Some(&"http"), _) => &["http"],
            (Some(_), _) | (None, Locality::Elsewhere) => &["https"],
            (None, Locality::ThisMachine) => &["https", "http"],
        }
    }

    pub(super) fn scheme_is(&self, scheme: &'static str) {
        let _ = self.scheme.set(scheme);
    }

    /// Below `/v2/`.
    pub(super) fn url(&self, path: &str) -> Result<Url, String> {
        let scheme = self.schemes()[0];
        Url::parse(&format!("{scheme}://{}/v2/{path}", self.authority))
            .map_err(|error| error.to_string())
    }

    /// Whether a URL leads to this registry: only there goes its login.
    pub(super) fn owns(&self, url: &Url) -> bool {
        self.url("").is_ok_and(|own| {
            own.host() == url.host()
                && own.port_or_known_default() == url.port_or_known_default()
                && own.scheme() == url.scheme()
        })
    }

    /// Whether a URL names this registry's host and port, under whatever scheme.
    pub(super) fn is_host_of(&self, url: &Url) -> bool {
        let own = self.url("");
        own.is_ok_and(|own| own.host() == url.host() && own.port() == url.port())
    }

    /// The repository as the registry knows it: Docker Hub's own images stand in `library`.
    pub(super) fn repository(&self, name: &str) -> String {
        if self.authority == HUB_API && !name.contains('/') {
            format!("library/{name}")
        } else {
            name.to_owned()
        }
    }
}

/// Source: moby's `registry/config.go`: `localhost` and 127.0.0.0/8 count as insecure registries.
fn locality(url: &Url) -> Locality {
    let name = url.host_str().unwrap_or_default();
    let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
    if name == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        Locality::ThisMachine
    } else {
        Locality::Elsewhere
    }
}

/// An address that a stranger must not send us to: this machine, its links, and where clouds keep metadata and keys.
pub(super) fn is_ours(address: IpAddr) -> bool {
    /// Source: EC2 user guide, "IPv6 address of the instance metadata service": fd00:ec2::254.
    const METADATA: [u16; 2] = [0xfd00, 0x0ec2];
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_broadcast()
        }
        IpAddr::V6(v6) => {
            let first = &v6.segments()[..2];
            v6.is_loopback()
                || v6.is_unspecified()
                || first[0] & 0xffc0 == 0xfe80
                || first == METADATA
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_and_nothing_else() {
        let hub = Address::of("docker.io").unwrap();
        assert_eq!(
            hub.url("x").unwrap().as_str(),
            "https://registry-1.docker.io/v2/x"
        );
        assert_eq!(
            (hub.repository("busybox"), hub.repository("a/b")),
            ("library/busybox".to_owned(), "a/b".to_owned())
        );
        assert!(
            Address::of("123456789012.dkr.ecr.eu-west-1.amazonaws.com")
                .unwrap()
                .ecr()
                .is_some()
        );
        for host in [
            "",
            "a b",
            "user:pw@host",
            "host/path",
            "host?x",
            "host#x",
            "//x",
            "host:99999",
        ] {
            assert!(Address::of(host).is_err(), "{host}");
        }
    }

    #[test]
    fn only_this_machine_may_do_without_tls() {
        for (host, schemes) in [
            ("localhost:5000", 2),
            ("127.0.0.1:5000", 2),
            ("127.8.9.1", 2),
            ("[::1]:5000", 2),
            ("localhost.example", 1),
            ("10.0.0.1:5000", 1),
            ("registry.example", 1),
        ] {
            assert_eq!(
                Address::of(host).unwrap().schemes().len(),
                schemes,
                "{host}"
            );
        }
        let found = Address::of("localhost:5000").unwrap();
        found.scheme_is("http");
        assert_eq!(found.url("").unwrap().as_str(), "http://localhost:5000/v2/");
    }

    #[test]
    fn a_login_goes_to_its_own_host_only() {
        let address = Address::of("registry.example").unwrap();
        let owns = |url: &str| address.owns(&Url::parse(url).unwrap());
        assert!(owns("https://registry.example/v2/x") && owns("https://registry.example:443/"));
        assert!(
            !owns("http://registry.example/")
                && !owns("https://registry.example:444/")
                && !owns("https://x.example/")
        );
    }

    #[test]
    fn the_machines_own_addresses_are_known() {
        for address in [
            "127.0.0.1",
            "169.254.169.254",
            "169.254.170.2",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_ours(address.parse().unwrap()), "{address}");
        }
        for address in ["10.0.0.1", "203.0.113.11", "2001:db8::1", "fd00:ec3::1"] {
            assert!(!is_ours(address.parse().unwrap()), "{address}");
        }
    }
}
