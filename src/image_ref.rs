//! An image reference: `[registry[:port]/]path[:tag][@digest]`, checked once at the door.
//!
//! Source of the grammar: the distribution project's `reference` package; lengths as the engine enforces them.

use std::fmt::{self, Display};
use std::str::FromStr;

/// The registry that no reference of a job may name: what its builds are called on the engine.
pub(crate) const PRIVATE_REGISTRY: &str = "baws.local";

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImageRef {
    /// Registry and path, as written.
    name: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl ImageRef {
    /// Whether only this host could know what is meant: the names that jobs' builds get, and an engine's image ids
    /// (`sha256:<64 hex digits>`), by which a job would reach what another project has built.
    pub(crate) fn is_of_this_host(&self) -> bool {
        let hexadecimal =
            |text: &str| text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit());
        let private = self
            .registry()
            .is_some_and(|host| host.eq_ignore_ascii_case(PRIVATE_REGISTRY));
        private || (self.name == "sha256" && self.tag.as_deref().is_some_and(hexadecimal))
    }

    /// The registry's host, with its port; `None`: Docker Hub.
    pub(crate) fn registry(&self) -> Option<&str> {
        self.split().0
    }

    /// Below the registry, such as `team/app`; of Docker Hub's own images without `library/`.
    pub(crate) fn repository(&self) -> &str {
        self.split().1
    }

    /// Registry and path, as written.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// As written: `None` where no tag stands, also where `latest` is meant.
    pub(crate) fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// `sha256:…`
    pub(crate) fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The same repository under another tag.
    pub(crate) fn tagged(&self, tag: &str) -> Result<Self, String> {
        check_tag(tag)?;
        Ok(ImageRef {
            name: self.name.clone(),
            tag: Some(tag.to_owned()),
            digest: None,
        })
    }

    /// With registry, `library/` and tag spelled out: one form for every way of writing the same image, and one that no
    /// engine takes for the beginning of an image's id.
    pub(crate) fn canonical(&self) -> Self {
        let repository = self.repository();
        let name = match self.registry() {
            None | Some("index.docker.io" | "docker.io") => match repository.contains('/') {
                true => format!("docker.io/{repository}"),
                false => format!("docker.io/library/{repository}"),
            },
            Some(host) => format!("{host}/{repository}"),
        };
        let tag = match (&self.tag, &self.digest) {
            (None, None) => Some("latest".to_owned()),
            (tag, _) => tag.clone(),
        };
        ImageRef {
            name,
            tag,
            digest: self.digest.clone(),
        }
    }

    fn split(&self) -> (Option<&str>, &str) {
        match self.name.split_once('/') {
            Some((first, rest)) if is_host(first) => (Some(first), rest),
            _ => (None, &self.name),
        }
    }

    /// Registry and path without port, tag and digest: what service aliases are made of.
    pub(crate) fn path_without_port(&self) -> String {
        match self.name.split_once('/') {
            Some((host, path)) => format!("{}/{path}", host.split(':').next().unwrap_or(host)),
            None => self.name.clone(),
        }
    }
}

impl FromStr for ImageRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if name.is_empty() {
            return Err("it names no repository".to_owned());
        }
        if name.len() > 255 {
            return Err("its name is longer than 255 characters".to_owned());
        }
        let mut parts = name.split('/').peekable();
        if let Some(first) = parts.peek().copied()
            && name.contains('/')
            && is_host(first)
        {
            check_host(first)?;
            parts.next();
        }
        parts.try_for_each(check_component)?;
        if let Some(tag) = tag {
            check_tag(tag)?;
        }
        if let Some(digest) = digest {
            check_digest(digest)?;
        }
        Ok(ImageRef {
            name: name.to_owned(),
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }
}

/// With `:latest` where neither tag nor digest was written.
impl Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match (&self.tag, &self.digest) {
            (None, None) => f.write_str(":latest"),
            (tag, digest) => {
                tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
                digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
            }
        }
    }
}

