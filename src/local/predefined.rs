//! The variables GitLab would set: as far as a work tree knows them. What it cannot know is left out, not made up.
//!
//! Source of names and meanings: GitLab's reference of predefined CI/CD variables.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::commit::{commit, default_branch};
use super::remote::Remote;
use super::started::started_by;
use super::work_tree::WorkTree;
use crate::job::Variable;
use crate::pipeline::{EventKind, Job};

/// What the jobs of one run have in common.
pub(super) struct Project {
    /// `group/name`: from the address of `origin`, else `local/<directory>`.
    pub(super) path: String,
    /// Stable for this work tree.
    pub(super) id: u64,
    /// The branch or tag of the event.
    pub(super) ref_name: String,
    pub(super) default_branch: String,
    variables: Vec<(&'static str, String)>,
}

impl Project {
    pub(super) fn of(tree: &WorkTree, pipeline_id: u64, event: EventKind) -> Self {
        let origin = tree
            .ask(&["remote", "get-url", "origin"])
            .map(|url| Remote::of(&url).url);
        let address = origin
            .as_deref()
            .and_then(address)
            .filter(|_| tree.part_of.is_none());
        let directory = tree
            .root
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let path = match &address {
            Some((_, path)) => path.clone(),
            None => format!("local/{}", slug(&directory, 63)),
        };
        let id = stable_number(&tree.root.to_string_lossy());
        let (namespace, name) = path.rsplit_once('/').unwrap_or(("local", &path));
        let mut variables: Vec<(&'static str, String)> = vec![
            ("CI", "true".into()),
            ("GITLAB_CI", "true".into()),
            ("CI_PIPELINE_ID", pipeline_id.to_string()),
            ("CI_PIPELINE_IID", pipeline_id.to_string()),
            ("CI_PIPELINE_SOURCE", event.source().into()),
            ("CI_PIPELINE_CREATED_AT", timestamp(SystemTime::now())),
            ("CI_PROJECT_ID", id.to_string()),
            ("CI_PROJECT_NAME", name.to_owned()),
            ("CI_PROJECT_TITLE", name.to_owned()),
            ("CI_PROJECT_NAMESPACE", namespace.to_owned()),
            (
                "CI_PROJECT_ROOT_NAMESPACE",
                namespace.split('/').next().unwrap_or_default().to_owned(),
            ),
            ("CI_PROJECT_PATH", path.clone()),
            ("CI_PROJECT_PATH_SLUG", slug(&path, 63)),
        ];
        if let Some((host, path)) = address {
            variables.push((
                "CI_SERVER_HOST",
                host.split(':').next().unwrap_or(&host).to_owned(),
            ));
            variables.push(("CI_SERVER_URL", format!("https://{host}")));
            variables.push(("CI_API_V4_URL", format!("https://{host}/api/v4")));
            variables.push(("CI_PROJECT_URL", format!("https://{host}/{path}")));
        }
        for (name, key) in [
            ("GITLAB_USER_NAME", "user.name"),
            ("GITLAB_USER_EMAIL", "user.email"),
        ] {
            variables.extend(
                tree.ask(&["config", "--get", key])
                    .map(|value| (name, value)),
            );
        }
        variables.extend(commit(tree));
        let default_branch = default_branch(tree);
        let ref_name = started_by(event, tree, &path, &default_branch, &mut variables);
        Project {
            path,
            id,
            ref_name,
            default_branch,
            variables,
        }
    }

    /// The same for a pipeline that a job of this one starts.
    pub(super) fn child(&self, pipeline_id: u64) -> Self {
        let replaced = |(name, value): &(&'static str, String)| {
            let value = match *name {
                "CI_PIPELINE_ID" | "CI_PIPELINE_IID" => pipeline_id.to_string(),
                "CI_PIPELINE_SOURCE" => EventKind::Parent.source().to_owned(),
                _ => value.clone(),
            };
            (*name, value)
        };
        Project {
            path: self.path.clone(),
            id: self.id,
            ref_name: self.ref_name.clone(),
            default_branch: self.default_branch.clone(),
            variables: self.variables.iter().map(replaced).collect(),
        }
    }

