//! One case, and the git repository that it becomes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use tempfile::TempDir;

use crate::support::job::PROGRAM;

#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    directory: PathBuf,
    /// By event.
    pub(super) jobs: BTreeMap<String, Vec<String>>,
    pub(super) error: Option<Wrong>,
    changed: Vec<String>,
    variables: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) words: String,
    pub(super) line: Option<u64>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    jobs: BTreeMap<String, Vec<String>>,
    error: Option<String>,
    line: Option<u64>,
    #[serde(default)]
    changed: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
}

/// What lint said.
#[derive(Debug, Deserialize)]
pub(super) struct Told {
    pub(super) severity: String,
    pub(super) text: String,
    pub(super) line: u64,
}

impl Case {
    pub(super) fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines");
        let entries = std::fs::read_dir(&root)
            .expect("the cases are here")
            .flatten();
        let mut cases: Vec<Case> = entries
            .map(|entry| entry.path())
            .filter(|path| path.join("case.toml").exists())
            .map(Case::read)
            .collect();
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        cases
    }

    fn read(directory: PathBuf) -> Self {
        let text = std::fs::read_to_string(directory.join("case.toml")).expect("it is there");
        let written: Written = toml::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", directory.display()));
        Case {
            name: directory
                .file_name()
                .expect("it has a name")
                .to_string_lossy()
                .into_owned(),
            jobs: written.jobs,
            error: written.error.map(|words| Wrong {
                words,
                line: written.line,
            }),
            changed: written.changed,
            variables: written.variables,
            directory,
        }
    }

    /// A sample of the templates.
    pub(super) fn of_sample(directory: PathBuf) -> Self {
        Case {
            name: directory.display().to_string(),
            directory,
            jobs: BTreeMap::new(),
            error: None,
            changed: Vec::new(),
            variables: BTreeMap::new(),
        }
    }

    /// A repository whose last commit is what the event is about.
    pub(super) fn on<'a>(&'a self, event: &'a str) -> Repository<'a> {
        let place = TempDir::with_prefix("baws-it-").expect("there is room");
        let root = place.path().join("app");
        copy(&self.directory, &root);
        let repository = Repository {
            case: self,
            event,
            root,
            _place: place,
        };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.git(&[
            "remote",
            "add",
            "origin",
            "git@gitlab.example:group/app.git",
        ]);
        repository.git(&["add", "--all"]);
        for path in self
            .changed
            .iter()
            .filter(|path| repository.root.join(path).exists())
        {
            repository.git(&["rm", "--quiet", "--cached", path]);
        }
        repository.git(&["commit", "--quiet", "--allow-empty", "--message=before"]);
        if matches!(event, "branch" | "merge_request") {
            repository.git(&["checkout", "--quiet", "-b", "feature/one"]);
        }
        for path in &self.changed {
            let path = repository.root.join(path);
            std::fs::create_dir_all(path.parent().expect("it is below the root"))
                .expect("there is room");
            if !path.exists() {
                std::fs::write(path, "changed\n").expect("there is room");
            }
        }
        repository.git(&["add", "--all"]);
        repository.git(&["commit", "--quiet", "--allow-empty", "--message=the event"]);
        if event == "tag" {
            repository.git(&["tag", "v1.2.0"]);
        }
        repository
    }
}

/// Files of the case that belong to its project.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("there is room");
    for entry in std::fs::read_dir(from).expect("it is there").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if name == "case.toml" || name == "projects" {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).expect("there is room");
        }
    }
}

pub(super) struct Repository<'a> {
    case: &'a Case,
    event: &'a str,
    root: PathBuf,
    _place: TempDir,
}

impl Repository<'_> {
    fn git(&self, words: &[&str]) {
        let mut command = self.command("git");
        let done = command.args(words).output().expect("git is installed");
        assert!(
            done.status.success(),
            "git {words:?}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        for person in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{person}_NAME"), "Ada")
                .env(format!("GIT_{person}_EMAIL"), "ada@example.test");
        }
        command
    }

    /// Where the other projects of the case are.
    fn maps(&self) -> Vec<String> {
        let projects = self.case.directory.join("projects");
        let below = |directory: &Path| -> Vec<PathBuf> {
            let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect()
        };
        let found = below(&projects).into_iter().flat_map(|group| below(&group));
        let name = |path: &Path| {
            path.strip_prefix(&projects)
                .expect("it is below")
                .display()
                .to_string()
        };
        let shipped = ["--map", "platform/pipeline-templates=shipped"].map(str::to_owned);
        let others = found.flat_map(|path| {
            let map = format!("{}={}", name(&path), path.display());
            ["--map".to_owned(), map]
        });
        shipped.into_iter().chain(others).collect()
    }

    pub(super) fn lint(&self) -> Vec<Told> {
        #[derive(Deserialize)]
        struct Report {
            files: Vec<OfFile>,
        }
        #[derive(Deserialize)]
        struct OfFile {
            faults: Vec<Told>,
        }
        let mut command = self.command(PROGRAM);
        command
            .args(["template", "lint", "--json"])
            .args(self.maps())
            .arg(".gitlab-ci.yml");
        let done = command.output().expect("the program runs");
        let report: Report = serde_json::from_slice(&done.stdout).unwrap_or_else(|error| {
            panic!(
                "{}: {error}: {}",
                self.case.name,
                String::from_utf8_lossy(&done.stderr)
            )
        });
        report
            .files
            .into_iter()
            .flat_map(|file| file.faults)
            .collect()
    }

    /// The names of the jobs; or what was said instead.
    pub(super) fn jobs(&self) -> Result<Vec<String>, String> {
        #[derive(Deserialize)]
        struct Plan {
            jobs: Vec<Job>,
        }
        #[derive(Deserialize)]
        struct Job {
            name: String,
        }
        let event = if self.event == "branch" {
            "push"
        } else {
            self.event
        };
        let mut command = self.command(PROGRAM);
        command
            .args(["local", "--list", "--json", "--event", event])
            .args(self.maps());
        for (key, value) in &self.case.variables {
            command.args(["--var", &format!("{key}={value}")]);
        }
        let done = command.output().expect("the program runs");
        let plan: Plan = serde_json::from_slice(&done.stdout)
            .map_err(|_| String::from_utf8_lossy(&done.stderr).into_owned())?;
        Ok(plan.jobs.into_iter().map(|job| job.name).collect())
    }
}
