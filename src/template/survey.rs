//! `template check` of many repositories: two requests for each, and four with pipelines and merge requests.
//!
//! Changes nothing and keeps nothing: it may be interrupted and run again.

use std::rc::Rc;

use futures_util::stream::{self, StreamExt as _};

use super::edition::Edition;
use super::editions::{Editions, newest};
use super::marker::{BRANCH, Marker};
use super::report::{Drift, DriftKind, Pipeline, Report, Request, Row, State};
use super::repository::{self, drift, is_managed, skipped, state};
use super::skeleton::kept;
use super::sync::{AT_ONCE, projects};
use super::version::Version;
use crate::error::{Class, Error, Result};
use crate::gitlab::{Gitlab, Of, Project, RequestState};

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Survey {
    pub(crate) groups: Vec<String>,
    pub(crate) repositories: Vec<String>,
    /// The project that holds the templates.
    pub(crate) templates: String,
    pub(crate) depth: Depth,
    /// Kinds of drift that are nobody's business.
    pub(crate) except: Vec<DriftKind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    Files,
    /// With the last pipeline and the open merge request.
    Full,
}

/// # Errors
/// Only where nothing can be known at all: what goes wrong with one repository stands in its row.
pub(crate) async fn survey(survey: &Survey, gitlab: &Gitlab) -> Result<Report> {
    let newest = newest(gitlab, &survey.templates).await?;
    let editions = Editions::of(gitlab);
    let all = projects(&survey.groups, &survey.repositories, gitlab).await?;
    let rows = all
        .into_iter()
        .map(|project| row(project, survey, newest, &editions, gitlab));
    let rows: Vec<Row> = stream::iter(rows).buffered(AT_ONCE).collect().await;
    let now = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Ok(Report {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        templates: survey.templates.clone(),
        newest: newest.to_string(),
        generated_at: format!(
            "{}Z",
            crate::output::utc(i64::try_from(now).unwrap_or_default())
        ),
        gitlab: gitlab.address().to_owned(),
        rows,
    })
}

async fn row(
    project: Project,
    survey: &Survey,
    newest: Version,
    editions: &Editions<'_>,
    gitlab: &Gitlab,
) -> Row {
    let mut row = Row {
        project: project.path.clone(),
        url: project.web_url.clone(),
        kind: None,
        version: None,
        state: State::Unmanaged,
        drift: Vec::new(),
        pipeline: None,
        request: None,
        note: None,
    };
    if let Some(why) = skipped(&project) {
        row.state = State::Skipped;
        row.note = Some(why);
        return row;
    }
    if !is_managed(&project) && !survey.repositories.contains(&project.path) {
        return row;
    }
    if let Err(error) = fill(&mut row, &project, survey, newest, editions, gitlab).await {
        row.state = State::Failed;
        row.note = Some(error.to_string());
    }
    row
}

async fn fill(
    row: &mut Row,
    project: &Project,
    survey: &Survey,
    newest: Version,
    editions: &Editions<'_>,
    gitlab: &Gitlab,
) -> Result<()> {
    let Some(found) = repository::read(gitlab, project).await? else {
        row.note = Some("it has no lock: `bootstrap-repo --adopt` writes one".to_owned());
        return Ok(());
    };
    let lock = &found.lock;
    row.kind = Some(lock.template.clone());
    row.version = Some(lock.version().to_string());
    let edition: Option<Rc<Edition>> = match lock.project == survey.templates {
        true => editions.get(&lock.project, lock.version()).await?,
        false => None,
    };
    let kept = edition
        .as_deref()
        .map(|edition| kept(edition, &lock.template));
    row.drift = drift(lock, &found.blobs, newest, kept.as_ref());
    row.drift.retain(|one| !survey.except.contains(&one.kind));
    row.state = state(lock, &row.drift, newest);
    if survey.depth == Depth::Files {
        return Ok(());
    }
    let of = Of::Number(project.id);
    let pipeline = gitlab.last_pipeline(&of, &found.branch).await?;
    row.pipeline = pipeline.map(|one| Pipeline {
        status: one.status,
        url: one.web_url,
    });
    let requests = gitlab.merge_requests(&of, BRANCH).await?;
    let last = requests
        .iter()
        .find(|one| one.state == RequestState::Opened)
        .or(requests.first());
    let closed = last.is_some_and(|one| {
        let of_newest = Marker::of(one).is_some_and(|marker| marker.version == newest.to_string());
        one.state == RequestState::Closed && of_newest
    });
    if closed && row.state == State::Outdated {
        row.state = State::Declined;
    }
    let told = last.filter(|one| one.state != RequestState::Merged);
    row.request = told.map(|one| Request {
        iid: one.iid,
        title: one.title.clone(),
        url: one.web_url.clone(),
        state: one.state.name().to_owned(),
    });
    Ok(())
}

/// # Errors
/// `Drift` where something has strayed; `System` where something could not be looked at.
pub(crate) fn judged(report: &Report) -> Result<()> {
    let count = |of: &[State]| {
        report
            .rows
            .iter()
            .filter(|row| of.contains(&row.state))
            .count()
    };
    let failed = count(&[State::Failed]);
    if failed > 0 {
        return Err(Error::system(format!(
            "{failed} of {} repositories could not be looked at",
            report.rows.len()
        ))
        .hint("their notes say why; run it again"));
    }
    // Who holds a version, declines it or is pinned to another does so on purpose.
    let strayed = count(&[State::Drifted, State::Outdated]);
    match strayed {
        0 => Ok(()),
        strayed => Err(Error::new(
            Class::Drift,
            format!(
                "{strayed} of {} repositories are not as version {} of the templates makes them",
                report.rows.len(),
                report.newest
            ),
        )
        .hint("`baws-ci template sync` offers them what is new; `template diff` shows it")),
    }
}

/// The words of `--except`.
pub(crate) fn drift_kind(word: &str) -> Result<DriftKind> {
    let found = DriftKind::ALL.into_iter().find(|kind| kind.name() == word);
    found.ok_or_else(|| {
        let names: Vec<&str> = DriftKind::ALL.iter().map(|kind| kind.name()).collect();
        Error::usage(format!(
            "`{}` is no kind of drift",
            crate::rollout::clean(word, 40)
        ))
        .hint(format!("they are {}", names.join(", ")))
    })
}

/// One line about it.
pub(super) fn told(drift: &Drift) -> String {
    format!("{:<9} {}", drift.kind.name(), drift.path)
}
