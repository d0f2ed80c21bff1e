//! Whose images these are on this host, and what they are called there.
//!
//! An engine has one space of names that everybody on it reads and writes. A job's images therefore get names that only
//! its own project, on its own side of protection, can say: what a job calls `node:20` is never what the next one gets.
//! A caller outside a job is on their own machine and gets the names they ask for.

use crate::digest::digest;
use crate::error::{Cause, Error, Result};
use crate::image_ref::{ImageRef, PRIVATE_REGISTRY};

/// What the names of all jobs' images begin with.
pub(crate) const PRIVATE_NAMES: &str = "baws.local/";
/// As the engine enforces it for a name with its registry.
const LONGEST_NAME: usize = 255;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Caller,
    /// The key of one project on one side of protection.
    Project(String),
}

impl Owner {
    /// The engine's name for an image of this owner.
    pub(crate) fn local(&self, image: &ImageRef) -> String {
        match self {
            Owner::Caller => image.to_string(),
            Owner::Project(key) => {
                let canonical = image.canonical();
                let path = canonical.name().to_lowercase().replace(':', "_");
                let tag = canonical.tag().unwrap_or("latest").to_owned();
                let name = format!("{PRIVATE_REGISTRY}/{key}/{path}");
                let name = if name.len() <= LONGEST_NAME {
                    name
                } else {
                    format!("{PRIVATE_REGISTRY}/{key}/{}", digest([&path]))
                };
                format!("{name}:{tag}")
            }
        }
    }

    /// The value that keeps this owner's cached layers apart from everybody else's; `None`: the caller shares with
    /// themselves.
    pub(crate) fn cache_key(&self) -> Option<&str> {
        match self {
            Owner::Caller => None,
            Owner::Project(key) => Some(key),
        }
    }
}

/// A reference as it was given.
///
/// # Errors
/// `Usage` for what is no reference, `Refused` for names that are private to this host.
pub(crate) fn reference(text: &str, what: &str) -> Result<ImageRef> {
    let image: ImageRef = text.parse().map_err(|why: String| {
        Error::usage(format!(
            "{what} `{}` is no image reference",
            text.escape_debug()
        ))
        .caused_by(Cause::line(why))
        .hint("write it as `[registry/]path[:tag]`; a variable in it that is not set becomes empty")
    })?;
    if image.is_of_this_host() {
        return Err(
            Error::refused(format!("{what} `{image}` is private to this host"))
                .hint("use the name under which the image was built or pushed"),
        );
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(text: &str) -> ImageRef {
        text.parse().unwrap()
    }

    #[test]
    fn a_jobs_image_has_a_name_that_only_its_side_can_say() {
        let one = Owner::Project("0123456789abcdef".to_owned());
        assert_eq!(
            one.local(&image("node:20")),
            "baws.local/0123456789abcdef/docker.io/library/node:20"
        );
        assert_eq!(
            one.local(&image("docker.io/library/node:20")),
            one.local(&image("node:20"))
        );
        assert_eq!(
            one.local(&image("localhost:5000/a/b")),
            "baws.local/0123456789abcdef/localhost_5000/a/b:latest"
        );
        let long = one.local(&image(&format!("r.example/{}:1", ["x"; 110].join("/"))));
        assert!(long.parse::<ImageRef>().is_ok(), "{long}");
        assert_eq!(Owner::Caller.local(&image("node:20")), "node:20");
    }

    #[test]
    fn private_names_cannot_be_said() {
        assert!(reference("baws.local/0123456789abcdef/x:1", "the base").is_err());
        assert!(reference("$REPO:x", "-t").is_err());
        assert!(reference("x:1", "-t").is_ok());
    }
}
