//! `template publish`: the templates, and what the operator keeps beside them, into the reference repository, as one commit and a
//! tag that never moves.
//!
//! Below the directories that are published is exactly what was given; everything else of the repository stays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::json;

use super::blob::blob_id;
use super::edition::{Edition, belongs};
use super::fit::{outdated, sound, unmoved};
use super::published::Published;
use super::reference::{self, Content, Files, Places};
use super::version::Version;
use crate::error::{Error, Result};
use crate::gitlab::{Action, Blob, Failure, Gitlab, Group, Of, Onto, Project, Settings, Tree};

const ROUNDS: usize = 4;

/// What to publish, and where.
pub(crate) struct Publication<'a> {
    pub(crate) project: &'a str,
    pub(crate) edition: &'a Edition,
    /// The operator's own files.
    pub(crate) beside: Option<&'a Path>,
    pub(crate) places: Places,
    pub(crate) dry_run: bool,
}

/// # Errors
/// `Usage` for files that are not fit; `Precondition` where that version is published with other contents.
pub(crate) async fn publish(publication: &Publication<'_>, gitlab: &Gitlab) -> Result<Published> {
    let edition = publication.edition;
    sound(edition)?;
    let mut wanted: Files = edition
        .files
        .iter()
        .map(|(path, bytes)| {
            (
                path.clone(),
                Content {
                    bytes: bytes.clone(),
                    executable: false,
                },
            )
        })
        .collect();
    if let Some(directory) = publication.beside {
        wanted.extend(reference::read(directory, &publication.places)?);
    }
    let mut done = Published::default();
    let mut last: Option<Failure> = None;
    for _ in 0..ROUNDS {
        match round(publication, &wanted, gitlab, &mut done).await {
            Ok(()) => return Ok(done),
            Err(Ended::For(error)) => return Err(error),
            // What is there is read again: it may be done, or somebody was faster.
            Err(Ended::Odd(failure)) if failure.may_have_landed() || last.is_none() => {
                last = Some(failure)
            }
            Err(Ended::Odd(failure)) => return Err(failure.into()),
        }
    }
    Err(last.map_or_else(
        || Error::system("GitLab's answers do not come to rest"),
        Error::from,
    ))
}

enum Ended {
    For(Error),
    Odd(Failure),
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Ended::Odd(failure)
    }
}

async fn round(
    publication: &Publication<'_>,
    wanted: &Files,
    gitlab: &Gitlab,
    done: &mut Published,
) -> Result<(), Ended> {
    let path = publication.project;
    let project = match gitlab.project(&Of::Path(path)).await? {
        Some(project) => project,
        None if publication.dry_run => {
            place(gitlab, path).await?;
            done.makes_project = true;
            done.created = wanted.keys().cloned().collect();
            done.tagged = true;
            return Ok(());
        }
        None => {
            let made = make(gitlab, path).await?;
            done.makes_project = true;
            made
        }
    };
    if project.is_archived || project.deletion_on.is_some() {
        return Err(Ended::For(
            Error::precondition(format!(
                "the project `{path}` is archived, or to be deleted"
            ))
            .hint("its owner restores it, or another project is named"),
        ));
    }
    let of = Of::Number(project.id);
    let branch = project.default_branch.clone();
    let there = match &branch {
        Some(branch) => gitlab
            .tree(&of, branch, Tree::Whole)
            .await?
            .unwrap_or_default(),
        None => Vec::new(),
    };
    let version = publication.edition.version.to_string();
    let tag = match &branch {
        Some(_) => gitlab.tag(&of, &version).await?,
        None => None,
    };
    if tag.is_some() {
        let tagged = gitlab
            .tree(&of, &version, Tree::Whole)
            .await?
            .unwrap_or_default();
        unmoved(publication, &tagged).map_err(Ended::For)?;
    }
    let mut actions = plan(wanted, &there);
    if let Some(newer) = held(&of, branch.as_deref(), &there, gitlab).await?
        && newer > publication.edition.version
    {
        if tag.is_none() {
            return Err(Ended::For(outdated(publication, newer)));
        }
        // An older program does not take the branch back.
        actions.retain(|action| !belongs(action.path()));
    }
    done.note(&actions);
    if publication.dry_run {
        done.tagged = tag.is_none();
        return Ok(());
    }
    // An empty repository takes nothing but new files.
    let later: Vec<Action> = match branch {
        Some(_) => Vec::new(),
        None => actions
            .extract_if(.., |action| !matches!(action, Action::Create { .. }))
            .collect(),
    };
    let mut commit = None;
    for actions in [actions, later]
        .iter()
        .filter(|actions| !actions.is_empty())
    {
        let message = format!("Publish version {version} of the templates");
        let branch = branch.as_deref().unwrap_or("main");
        let made = gitlab
            .commit(&of, Onto::Branch(branch), &message, actions)
            .await?;
        done.commit = Some(made.id.clone());
        commit = Some(made.id);
    }
    if tag.is_none() {
        let head = match commit {
            Some(commit) => commit,
            None => {
                let branch = branch.as_deref().unwrap_or("main");
                gitlab
                    .head(&of, branch)
                    .await?
                    .unwrap_or_else(|| branch.to_owned())
            }
        };
        gitlab
            .create_tag(&of, &version, &head, &format!("Templates {version}"))
            .await?;
        done.tagged = true;
    }
    Ok(())
}

