//! Groups, and the projects in one.

use gitlab::api::groups::{self, projects::GroupProjects};
use serde::Deserialize;

use super::failure::built;
use super::project::Raw;
use super::{Failure, Gitlab, Project};

/// A place for projects.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) full_path: String,
    /// `private`, `internal` or `public`.
    pub(crate) visibility: String,
}

/// A user's own place has no visibility.
#[derive(Deserialize)]
struct Namespace {
    id: u64,
    full_path: String,
}

impl Gitlab {
    /// The group, or the user's own namespace, of that path. `None`: it is not there, or this token may not see it. Source:
    /// GitLab REST API, "Groups" and "Namespaces".
    pub(crate) async fn group(&self, path: &str) -> Result<Option<Group>, Failure> {
        let doing = format!("look up the group `{path}`");
        let endpoint = groups::Group::builder().group(path).build();
        let endpoint = built(&doing, endpoint)?;
        if let Some(group) = self.value_if_any(&doing, &endpoint).await? {
            return Ok(Some(group));
        }
        let endpoint = gitlab::api::namespaces::Namespace::builder()
            .namespace(path)
            .build();
        let endpoint = built(&doing, endpoint)?;
        let found: Option<Namespace> = self.value_if_any(&doing, &endpoint).await?;
        Ok(found.map(|found| Group {
            id: found.id,
            full_path: found.full_path,
            visibility: "public".to_owned(),
        }))
    }

    /// All projects of a group and of the groups in it, archived ones too. Source: GitLab REST API, "Groups", list projects; by
    /// key, for it may be any number.
    pub(crate) async fn projects(&self, group: &str) -> Result<Vec<Project>, Failure> {
        let doing = format!("list the projects of `{group}`");
        let endpoint = GroupProjects::builder()
            .group(group)
            .include_subgroups(true)
            .with_shared(false)
            .order_by(groups::projects::GroupProjectsOrderBy::Id)
            .build();
        let endpoint = built(&doing, endpoint)?;
        let rows: Vec<Raw> = self.all_by_key(&doing, &endpoint).await?;
        Ok(rows.into_iter().map(Project::from).collect())
    }
}