    /// A predefined variable of the pipeline.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let known = self.variables.iter().find(|(key, _)| *key == name);
        known.map(|(_, value)| value.clone())
    }

    /// Everything predefined for one job.
    pub(super) fn variables(&self, job: &Job, job_id: u64) -> Vec<Variable> {
        let own = [
            ("CI_JOB_ID", job_id.to_string()),
            ("CI_JOB_NAME", job.name.clone()),
            ("CI_JOB_NAME_SLUG", slug(&job.name, 63)),
            ("CI_JOB_STAGE", job.stage.clone()),
            ("CI_JOB_STARTED_AT", timestamp(SystemTime::now())),
            (
                "CI_NODE_TOTAL",
                job.instance.as_ref().map_or(1, |one| one.total).to_string(),
            ),
        ];
        let index = job
            .instance
            .as_ref()
            .map(|one| ("CI_NODE_INDEX", one.index.to_string()));
        let all = self
            .variables
            .iter()
            .map(|(key, value)| (*key, value.clone()))
            .chain(own)
            .chain(index);
        all.map(|(key, value)| Variable {
            key: key.to_owned(),
            value,
            public: true,
            file: false,
            masked: false,
            raw: true,
        })
        .collect()
    }
}

/// Host and path of a repository, from an address over HTTP or SSH.
fn address(url: &str) -> Option<(String, String)> {
    let (authority, path) = match url.split_once("://") {
        Some(("http" | "https" | "ssh", rest)) => rest.split_once('/')?,
        Some(_) => return None,
        // git@host:group/project.git
        None => url.split_once(':').filter(|(host, _)| host.contains('@'))?,
    };
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let path = path.trim_matches('/').trim_end_matches(".git");
    let usable = path.contains('/')
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    usable.then(|| (host.to_owned(), path.to_owned()))
}

/// Lower case, everything but letters and digits a dash, no dash at either end. Source: GitLab, `Gitlab::Utils.slugify`.
pub(super) fn slug(text: &str, longest: usize) -> String {
    let lower = text.to_lowercase();
    let dashed: String = lower
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(longest)
        .collect();
    dashed.trim_matches('-').to_owned()
}

/// FNV-1a, in the range of ids.
fn stable_number(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    1 + hash % 2_000_000_000
}

/// `2024-05-06T07:08:09Z`.
fn timestamp(at: SystemTime) -> String {
    let secs = at
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs();
    let (days, day_secs) = (secs / 86_400, secs % 86_400);
    // Days since 1 March of the year 0, in years that begin in March. Source: Howard Hinnant, "chrono-compatible
    // low-level date algorithms".
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        day_secs / 3600,
        day_secs / 60 % 60,
        day_secs % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn project_paths_come_from_any_form_of_address() {
        for url in [
            "https://git.example.test/a/b/c.git",
            "git@git.example.test:a/b/c.git",
            "ssh://git@git.example.test/a/b/c",
        ] {
            assert_eq!(
                address(url),
                Some(("git.example.test".to_owned(), "a/b/c".to_owned())),
                "{url}"
            );
        }
        assert_eq!(
            [
                "/srv/a.git",
                "file:///srv/a.git",
                "https://host/one",
                "https://host/../x"
            ]
            .map(address),
            [const { None }; 4]
        );
    }

    #[test]
    fn slugs_and_times_have_gitlabs_form() {
        assert_eq!(slug("Feature/ÄB_1-", 63), "feature--b-1");
        let at = |secs| timestamp(UNIX_EPOCH + Duration::from_secs(secs));
        assert_eq!(
            [at(0), at(951_782_400), at(1_700_000_000)],
            [
                "1970-01-01T00:00:00Z",
                "2000-02-29T00:00:00Z",
                "2023-11-14T22:13:20Z"
            ]
        );
    }
}