/// Which version the branch holds; `None`: none, or nobody can tell.
async fn held(
    of: &Of<'_>,
    branch: Option<&str>,
    there: &[Blob],
    gitlab: &Gitlab,
) -> Result<Option<Version>, Failure> {
    let (Some(branch), true) = (branch, there.iter().any(|blob| blob.path == "VERSION")) else {
        return Ok(None);
    };
    let bytes = gitlab.file(of, branch, "VERSION").await?;
    let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Ok(text.and_then(|text| text.parse().ok()))
}

/// The group that a project of this path would be in, and its name there.
async fn place<'p>(gitlab: &Gitlab, path: &'p str) -> Result<(Group, &'p str), Ended> {
    let (group, name) = path.rsplit_once('/').ok_or_else(|| {
        let error = Error::usage(format!("`{path}` names no project"));
        Ended::For(error.hint("write it as GROUP/NAME"))
    })?;
    let found = gitlab.group(group).await?.ok_or_else(|| {
        let error = format!("there is no group `{group}`, or the token may not see it");
        let error = Error::precondition(error);
        Ended::For(error.hint("the operator makes it, or names another project"))
    })?;
    Ok((found, name))
}

/// Internal, so that the pipelines of everybody may include it.
async fn make(gitlab: &Gitlab, path: &str) -> Result<Project, Ended> {
    let (found, name) = place(gitlab, path).await?;
    let visibility = match found.visibility.as_str() {
        "private" => "private",
        _ => "internal",
    };
    let settings = json!({"visibility": visibility, "description": "Templates that repositories are made from and kept current by", "auto_devops_enabled": false});
    let settings: Settings = settings.as_object().cloned().unwrap_or_default();
    Ok(gitlab.create_project(&found, name, &settings).await?)
}

fn plan(wanted: &Files, there: &[Blob]) -> Vec<Action> {
    let files: BTreeMap<&str, &Blob> = there
        .iter()
        .filter(|blob| blob.mode != "040000")
        .map(|blob| (blob.path.as_str(), blob))
        .collect();
    let mut actions = Vec::new();
    for (path, content) in wanted {
        let bytes = || content.bytes.clone();
        match files.get(path.as_str()) {
            None => actions.push(Action::Create {
                path: path.clone(),
                content: bytes(),
            }),
            Some(blob) if blob.id != blob_id(&content.bytes) => {
                actions.push(Action::Update {
                    path: path.clone(),
                    content: bytes(),
                });
            }
            Some(_) => {}
        }
        let runs = files.get(path.as_str()).map(|blob| blob.mode == "100755");
        match (runs.unwrap_or(false), content.executable) {
            (false, true) => actions.push(Action::MakeExecutable { path: path.clone() }),
            (true, false) => actions.push(Action::MakePlain { path: path.clone() }),
            (true, true) | (false, false) => {}
        }
    }
    let tops: BTreeSet<&str> = wanted
        .keys()
        .filter_map(|path| path.split_once('/').map(|(top, _)| top))
        .collect();
    for path in files.keys().filter(|path| !wanted.contains_key(**path)) {
        let top = path.split_once('/').map(|(top, _)| top);
        // Below `templates/` both sorts live: one is only exact where it was given.
        let ours = match belongs(path) {
            true => true,
            false => {
                let beside = wanted
                    .keys()
                    .any(|other| !belongs(other) && other.split('/').next() == top);
                top.is_some_and(|top| tops.contains(top)) && beside
            }
        };
        if ours && top.is_some() {
            actions.push(Action::Delete {
                path: (*path).to_owned(),
            });
        }
    }
    actions
}
