//! One repository brought on: its files read, merged, checked by GitLab, and offered as a merge request.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::blob::blob_id;
use super::edition::Edition;
use super::editions::Editions;
use super::letter;
use super::lock::PATH;
use super::marker::{BRANCH, Marker};
use super::offered::{offered, strangers};
use super::repository::Repository;
use super::skeleton::{Answers, PIPELINE, Rendered, render};
use super::standing::Standing;
use super::sync::Mode;
use super::unified::unified;
use super::update::{Changed, Threefold, Update, paths, update};
use crate::error::{Cause, Error, Result};
use crate::gitlab::{Action, Gitlab, MergeRequest, Of, Onto, RequestText};
use crate::output::Colour;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// What became of it.
pub(super) struct Brought {
    pub(super) verdict: &'static str,
    pub(super) url: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) changes: Vec<String>,
    pub(super) diff: String,
}

pub(super) async fn bring(
    one: Standing,
    mode: Mode,
    target: &Rc<Edition>,
    editions: &Editions<'_>,
    gitlab: &Gitlab,
) -> Result<Brought> {
    let repository = one
        .repository
        .ok_or_else(|| Error::system("a repository without a lock was chosen"))?;
    let of = Of::Number(one.project.id);
    if let (Some(open), true) = (&one.open, repository.lock.version() == target.version) {
        return withdrawn(open, mode, &of, gitlab).await;
    }
    let update = decided(&repository, target, editions, gitlab).await?;
    gate(&update, &of, gitlab).await?;
    let lock = Changed {
        path: PATH.to_owned(),
        before: Some(repository.lock_text.clone()),
        after: Some(update.lock.written_into(&repository.lock_text)?),
        merged: false,
    };
    let all: Vec<&Changed> = std::iter::once(&lock).chain(&update.changes).collect();
    let notes: Vec<String> = update.notes.iter().map(super::update::Note::text).collect();
    let mut brought = Brought {
        verdict: "would-open",
        url: None,
        notes,
        changes: update
            .changes
            .iter()
            .map(|change| change.path.clone())
            .collect(),
        diff: std::iter::once(format!("# {}\n", repository.project.path))
            .chain(all.iter().map(|change| diff(change)))
            .collect(),
    };
    if mode == Mode::DryRun {
        return Ok(brought);
    }
    let actions: Vec<Action> = all.iter().filter_map(|change| change.action()).collect();
    let (version, from) = (
        target.version.to_string(),
        repository.lock.version().to_string(),
    );
    let plan = digest(&actions);
    let title = letter::title(repository.lock.version(), target.version);
    if let Some(open) = &one.open {
        let marker = Marker::of(open);
        let same = marker
            .as_ref()
            .is_some_and(|marker| marker.offers(&version, &from, &plan));
        brought.url = Some(open.web_url.clone());
        if same {
            brought.verdict = "unchanged";
            return Ok(brought);
        }
        if let Some(other) = strangers(open, marker.as_ref(), &actions, &of, gitlab).await? {
            brought.verdict = "left";
            brought.notes.push(format!("somebody committed to `{BRANCH}` (`{other}`): it is left as it is until !{} is merged or closed", open.iid));
            return Ok(brought);
        }
    }
    let start = gitlab.head(&of, &repository.branch).await?;
    let start = start.ok_or_else(|| {
        Error::precondition(format!("the branch `{}` is gone", repository.branch))
    })?;
    let onto = Onto::Anew {
        branch: BRANCH,
        start: &start,
    };
    let commit = match gitlab.commit(&of, onto, &title, &actions).await {
        // The branch is made anew each time: once more is as good as once.
        Err(failure) if failure.may_have_landed() => {
            gitlab.commit(&of, onto, &title, &actions).await?
        }
        done => done?,
    };
    let marker = Marker {
        version,
        from,
        plan,
        commit: commit.id,
    };
    let text = RequestText {
        title,
        description: letter::letter(&repository.lock, target, &update, &marker),
        labels: vec!["baws-ci".to_owned()],
    };
    let (request, verdict) = offered(one.open, &text, &repository, &of, gitlab).await?;
    brought.verdict = verdict;
    brought.url = Some(request.web_url);
    Ok(brought)
}

