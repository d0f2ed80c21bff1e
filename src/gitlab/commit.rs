//! Commits that are made through the API, and tags. Source: GitLab REST API, "Commits", "Tags".

use gitlab::api::projects::repository::commits::{CommitAction, CommitActionType, CreateCommit};
use gitlab::api::projects::repository::files::Encoding;
use gitlab::api::projects::repository::tags;
use serde::Deserialize;

use super::failure::built;
use super::{Failure, Gitlab, Of};

/// What becomes of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Create { path: String, content: Vec<u8> },
    Update { path: String, content: Vec<u8> },
    Delete { path: String },
    MakeExecutable { path: String },
    MakePlain { path: String },
}

impl Action {
    pub(crate) fn path(&self) -> &str {
        match self {
            Action::Create { path, .. }
            | Action::Update { path, .. }
            | Action::Delete { path }
            | Action::MakeExecutable { path }
            | Action::MakePlain { path } => path,
        }
    }
}

/// Where a commit goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Onto<'a> {
    /// On top of the branch; in an empty project it makes it.
    Branch(&'a str),
    /// The branch becomes this commit and one more, whatever it held.
    Anew { branch: &'a str, start: &'a str },
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Commit {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) title: String,
}

#[derive(Deserialize)]
struct Tag {
    commit: Commit,
}

impl Gitlab {
    /// All actions or none.
    pub(crate) async fn commit(
        &self,
        of: &Of<'_>,
        onto: Onto<'_>,
        message: &str,
        actions: &[Action],
    ) -> Result<Commit, Failure> {
        let doing = match onto {
            Onto::Branch(branch) | Onto::Anew { branch, .. } => format!("commit to `{branch}`"),
        };
        let strange = |error: String| Failure::strange(&doing, &error);
        let mut endpoint = CreateCommit::builder();
        endpoint.project(of).commit_message(message).stats(false);
        match onto {
            Onto::Branch(branch) => endpoint.branch(branch),
            Onto::Anew { branch, start } => endpoint.branch(branch).start_sha(start).force(true),
        };
        for action in actions {
            let mut one = CommitAction::builder();
            one.file_path(action.path());
            match action {
                Action::Create { content, .. } => {
                    one.action(CommitActionType::Create).content(content)
                }
                Action::Update { content, .. } => {
                    one.action(CommitActionType::Update).content(content)
                }
                Action::Delete { .. } => one.action(CommitActionType::Delete),
                Action::MakeExecutable { .. } => {
                    one.action(CommitActionType::Chmod).execute_filemode(true)
                }
                Action::MakePlain { .. } => {
                    one.action(CommitActionType::Chmod).execute_filemode(false)
                }
            };
            // Line ends and the end of a file come through as they are in this form only.
            if let Action::Create { .. } | Action::Update { .. } = action {
                one.encoding(Encoding::Base64);
            }
            endpoint.action(one.build().map_err(|error| strange(error.to_string()))?);
        }
        let endpoint = endpoint
            .build()
            .map_err(|error| strange(error.to_string()))?;
        self.value(&doing, &endpoint).await
    }

    /// One commit; `None`: it is not there.
    pub(crate) async fn commit_of(&self, of: &Of<'_>, id: &str) -> Result<Option<Commit>, Failure> {
        let doing = format!("look at the commit {id}");
        let call = super::call::Call::get(format!("projects/{of}/repository/commits/{id}"));
        self.value_if_any(&doing, &call).await
    }

    /// The newest commit of a branch; `None` where there is no such branch.
    pub(crate) async fn head(&self, of: &Of<'_>, branch: &str) -> Result<Option<String>, Failure> {
        let doing = format!("look at the branch `{branch}`");
        let endpoint = gitlab::api::projects::repository::branches::Branch::builder()
            .project(of)
            .branch(branch)
            .build();
        let endpoint = built(&doing, endpoint)?;
        let found: Option<Tag> = self.value_if_any(&doing, &endpoint).await?;
        Ok(found.map(|branch| branch.commit.id))
    }

    /// The commit that a tag names; `None` where there is no such tag.
    pub(crate) async fn tag(&self, of: &Of<'_>, name: &str) -> Result<Option<String>, Failure> {
        let doing = format!("look at the tag `{name}`");
        let endpoint = tags::Tag::builder().project(of).tag_name(name).build();
        let endpoint = built(&doing, endpoint)?;
        let found: Option<Tag> = self.value_if_any(&doing, &endpoint).await?;
        Ok(found.map(|tag| tag.commit.id))
    }

    /// Names of all tags.
    pub(crate) async fn tags(&self, of: &Of<'_>) -> Result<Vec<String>, Failure> {
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        let doing = "list the tags";
        let endpoint = tags::Tags::builder().project(of).build();
        let endpoint = built(doing, endpoint)?;
        let found: Vec<Named> = self.all(doing, &endpoint).await?;
        Ok(found.into_iter().map(|tag| tag.name).collect())
    }

    pub(crate) async fn create_tag(
        &self,
        of: &Of<'_>,
        name: &str,
        commit: &str,
        message: &str,
    ) -> Result<(), Failure> {
        let doing = format!("make the tag `{name}`");
        let endpoint = tags::CreateTag::builder()
            .project(of)
            .tag_name(name)
            .ref_(commit)
            .message(message)
            .build();
        let endpoint = built(&doing, endpoint)?;
        self.done(&doing, &endpoint).await
    }
}
