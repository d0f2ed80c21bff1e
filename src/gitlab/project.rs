//! Projects and their settings. Source: GitLab REST API, "Projects".

use gitlab::api::projects;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::failure::built;
use super::{Failure, Gitlab, Group, Of};

/// Settings by GitLab's own names.
pub(crate) type Settings = Map<String, Value>;

/// A project as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Project {
    pub(crate) id: u64,
    /// With all groups.
    pub(crate) path: String,
    pub(crate) web_url: String,
    pub(crate) clone_url: String,
    /// `None`: nothing was committed yet.
    pub(crate) default_branch: Option<String>,
    pub(crate) is_archived: bool,
    pub(crate) is_mirror: bool,
    /// The day on which it goes.
    pub(crate) deletion_on: Option<String>,
    pub(crate) topics: Vec<String>,
    /// Everything that GitLab tells of it.
    pub(crate) settings: Settings,
}

#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Raw(Settings);

impl From<Raw> for Project {
    fn from(Raw(settings): Raw) -> Self {
        let text = |name: &str| {
            settings
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let is = |name: &str| settings.get(name).and_then(Value::as_bool) == Some(true);
        let topics = settings.get("topics").and_then(Value::as_array);
        Project {
            id: settings
                .get("id")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
            path: text("path_with_namespace").unwrap_or_default(),
            web_url: text("web_url").unwrap_or_default(),
            clone_url: text("http_url_to_repo").unwrap_or_default(),
            default_branch: text("default_branch").filter(|_| !is("empty_repo")),
            is_archived: is("archived"),
            is_mirror: is("mirror"),
            deletion_on: text("marked_for_deletion_on").or_else(|| text("marked_for_deletion_at")),
            topics: topics.map_or_else(Vec::new, |topics| {
                let names = topics.iter().filter_map(Value::as_str);
                names.map(str::to_owned).collect()
            }),
            settings,
        }
    }
}

impl Gitlab {
    /// `None`: it is not there, or this token may not see it.
    pub(crate) async fn project(&self, of: &Of<'_>) -> Result<Option<Project>, Failure> {
        let doing = match of {
            Of::Number(number) => format!("look at the project {number}"),
            Of::Path(path) => format!("look at the project `{path}`"),
        };
        let endpoint = projects::Project::builder().project(of).build();
        let endpoint = built(&doing, endpoint)?;
        let raw: Option<Raw> = self.value_if_any(&doing, &endpoint).await?;
        Ok(raw.map(Project::from))
    }

    /// The paths of all projects that this token sees, by key, for it may be any number.
    pub(crate) async fn project_paths(&self) -> Result<Vec<String>, Failure> {
        let call = Call::get("projects?simple=true&order_by=id");
        let rows: Vec<Raw> = self.all_by_key("list the projects", &call).await?;
        Ok(rows
            .into_iter()
            .map(|row| Project::from(row).path)
            .collect())
    }

    /// An empty project: its first commit is to be ours.
    pub(crate) async fn create_project(
        &self,
        group: &Group,
        name: &str,
        settings: &Settings,
    ) -> Result<Project, Failure> {
        let mut body = settings.clone();
        body.insert("name".to_owned(), json!(name));
        body.insert("path".to_owned(), json!(name));
        body.insert("namespace_id".to_owned(), json!(group.id));
        let doing = format!("make the project `{}/{name}`", group.full_path);
        let raw: Raw = self
            .value(&doing, &Call::post("projects", Value::Object(body)))
            .await?;
        Ok(Project::from(raw))
    }

    /// Changes these settings and no other.
    pub(crate) async fn edit_project(
        &self,
        of: &Of<'_>,
        settings: &Settings,
    ) -> Result<(), Failure> {
        let call = Call::put(format!("projects/{of}"), Value::Object(settings.clone()));
        self.done("change the project's settings", &call).await
    }
}