/// It has the version already: what is on offer is another one.
async fn withdrawn(
    open: &MergeRequest,
    mode: Mode,
    of: &Of<'_>,
    gitlab: &Gitlab,
) -> Result<Brought> {
    let verdict = match mode {
        Mode::Apply => {
            // It was not declined by anybody: without its marker the next run may offer that version again.
            let description = open.description.as_deref().unwrap_or_default();
            let description = Marker::removed(description);
            gitlab
                .close_merge_request(of, open.iid, &description)
                .await?;
            "closed"
        }
        Mode::DryRun => "would-close",
    };
    Ok(Brought {
        verdict,
        url: Some(open.web_url.clone()),
        notes: vec![format!("!{} offers another version", open.iid)],
        changes: Vec::new(),
        diff: String::new(),
    })
}

/// The three states of each file, read where ids do not tell them.
async fn decided(
    repository: &Repository,
    target: &Edition,
    editions: &Editions<'_>,
    gitlab: &Gitlab,
) -> Result<Update> {
    let lock = &repository.lock;
    let of = Of::Number(repository.project.id);
    let answers = Answers::of(lock);
    let theirs = render(target, &answers)?;
    let base = match editions.get(&lock.project, lock.version()).await? {
        // What it was made from once may be refused by the reader of today; it is still in the history.
        Some(edition) => render(&edition, &answers).unwrap_or_default(),
        None => Vec::new(),
    };
    let content = |files: &[Rendered], path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.map(|file| file.content.clone())
    };
    let mut files = BTreeMap::new();
    for path in paths(lock, &theirs) {
        let today = content(&theirs, &path);
        let then = lock.files.get(&path);
        let known = content(&base, &path).filter(|bytes| Some(&blob_id(bytes)) == then);
        let ours_id = repository.blobs.get(&path);
        let known = match (known, then) {
            (None, Some(id)) => gitlab.blob(&of, id).await?,
            (known, _) => known,
        };
        let is = |bytes: &Option<Vec<u8>>| bytes.as_deref().map(blob_id).as_ref() == ours_id;
        let ours = match ours_id {
            None => None,
            Some(_) if is(&known) => known.clone(),
            Some(_) if is(&today) => today.clone(),
            Some(_) => gitlab.file(&of, &repository.branch, &path).await?,
        };
        files.insert(
            path,
            Threefold {
                base: known,
                ours,
                theirs: today,
            },
        );
    }
    Ok(update(lock, target, files))
}

/// What is a pipeline before has to be one afterwards.
async fn gate(update: &Update, of: &Of<'_>, gitlab: &Gitlab) -> Result<()> {
    let change = update.changes.iter().find(|change| change.path == PIPELINE);
    let Some(Changed {
        before,
        after: Some(after),
        ..
    }) = change
    else {
        return Ok(());
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let now = gitlab.lint(of, &text(after)).await?;
    if now.valid {
        return Ok(());
    }
    if let Some(before) = before
        && !gitlab.lint(of, &text(before)).await?.valid
    {
        return Ok(());
    }
    let mut error = Error::precondition(
        "GitLab does not take the pipeline as it would be after the update; no merge request is opened",
    );
    for one in now.errors.iter().take(5) {
        error = error.caused_by(Cause::line(crate::rollout::clean(one, 300)));
    }
    Err(error.hint("the operator checks that version of the templates, and the repository's own jobs beside it"))
}

fn diff(change: &Changed) -> String {
    let text = |bytes: &Option<Vec<u8>>| {
        bytes
            .as_deref()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    let (before, after) = (text(&change.before), text(&change.after));
    let name = |side: &Option<String>| side.as_ref().map(|_| change.path.as_str());
    unified(
        name(&before),
        name(&after),
        before.as_deref().unwrap_or_default(),
        after.as_deref().unwrap_or_default(),
        CONTEXT,
        Colour::Never,
    )
}

fn digest(actions: &[Action]) -> String {
    let parts = actions.iter().flat_map(|action| {
        let content = match action {
            Action::Create { content, .. } | Action::Update { content, .. } => content.as_slice(),
            Action::Delete { .. } => b"-",
            Action::MakeExecutable { .. } | Action::MakePlain { .. } => b"+",
        };
        [action.path().as_bytes().to_vec(), content.to_vec()]
    });
    crate::digest::digest(parts).chars().take(16).collect()
}
