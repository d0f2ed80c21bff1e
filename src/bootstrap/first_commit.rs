//! What is committed: at first everything, later only what is missing or what the catalog has to say anew.

use super::catalog::{self, FILE as CATALOG, Revision};
use super::found::FoundProject;
use super::properties::NotPlain;
use super::stopped::Stopped;
use super::wanted::Wanted;
use crate::template::{
    Answers, Edition, LOCK, Lock, PIPELINE, Rendered, Upkeep, Version, blob_id, render_skeleton,
};

/// Which of three commits it is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The whole skeleton, into an empty repository.
    First,
    /// Only what is missing, into somebody's repository that was taken over.
    Adopted,
    /// The catalog file brought up to date.
    Catalog,
}

impl Content {
    pub(super) fn shown(self, wanted: &Wanted) -> String {
        match self {
            Content::First => format!(
                "first commit to {}: skeleton of {}, pipeline, lock, catalog",
                wanted.default_branch, wanted.kind
            ),
            Content::Adopted => format!("{LOCK} and what is missing, to the repository as it is"),
            Content::Catalog => CATALOG.to_owned(),
        }
    }

    /// None of the platform's control words may be in it: its older pipelines act on titles of commits.
    pub(super) fn message(self, wanted: &Wanted, skeleton: &Skeleton) -> String {
        match self {
            Content::First => format!(
                "Begin with {} {} of the templates",
                wanted.kind, skeleton.version
            ),
            Content::Adopted => format!(
                "Keep track of {} {} of the templates",
                wanted.kind, skeleton.version
            ),
            // Nothing that is built changes.
            Content::Catalog => "Bring the catalog file up to date [skip ci]".to_owned(),
        }
    }
}

/// Page of the catalog file, as Backstage takes it.
pub(super) fn catalog_url(wanted: &Wanted, gitlab: &str) -> String {
    format!(
        "{gitlab}/{}/-/blob/{}/{CATALOG}",
        wanted.path(),
        wanted.default_branch
    )
}

/// What one version of the templates makes of an order: rendered once a run, for it takes longer than everything else here.
pub(super) struct Skeleton {
    version: Version,
    files: Vec<Rendered>,
}

/// # Errors
/// The version has no such kind, or does not take these inputs.
pub(super) fn skeleton(wanted: &Wanted, edition: &Edition) -> Result<Skeleton, Stopped> {
    let answers = Answers {
        kind: &wanted.kind,
        name: &wanted.name,
        project: &wanted.templates.project,
        component: wanted.templates.component,
        inputs: &wanted.inputs,
    };
    let files = render_skeleton(edition, &answers).map_err(|error| {
        let code = match edition.has_kind(&wanted.kind) {
            true => "input_refused",
            false => "kind_unknown",
        };
        Stopped::new(code, error)
    })?;
    Ok(Skeleton {
        version: edition.version,
        files,
    })
}

/// All files of a new repository, with the lock.
pub(super) fn files(
    wanted: &Wanted,
    skeleton: &Skeleton,
    secret_arn: Option<&str>,
) -> Result<Vec<Rendered>, Stopped> {
    let mut files = skeleton.files.clone();
    let once = |path: String, text: String| Rendered {
        path,
        content: text.into_bytes(),
        upkeep: Upkeep::Once,
    };
    files.push(once(CATALOG.to_owned(), catalog_text(wanted, secret_arn)));
    if let (Some(resource), Revision::First) = (&wanted.resource, wanted.revision) {
        let text = catalog::render_resource(resource);
        files.push(once(catalog::RESOURCE_FILE.to_owned(), text));
    }
    for provider in &wanted.providers {
        let unsafe_to_write = |why: NotPlain| {
            Stopped::usage(format!(
                "the properties of `{}-{}` cannot be written",
                provider.environment, provider.provider
            ))
            .because(why)
        };
        let path = provider.path().map_err(unsafe_to_write)?;
        files.push(once(path, provider.render().map_err(unsafe_to_write)?));
    }
    let mut lock = fresh_lock(wanted, skeleton);
    lock.component = wanted.templates.component;
    lock.inputs = wanted.inputs.clone();
    for file in &files {
        let id = blob_id(&file.content);
        match file.upkeep {
            Upkeep::Merged => lock.files.insert(file.path.clone(), id),
            Upkeep::Once if file.path == CATALOG => {
                let id = catalog_id(wanted, secret_arn);
                lock.once.insert(file.path.clone(), id)
            }
            Upkeep::Once => None,
        };
    }
    files.push(once(
        LOCK.to_owned(),
        String::from_utf8_lossy(&lock.write()?).into_owned(),
    ));
    Ok(files)
}