/// Source: distribution's `reference/normalize.go`, `splitDockerDomain`.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost"
}

fn check_host(host: &str) -> Result<(), String> {
    let (name, port) = host
        .split_once(':')
        .map_or((host, None), |(name, port)| (name, Some(port)));
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let port_fits = port.is_none_or(|port| !port.is_empty() && port.parse::<u16>().is_ok());
    if name.split('.').all(label) && port_fits {
        Ok(())
    } else {
        Err(format!("`{}` is no registry host", host.escape_debug()))
    }
}

fn check_component(part: &str) -> Result<(), String> {
    let allowed =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    let edges = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    if part.chars().any(|c| c.is_ascii_uppercase()) {
        return Err(format!(
            "`{}` has upper-case letters; repositories are lower-case",
            part.escape_debug()
        ));
    }
    let sound =
        part.chars().all(allowed) && edges(part.chars().next()) && edges(part.chars().next_back());
    if sound && !part.contains("..") {
        Ok(())
    } else {
        Err(format!(
            "`{}` is no part of a repository's path",
            part.escape_debug()
        ))
    }
}

fn check_tag(tag: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let sound = !tag.is_empty()
        && tag.len() <= 128
        && tag.chars().all(allowed)
        && !tag.starts_with(['.', '-']);
    if sound {
        Ok(())
    } else {
        Err(format!("`{}` is no tag", tag.escape_debug()))
    }
}

fn check_digest(digest: &str) -> Result<(), String> {
    let hex = digest.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
    let sound = hex.is_some_and(|hex| hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')));
    if sound {
        Ok(())
    } else {
        Err(format!(
            "`{}` is no digest of the form `sha256:<64 hex digits>`",
            digest.escape_debug()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_kept_and_completed() {
        for (text, shown) in [
            ("busybox", "busybox:latest"),
            ("a/b_c:1", "a/b_c:1"),
            ("a:A..", "a:A.."),
            (
                "registry.example:5000/team/app",
                "registry.example:5000/team/app:latest",
            ),
            (
                "localhost/x@sha256:07c4b146f3ae39a25bd807c4b146f3ae39a25bd807c4b146f3ae39a25bd80000",
                "",
            ),
        ] {
            let shown = if shown.is_empty() { text } else { shown };
            assert_eq!(text.parse::<ImageRef>().unwrap().to_string(), shown);
        }
        let with_port: ImageRef = "registry.example:5000/team/app:1".parse().unwrap();
        assert_eq!(with_port.path_without_port(), "registry.example/team/app");
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in [
            "",
            ":1",
            "../x",
            "a b",
            "A/b",
            "$(x)",
            "a:",
            "a:b c",
            "a@sha256:12",
            "-x",
            "a//b",
            "a/../b",
            "h:99999/x",
            "x\ny",
        ] {
            assert!(text.parse::<ImageRef>().is_err(), "{text:?}");
        }
    }

    proptest::proptest! {
        /// What a job may write is refused, or is one name that stays the same however often it is read.
        #[test]
        fn fuzz_references(text in "[a-zA-Z0-9./:@_\\-]{0,40}(@sha256:[0-9a-f]{63,65})?|\\PC{0,60}") {
            if let Ok(read) = text.parse::<ImageRef>() {
                let shown = read.to_string();
                proptest::prop_assert_eq!(&shown.parse::<ImageRef>(), &Ok(read.clone()).map(|read: ImageRef| ImageRef {
                    tag: read.tag.or_else(|| read.digest.is_none().then(|| "latest".to_owned())),
                    ..read
                }));
                proptest::prop_assert!(shown.bytes().all(|c| c.is_ascii_graphic()), "{shown:?}");
                // A tag may end so.
                let name = read.name();
                proptest::prop_assert!(!name.contains("..") && !name.contains("//"), "{shown:?}");
                proptest::prop_assert_eq!(read.canonical().canonical(), read.canonical());
            }
        }
    }
}
