//! What GitLab and AWS have of an application: read whole, before anything is decided, and again when an answer was lost.

use futures_util::future::{try_join, try_join3, try_join5};

use super::stopped::Stopped;
use super::touch::{may_be_touched, moved, taken};
use super::wanted::Wanted;
use crate::aws::{Aws, SecretFound};
use crate::backstage::Backstage;
use crate::error::Error;
use crate::gitlab::{
    AccessToken, Badge, Failure, Gitlab, Group, Hook, Of, Project, ProtectedBranch, Variable,
};
use crate::template::{LOCK, Lock, TOPIC};

/// As it stands.
#[derive(Clone, Debug)]
pub(super) enum Found {
    /// There is no such project; there is this group.
    Nothing(Group),
    Project(Box<FoundProject>),
}

#[derive(Clone, Debug)]
pub(super) struct FoundProject {
    pub(super) project: Project,
    pub(super) variables: Vec<Variable>,
    pub(super) branches: Vec<ProtectedBranch>,
    pub(super) tags: Vec<String>,
    pub(super) environments: Vec<String>,
    /// `None`: nobody asked, or this GitLab protects none.
    pub(super) protected_environments: Option<Vec<String>>,
    /// Whether only an allow-list's job tokens are good; `None`: not asked.
    pub(super) token_is_limited: Option<bool>,
    pub(super) allowed: Vec<String>,
    pub(super) tokens: Vec<AccessToken>,
    pub(super) hooks: Vec<Hook>,
    pub(super) badges: Vec<Badge>,
    pub(super) runners: Vec<u64>,
    pub(super) lock: Option<Lock>,
    pub(super) secret: Option<SecretFound>,
    /// Whether Backstage knows the catalog file.
    pub(super) is_registered: bool,
}

impl FoundProject {
    /// One that was made a moment ago: everything about it is known.
    pub(super) fn fresh(project: Project, secret: Option<SecretFound>) -> Self {
        FoundProject {
            project,
            variables: Vec::new(),
            branches: Vec::new(),
            tags: Vec::new(),
            environments: Vec::new(),
            protected_environments: Some(Vec::new()),
            token_is_limited: None,
            allowed: Vec::new(),
            tokens: Vec::new(),
            hooks: Vec::new(),
            badges: Vec::new(),
            runners: Vec::new(),
            lock: None,
            secret,
            is_registered: false,
        }
    }
}

/// Whether somebody's project may be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adopt {
    No,
    Yes,
}

/// Who is asked.
pub(super) struct Sources<'a> {
    pub(super) gitlab: &'a Gitlab,
    /// Where the access token is kept.
    pub(super) aws: Option<&'a Aws>,
    pub(super) backstage: Option<&'a Backstage>,
}

/// # Errors
/// Also for what must not be touched: somebody else's project, one that is archived, a mirror, or on its way out.
pub(super) async fn read(
    wanted: &Wanted,
    sources: &Sources<'_>,
    adopt: Adopt,
) -> Result<Found, Stopped> {
    let path = wanted.path();
    let gitlab = sources.gitlab;
    let project = match gitlab.project(&Of::Path(&path)).await {
        Ok(project) => project,
        Err(failure) => return Err(moved(gitlab, &path, failure).await),
    };
    let Some(project) = project else {
        let group = gitlab.group(&wanted.group).await?;
        return group.map(Found::Nothing).ok_or_else(|| {
            let group = &wanted.group;
            Stopped::new(
                "group_missing",
                Error::precondition(format!("there is no group `{group}`, or the token may not see it"))
                    .hint(format!("the operator makes the group `{group}` in GitLab, or gives the token's user the role Maintainer in it")),
            )
        });
    };
    may_be_touched(&project, &path)?;
    let of = Of::Number(project.id);
    let branch = project.default_branch.clone();
    let lock = lock(gitlab, &of, branch.as_deref(), adopt);
    let rest = details(wanted, sources, &of);
    let is_marked = project.topics.iter().any(|topic| topic == TOPIC);
    let (lock, mut found) = match is_marked || adopt == Adopt::Yes {
        true => try_join(lock, rest).await?,
        // Nothing more is asked about a stranger's project.
        false => {
            let lock = lock.await?.ok_or_else(|| taken(&path))?;
            (Some(lock), rest.await?)
        }
    };
    found.lock = lock;
    found.project = project;
    Ok(Found::Project(Box::new(found)))
}

