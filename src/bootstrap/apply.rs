//! One change, done.

use super::catalog::{self, FILE as CATALOG_PATH};
use super::change::Change;
use super::first_commit::{self, Content, Skeleton};
use super::found::{Found, FoundProject, Sources};
use super::stopped::Stopped;
use super::wanted::{Wanted, WantedToken};
use crate::aws::SecretText;
use crate::error::{Cause, Error};
use crate::gitlab::{AccessToken, Action, Commit, Failure, Gitlab, Of, Onto, Tree};
use crate::template::LOCK;

/// What came of it.
pub(super) enum Applied {
    Done,
    /// It cannot be had here, and nothing else depends on it.
    Not(String),
    Project(Box<FoundProject>),
    Secret {
        arn: String,
        expires_at: String,
    },
    Commit(Commit),
}

/// Why not.
pub(super) enum NotApplied {
    /// GitLab said no, or nothing: what is there has to be looked at.
    Odd(Failure),
    Stopped(Stopped),
}

impl From<Failure> for NotApplied {
    fn from(failure: Failure) -> Self {
        NotApplied::Odd(failure)
    }
}

impl<T: Into<Stopped>> From<T> for NotApplied
where
    T: NotAFailure,
{
    fn from(error: T) -> Self {
        NotApplied::Stopped(error.into())
    }
}

/// All errors but GitLab's.
pub(super) trait NotAFailure {}
impl NotAFailure for Stopped {}
impl NotAFailure for Error {}
impl NotAFailure for crate::aws::Failure {}

/// Days as `2026-11-29`.
pub(super) fn day_in(days: u64) -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let at = i64::try_from(now + days * 86_400).unwrap_or(i64::MAX);
    crate::output::utc(at).chars().take(10).collect()
}

pub(super) async fn apply(
    change: &Change,
    wanted: &Wanted,
    found: &Found,
    sources: &Sources<'_>,
    skeleton: &Skeleton,
) -> Result<Applied, NotApplied> {
    let gitlab = sources.gitlab;
    let there = match found {
        Found::Nothing(group) => {
            let Change::CreateProject(settings) = change else {
                return Err(Error::system("a step comes before its project").into());
            };
            let made = gitlab.create_project(group, &wanted.name, settings).await?;
            let secret = super::found::secret(wanted, sources).await?;
            return Ok(Applied::Project(Box::new(FoundProject::fresh(
                made, secret,
            ))));
        }
        Found::Project(there) => there,
    };
    let of = Of::Number(there.project.id);
    match change {
        // It was made meanwhile.
        Change::CreateProject(_) => {}
        Change::EditSettings(settings) => gitlab.edit_project(&of, settings).await?,
        Change::CreateVariable(one) => gitlab.create_variable(&of, one).await?,
        Change::UpdateVariable(one) => gitlab.update_variable(&of, one).await?,
        Change::ProtectBranch(name) => {
            let (push, merge) = wanted.branch_levels;
            gitlab.protect_branch(&of, name, push, merge).await?;
        }
        Change::ForbidForcePush(name) => gitlab.forbid_force_push(&of, name).await?,
        Change::ProtectTag(name) => {
            gitlab
                .protect_tag(&of, name, wanted.branch_levels.0)
                .await?
        }
        Change::CreateEnvironment { name, tier, url } => {
            gitlab
                .create_environment(&of, name, tier, url.as_deref())
                .await?;
        }
        Change::ProtectEnvironment(name) => match gitlab.protect_environment(&of, name).await {
            Err(failure) if failure.is_not_found() => {
                return Ok(Applied::Not(format!(
                    "the environment `{name}` is not protected: this GitLab's edition protects none"
                )));
            }
            done => done?,
        },
        Change::LimitJobToken => gitlab.limit_job_token(&of).await?,
        Change::AllowProject(path) => {
            let other = gitlab.project(&Of::Path(path)).await?.ok_or_else(|| {
                Stopped::new(
                    "not_found",
                    Error::precondition(format!("there is no project `{path}` whose job tokens could be allowed, or the token may not see it")),
                )
            })?;
            gitlab.allow_project(&of, other.id).await?;
        }
        Change::Credential(token) => {
            return match &wanted.access_token {
                Some(asked) => credential(asked, token.as_ref(), wanted, &of, there, sources).await,
                None => Ok(Applied::Done),
            };
        }
        Change::CreateHook(hook) => {
            gitlab
                .create_hook(&of, &hook.url, hook.token.as_ref())
                .await?
        }
        Change::CreateBadge(badge) => gitlab.create_badge(&of, badge).await?,
        Change::EnableRunner(id) => gitlab.enable_runner(&of, *id).await?,
        Change::Commit(content) => {
            let arn = there.secret.as_ref().map(|secret| secret.arn.as_str());
            let commit = commit(*content, wanted, there, arn, gitlab, skeleton).await?;
            return Ok(Applied::Commit(commit));
        }
        Change::Register(url) => {
            if let Some(backstage) = sources.backstage {
                backstage
                    .register(url)
                    .await
                    .map_err(|error| Stopped::new("backstage_failed", error))?;
            }
        }
    }
    Ok(Applied::Done)
}