pub(super) fn fresh_lock(wanted: &Wanted, skeleton: &Skeleton) -> Lock {
    Lock::new(
        &wanted.kind,
        &wanted.name,
        skeleton.version,
        &wanted.templates.project,
    )
}

fn catalog_text(wanted: &Wanted, secret_arn: Option<&str>) -> String {
    catalog::render(&component(wanted, secret_arn), wanted.revision)
}

/// By what updates bring into the file alone: what people may word as they like makes no commit due.
fn catalog_id(wanted: &Wanted, secret_arn: Option<&str>) -> String {
    let facts = catalog::Component {
        title: None,
        description: String::new(),
        owner: String::new(),
        tags: Vec::new(),
        lifecycle: None,
        ..component(wanted, secret_arn)
    };
    blob_id(catalog::render(&facts, wanted.revision).as_bytes())
}

/// What is missing in somebody's repository, `there`; of the rest the lock knows only what is there.
pub(super) fn adopted(
    wanted: &Wanted,
    skeleton: &Skeleton,
    secret_arn: Option<&str>,
    there: &[String],
) -> Result<Vec<Rendered>, Stopped> {
    let mut files = files(wanted, skeleton, secret_arn)?;
    files.retain(|file| {
        let kept = [PIPELINE, CATALOG].contains(&file.path.as_str())
            || file.path.starts_with(".awsdeployment/");
        file.path == LOCK || (kept && !there.contains(&file.path))
    });
    let new: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    for file in files.iter_mut().filter(|file| file.path == LOCK) {
        let mut lock = Lock::read(&file.content)?;
        lock.files
            .retain(|path, _| there.contains(path) || new.contains(path));
        file.content = lock.write()?;
    }
    Ok(files)
}

pub(super) fn component(wanted: &Wanted, secret_arn: Option<&str>) -> catalog::Component {
    let mut component = wanted.component.clone();
    if let Some(arn) = secret_arn {
        component.secret_arn = Some(arn.to_owned());
    }
    component
}

/// Which commit is due; `None`: all is there.
pub(super) fn content(wanted: &Wanted, found: &FoundProject) -> Option<Content> {
    let arn = found.secret.as_ref().map(|secret| secret.arn.as_str());
    let (Some(_), lock) = (&found.project.default_branch, &found.lock) else {
        return Some(Content::First);
    };
    let Some(lock) = lock else {
        return Some(Content::Adopted);
    };
    let id = catalog_id(wanted, arn);
    match lock.once.get(CATALOG) == Some(&id) {
        true => None,
        false => Some(Content::Catalog),
    }
}

/// The catalog file and the lock, brought up to date. `there`: the file as it is.
pub(super) fn catalog_update(
    wanted: &Wanted,
    mut lock: Lock,
    there: Option<&str>,
    secret_arn: Option<&str>,
) -> Result<Vec<Rendered>, Stopped> {
    let rendered = catalog_text(wanted, secret_arn);
    lock.once
        .insert(CATALOG.to_owned(), catalog_id(wanted, secret_arn));
    let text = match there {
        None => Some(rendered),
        Some(text) => catalog::update(text, &component(wanted, secret_arn), wanted.revision).map_err(|refusal| {
            Stopped::new(
                "catalog_not_editable",
                crate::error::Error::precondition(format!("`{CATALOG}` cannot be changed without changing what people wrote in it"))
                    .caused_by(crate::error::Cause::line(refusal))
                    .hint("its owner writes it as plain YAML there, without anchors and repeated keys, and this is run again"),
            )
        })?,
    };
    let once = |path: &str, content: Vec<u8>| Rendered {
        path: path.to_owned(),
        content,
        upkeep: Upkeep::Once,
    };
    let mut files = vec![once(LOCK, lock.write()?)];
    files.extend(text.map(|text| once(CATALOG, text.into_bytes())));
    Ok(files)
}

/// The pipeline among the files, for GitLab to check before anything is committed.
pub(super) fn pipeline(files: &[Rendered]) -> String {
    let file = files.iter().find(|file| file.path == PIPELINE);
    file.map(|file| String::from_utf8_lossy(&file.content).into_owned())
        .unwrap_or_default()
}
