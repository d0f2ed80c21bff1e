//! A repository's address without the name and password that may be in it.

pub(super) struct Remote {
    pub(super) url: String,
    /// `scheme://host[:port]`, for addresses over HTTP.
    pub(super) host: Option<String>,
    /// What was taken out.
    pub(super) password: Option<String>,
}

impl Remote {
    pub(super) fn of(url: &str) -> Self {
        let http = url
            .split_once("://")
            .filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
        let Some((scheme, rest)) = http else {
            return Remote {
                url: url.to_owned(),
                host: None,
                password: None,
            };
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let password = user
            .split_once(':')
            .map(|(_, password)| password.to_owned());
        Remote {
            url: format!("{scheme}://{host}/{path}"),
            host: Some(format!("{scheme}://{host}")),
            password,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Remote;

    #[test]
    fn addresses_lose_their_secrets() {
        let remote = Remote::of("https://me:secret@git.example.test:8443/a/b.git");
        assert_eq!(remote.url, "https://git.example.test:8443/a/b.git");
        assert_eq!(
            (remote.host.as_deref(), remote.password.as_deref()),
            (Some("https://git.example.test:8443"), Some("secret"))
        );
        assert_eq!(
            Remote::of("git@git.example.test:a/b.git").url,
            "git@git.example.test:a/b.git"
        );
    }
}
