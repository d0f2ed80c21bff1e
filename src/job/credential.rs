//! A login for a registry, as GitLab sends it with a job.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Source: gitlab-runner `common/spec/spec.go`, `Credentials`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Credential {
    /// `registry` is the only kind that concerns images.
    #[serde(default, rename = "type")]
    kind: String,
    /// Host, with a port where there is one, and perhaps the beginning of a path.
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) username: String,
    #[serde(default)]
    pub(crate) password: Secret,
}

impl Credential {
    /// A login for a registry that did not come with a job.
    pub(crate) fn of(host: &str, username: &str, password: Secret) -> Self {
        Credential {
            kind: "registry".to_owned(),
            url: host.to_owned(),
            username: username.to_owned(),
            password,
        }
    }
}

/// A value that cannot be printed.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value, for the one call that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The login for an image: the one whose address is the longest beginning of its name.
pub(crate) fn login_for(credentials: &[Credential], image: &str) -> Option<Credential> {
    let fits = |one: &&Credential| {
        let rest = image.strip_prefix(one.url.trim_end_matches('/'));
        one.kind == "registry" && rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let longest = credentials
        .iter()
        .filter(fits)
        .max_by_key(|one| one.url.len());
    longest.cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_address_wins_and_a_mere_beginning_of_a_host_does_not() {
        let text = r#"[{"type":"registry","url":"r.example","username":"a","password":"s3cret"},
            {"type":"registry","url":"r.example/team","username":"b","password":"s3cret"},
            {"type":"other","url":"x.example","username":"c","password":"s3cret"}]"#;
        let all: Vec<Credential> = serde_json::from_str(text).unwrap();
        let who = |image: &str| login_for(&all, image).map(|login| login.username);
        assert_eq!(who("r.example/app:1"), Some("a".to_owned()));
        assert_eq!(who("r.example/team/app:1"), Some("b".to_owned()));
        assert_eq!(who("r.example.evil/app"), None);
        assert_eq!(who("x.example/app"), None);
        assert!(!format!("{all:?}").contains("s3cret"));
    }
}