/// What the repository remembers of the templates; `None`: nothing.
async fn lock(
    gitlab: &Gitlab,
    of: &Of<'_>,
    branch: Option<&str>,
    adopt: Adopt,
) -> Result<Option<Lock>, Stopped> {
    let Some(branch) = branch else {
        return Ok(None);
    };
    let Some(bytes) = gitlab.file(of, branch, LOCK).await? else {
        return Ok(None);
    };
    match (Lock::read(&bytes), adopt) {
        (Ok(lock), _) => Ok(Some(lock)),
        // Taking over writes a new one.
        (Err(_), Adopt::Yes) => Ok(None),
        (Err(error), Adopt::No) => Err(Stopped::new("lock_broken", error)),
    }
}

/// Everything about a project but itself, at the same time.
async fn details(
    wanted: &Wanted,
    sources: &Sources<'_>,
    of: &Of<'_>,
) -> Result<FoundProject, Stopped> {
    let gitlab = sources.gitlab;
    let asks = |wants: bool| wants.then_some(());
    let access = try_join5(
        list(Some(()), || gitlab.variables(of)),
        list(Some(()), || gitlab.protected_branches(of)),
        list(asks(!wanted.protected_tags.is_empty()), || {
            gitlab.protected_tags(of)
        }),
        list(asks(!wanted.environments.is_empty()), || {
            gitlab.environments(of)
        }),
        list(asks(!wanted.allowed_projects.is_empty()), || {
            gitlab.allowed_projects(of)
        }),
    );
    let others = try_join5(
        list(asks(wanted.access_token.is_some()), || {
            gitlab.access_tokens(of)
        }),
        list(asks(!wanted.hooks.is_empty()), || gitlab.hooks(of)),
        list(asks(!wanted.badges.is_empty()), || gitlab.badges(of)),
        list(asks(!wanted.runners.is_empty()), || gitlab.runners(of)),
        protected(wanted, gitlab, of),
    );
    let elsewhere = try_join3(
        secret(wanted, sources),
        registered(wanted, sources),
        limited(wanted, gitlab, of),
    );
    let (access, (others, (secret, is_registered, token_is_limited))) = try_join(
        async { Ok::<_, Stopped>(access.await?) },
        try_join(async { Ok(others.await?) }, elsewhere),
    )
    .await?;
    let (variables, branches, tags, environments, allowed) = access;
    let (tokens, hooks, badges, runners, protected_environments) = others;
    Ok(FoundProject {
        // The caller puts it there.
        project: Project::default(),
        variables,
        branches,
        tags,
        environments: environments.into_iter().map(|one| one.name).collect(),
        protected_environments,
        token_is_limited,
        allowed,
        tokens,
        hooks,
        badges,
        runners: runners.into_iter().map(|one| one.id).collect(),
        lock: None,
        secret,
        is_registered,
    })
}

/// Nothing is asked of which nothing is wanted.
async fn list<T, F: Future<Output = Result<Vec<T>, Failure>>>(
    asks: Option<()>,
    rows: impl FnOnce() -> F,
) -> Result<Vec<T>, Failure> {
    match asks {
        Some(()) => rows().await,
        None => Ok(Vec::new()),
    }
}

async fn protected(
    wanted: &Wanted,
    gitlab: &Gitlab,
    of: &Of<'_>,
) -> Result<Option<Vec<String>>, Failure> {
    match wanted.environments.iter().any(|one| one.protected) {
        true => gitlab.protected_environments(of).await,
        false => Ok(None),
    }
}

pub(super) async fn secret(
    wanted: &Wanted,
    sources: &Sources<'_>,
) -> Result<Option<SecretFound>, Stopped> {
    match (&wanted.access_token, sources.aws) {
        (Some(token), Some(aws)) => Ok(aws.secret(&token.secret).await?),
        (Some(_) | None, _) => Ok(None),
    }
}

async fn registered(wanted: &Wanted, sources: &Sources<'_>) -> Result<bool, Stopped> {
    let Some(backstage) = sources.backstage else {
        return Ok(false);
    };
    let target = super::first_commit::catalog_url(wanted, sources.gitlab.address());
    let known = backstage
        .locations()
        .await
        .map_err(|error| Stopped::new("backstage_failed", error))?;
    Ok(known.contains(&target))
}

async fn limited(wanted: &Wanted, gitlab: &Gitlab, of: &Of<'_>) -> Result<Option<bool>, Stopped> {
    match wanted.allowed_projects.is_empty() {
        true => Ok(None),
        false => Ok(Some(gitlab.job_token_is_limited(of).await?)),
    }
}