/// The token's value goes from GitLab's answer into its secret, and nowhere else.
async fn credential(
    asked: &WantedToken,
    there: Option<&AccessToken>,
    wanted: &Wanted,
    of: &Of<'_>,
    found: &FoundProject,
    sources: &Sources<'_>,
) -> Result<Applied, NotApplied> {
    let Some(aws) = sources.aws else {
        return Err(Error::system("there is no way to AWS for the access token").into());
    };
    let expires_at = day_in(asked.days.into());
    let made = match there {
        Some(token) => {
            sources
                .gitlab
                .rotate_access_token(of, token, &expires_at)
                .await?
        }
        None => {
            sources
                .gitlab
                .create_access_token(of, &asked.name, &asked.scopes, asked.level, &expires_at)
                .await?
        }
    };
    let text = SecretText {
        value: &made.token,
        description: format!(
            "{} of {}, good until {expires_at}",
            crate::aws::keeping(made.id),
            wanted.path()
        ),
    };
    let stored = match &found.secret {
        Some(secret) => aws.update_secret(&secret.arn, &text).await,
        None => aws.create_secret(&asked.secret, &text, &wanted.name).await,
    };
    let arn = stored.map_err(|failure| {
        let stopped = Stopped::from(failure);
        stopped.hint(
            "the access token is made and its value is lost: run this again, and it gets a new one",
        )
    })?;
    Ok(Applied::Secret { arn, expires_at })
}

async fn commit(
    content: Content,
    wanted: &Wanted,
    found: &FoundProject,
    secret_arn: Option<&str>,
    gitlab: &Gitlab,
    skeleton: &Skeleton,
) -> Result<Commit, NotApplied> {
    let of = Of::Number(found.project.id);
    let branch = found
        .project
        .default_branch
        .as_deref()
        .unwrap_or(&wanted.default_branch);
    let (files, there) = match content {
        Content::First => {
            let files = first_commit::files(wanted, skeleton, secret_arn)?;
            let verdict = gitlab.lint(&of, &first_commit::pipeline(&files)).await?;
            if !verdict.valid {
                return Err(refused(wanted, &verdict.errors).into());
            }
            (files, Vec::new())
        }
        Content::Adopted => {
            let tree = gitlab
                .tree(&of, branch, Tree::Whole)
                .await?
                .unwrap_or_default();
            let there: Vec<String> = tree.into_iter().map(|blob| blob.path).collect();
            let files = first_commit::adopted(wanted, skeleton, secret_arn, &there)?;
            (files, there)
        }
        Content::Catalog => {
            let bytes = gitlab.file(&of, branch, CATALOG_PATH).await?;
            let text = bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let lock = found.lock.clone();
            let lock = lock.unwrap_or_else(|| first_commit::fresh_lock(wanted, skeleton));
            let files = first_commit::catalog_update(wanted, lock, text.as_deref(), secret_arn)?;
            let mut there = vec![LOCK.to_owned()];
            there.extend(text.map(|_| CATALOG_PATH.to_owned()));
            (files, there)
        }
    };
    let actions: Vec<Action> = files
        .into_iter()
        .map(|file| match there.contains(&file.path) {
            true => Action::Update {
                path: file.path,
                content: file.content,
            },
            false => Action::Create {
                path: file.path,
                content: file.content,
            },
        })
        .collect();
    let message = content.message(wanted, skeleton);
    Ok(gitlab
        .commit(&of, Onto::Branch(branch), &message, &actions)
        .await?)
}

fn refused(wanted: &Wanted, errors: &[String]) -> Stopped {
    let mut error = Error::precondition(format!(
        "GitLab does not take the pipeline of `{}`; nothing is committed",
        wanted.path()
    ));
    for one in errors.iter().take(10) {
        error = error.caused_by(Cause::line(crate::rollout::clean(one, 300)));
    }
    Stopped::new(
        "pipeline_refused",
        error.hint(format!(
            "the operator publishes the templates to `{}` (`baws-ci template publish`), visible to everybody who runs pipelines: internal",
            wanted.templates.project
        )),
    )
}

/// For the report: where the catalog entry will be found.
pub(super) fn entity_ref(component: &catalog::Component) -> String {
    format!("component:default/{}", component.name)
}
