//! Projects that are not to be touched: why, and whose turn it is.

use super::stopped::Stopped;
use crate::error::Error;
use crate::gitlab::{Failure, Gitlab, Kind, Of, Project};
use crate::rollout::clean;

pub(super) fn may_be_touched(project: &Project, path: &str) -> Result<(), Stopped> {
    let no = |code, what: &str, hint: &str| {
        Err(Stopped::new(
            code,
            Error::precondition(format!("the project `{path}` {what}; nothing was touched"))
                .hint(hint),
        ))
    };
    if let Some(day) = &project.deletion_on {
        let what = format!("is to be deleted on {}", clean(day, 30));
        return no(
            "project_deletion_scheduled",
            &what,
            "its owner restores it, or deletes it at once (Settings → General → Advanced), or the application gets another name",
        );
    }
    if project.is_archived {
        return no(
            "project_archived",
            "is archived",
            "its owner unarchives it, or the application gets another name",
        );
    }
    if project.is_mirror {
        return no(
            "project_mirror",
            "is a mirror: what is committed here is overwritten",
            "make the application where it is mirrored from",
        );
    }
    Ok(())
}

pub(super) fn taken(path: &str) -> Stopped {
    Stopped::new(
        "name_taken",
        Error::precondition(format!("the project `{path}` is there, and is not one of ours; nothing was touched"))
            .hint("give the application another name; whoever owns that project may have it taken over with --adopt"),
    )
}

/// A moved project answers with its number.
pub(super) async fn moved(gitlab: &Gitlab, path: &str, failure: Failure) -> Stopped {
    let Kind::Moved(Some(location)) = &failure.kind else {
        return failure.into();
    };
    let number = location
        .rsplit('/')
        .next()
        .and_then(|last| last.split(['?', '#']).next()?.parse().ok());
    let now = match number {
        Some(number) => gitlab.project(&Of::Number(number)).await.ok().flatten(),
        None => None,
    };
    let error = Error::precondition(format!(
        "the project `{path}` has moved; nothing was touched"
    ));
    Stopped::new(
        "project_moved",
        match now {
            Some(project) => error.hint(format!(
                "it is `{}` now: name it so, or give the application another name",
                project.path
            )),
            None => error
                .hint("where it is now, this token may not see: give the application another name"),
        },
    )
}
