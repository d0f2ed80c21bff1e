//! Runners as GitLab keeps them: made, looked at, asked whether their token is good, removed. Source: GitLab REST API, "Users"
//! (create a runner linked to a user) and "Runners".

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::{Failure, Gitlab, Kind};
use crate::job::Secret;

/// Whose jobs a runner takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunnerScope {
    Instance,
    /// Its number, and its path for people.
    Group(u64, String),
    Project(u64, String),
}

/// What a runner is made with. What is `None` or empty is GitLab's to choose.
#[derive(Clone, Debug)]
pub(crate) struct NewRunner {
    pub(crate) scope: RunnerScope,
    pub(crate) description: String,
    pub(crate) tags: Vec<String>,
    pub(crate) run_untagged: bool,
    pub(crate) locked: bool,
    /// Takes jobs of protected refs only.
    pub(crate) protected: bool,
    pub(crate) maximum_timeout_secs: Option<u64>,
    /// At most 1024 characters, for administrators.
    pub(crate) note: String,
}

/// The answer that alone holds the token (`glrt-…`).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MadeRunner {
    pub(crate) id: u64,
    pub(crate) token: Secret,
}

/// A runner as its owners see it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct OwnRunner {
    pub(crate) id: u64,
    #[serde(default)]
    pub(crate) description: Option<String>,
    /// `online`, `offline`, `stale` or `never_contacted`.
    #[serde(default)]
    pub(crate) status: String,
    /// Only of a runner that is looked at by itself.
    #[serde(default)]
    pub(crate) maintenance_note: Option<String>,
}

impl Gitlab {
    /// Makes one; its token is told this once.
    pub(crate) async fn create_runner(&self, new: &NewRunner) -> Result<MadeRunner, Failure> {
        let mut body = json!({
            "description": new.description,
            "run_untagged": new.run_untagged,
            "locked": new.locked,
            "access_level": if new.protected { "ref_protected" } else { "not_protected" },
            "maintenance_note": new.note,
        });
        let mut set = |key: &str, value: Value| body[key] = value;
        match &new.scope {
            RunnerScope::Instance => set("runner_type", "instance_type".into()),
            RunnerScope::Group(number, _) => {
                set("runner_type", "group_type".into());
                set("group_id", (*number).into());
            }
            RunnerScope::Project(number, _) => {
                set("runner_type", "project_type".into());
                set("project_id", (*number).into());
            }
        }
        if !new.tags.is_empty() {
            set("tag_list", new.tags.join(",").into());
        }
        if let Some(secs) = new.maximum_timeout_secs {
            set("maximum_timeout", secs.into());
        }
        let doing = format!("make the runner `{}`", new.description);
        self.value(&doing, &Call::post("user/runners", body)).await
    }

    /// Those among which one of that scope is: of the whole GitLab for an administrator, else those of this token's user.
    pub(crate) async fn runners_for(&self, scope: &RunnerScope) -> Result<Vec<OwnRunner>, Failure> {
        let path = match scope {
            RunnerScope::Instance => "runners/all",
            RunnerScope::Group(..) | RunnerScope::Project(..) => "runners",
        };
        self.all("list the runners", &Call::get(path)).await
    }

    /// `None`: it is not there.
    pub(crate) async fn runner(&self, id: u64) -> Result<Option<OwnRunner>, Failure> {
        let call = Call::get(format!("runners/{id}"));
        self.value_if_any(&format!("look at the runner {id}"), &call)
            .await
    }

    /// A new token for a runner; the old one is good no longer.
    pub(crate) async fn reset_runner_token(&self, id: u64) -> Result<Secret, Failure> {
        #[derive(Deserialize)]
        struct Answer {
            token: Secret,
        }
        let call = Call::post(
            format!("runners/{id}/reset_authentication_token"),
            json!({}),
        );
        let doing = format!("give the runner {id} a new token");
        let answer: Answer = self.value(&doing, &call).await?;
        Ok(answer.token)
    }

    /// The number of the runner whose token it is; `None`: GitLab does not know the token.
    pub(crate) async fn verify_runner(&self, token: &Secret) -> Result<Option<u64>, Failure> {
        #[derive(Deserialize)]
        struct Answer {
            id: u64,
        }
        let call = Call::post("runners/verify", json!({"token": token.reveal()}));
        let answer: Result<Answer, Failure> = self.value("look at the runner's token", &call).await;
        match answer {
            Ok(answer) => Ok(Some(answer.id)),
            Err(failure) => match failure.kind {
                Kind::Forbidden | Kind::NotFound => Ok(None),
                _ => Err(failure),
            },
        }
    }

    /// Whether it was there.
    pub(crate) async fn delete_runner(&self, id: u64) -> Result<bool, Failure> {
        let call = Call::delete(format!("runners/{id}"));
        let done = self.done(&format!("remove the runner {id}"), &call).await;
        Ok(super::failure::if_any(done)?.is_some())
    }
}
