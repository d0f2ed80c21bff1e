//! Labels and tags that tell where an image comes from.
//!
//! Source: OCI image specification, annotations. In a job they are the job's own word, as all of its variables are.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::env::Var;
use crate::error::{Error, Result};
use crate::image_ref::ImageRef;
use crate::job::label;

/// Labels of what the environment tells; where it tells nothing, none.
pub(crate) fn of_environment() -> BTreeMap<String, String> {
    let labels = [
        ("org.opencontainers.image.revision", Var::CiCommitSha),
        ("org.opencontainers.image.source", Var::CiProjectUrl),
        // Of the commit: the same commit gives the same image.
        ("org.opencontainers.image.created", Var::CiCommitTimestamp),
        (label::JOB_URL, Var::CiJobUrl),
    ];
    labels
        .into_iter()
        .filter_map(|(name, var)| Some((name.to_owned(), var.text()?)))
        .collect()
}

/// Whether a label tells of the commit or the job, and nothing of what is in the image.
pub(super) fn is_volatile(name: &str) -> bool {
    [
        "org.opencontainers.image.revision",
        "org.opencontainers.image.created",
        label::JOB_URL,
    ]
    .contains(&name)
}

/// Adds a tag of each kind to each repository.
///
/// # Errors
/// `Usage` for an unknown kind, or one that the environment tells nothing about.
pub(crate) fn with_tags(names: &[String], kinds: &[String]) -> Result<Vec<String>> {
    if kinds.is_empty() {
        return Ok(names.to_vec());
    }
    let mut repositories: Vec<ImageRef> = Vec::new();
    let mut all = Vec::new();
    for name in names {
        let image = super::owner::reference(name, "the tag")?;
        // A name without a tag says only where the others go.
        if image.tag().is_some() {
            all.push(name.clone());
        }
        if repositories
            .iter()
            .all(|known| known.name() != image.name())
        {
            repositories.push(image);
        }
    }
    for kind in kinds {
        let tag = tag(kind)?;
        for repository in &repositories {
            let image = repository
                .tagged(&tag)
                .map_err(|why| Error::usage(format!("`{tag}` cannot be a tag: {why}")))?;
            all.push(image.to_string());
        }
    }
    Ok(all)
}

fn tag(kind: &str) -> Result<String> {
    let from = |var: Var| {
        var.text().ok_or_else(|| {
            Error::usage(format!(
                "there is no tag of the kind `{kind}`: {} is not set",
                var.name()
            ))
            .hint("outside a pipeline give the tag yourself: `-t repository:tag`")
        })
    };
    match kind {
        "commit" => from(Var::CiCommitSha),
        "short" => from(Var::CiCommitShortSha),
        "latest" => Ok("latest".to_owned()),
        "time" => Ok(time()),
        other => Err(Error::usage(format!("`{other}` is no kind of tag"))
            .hint("write `commit`, `short`, `latest` or `time`")),
    }
}

/// `MM-DD-YYYY_HH-MM-SS`, UTC: what existing deployments of the platform look for.
fn time() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    stamp(now)
}

fn stamp(unix_secs: u64) -> String {
    let seconds = i64::try_from(unix_secs).unwrap_or(0);
    let at = time::OffsetDateTime::from_unix_timestamp(seconds)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:02}-{:02}-{:04}_{:02}-{:02}-{:02}",
        u8::from(at.month()),
        at.day(),
        at.year(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_added_to_every_repository_once() {
        let names = ["r.example/a".to_owned(), "r.example/b:1".to_owned()];
        let kinds = ["latest".to_owned()];
        assert_eq!(
            with_tags(&names, &kinds).unwrap(),
            ["r.example/b:1", "r.example/a:latest", "r.example/b:latest"]
        );
        assert_eq!(with_tags(&names, &[]).unwrap(), names);
        assert!(with_tags(&names, &["weekly".to_owned()]).is_err());
    }

    #[test]
    fn the_time_reads_as_the_platform_writes_it() {
        assert_eq!(stamp(1_700_000_000), "11-14-2023_22-13-20");
    }
}
