//! Versions of the templates, as their operator makes them.

use std::path::{Path, PathBuf};

use crate::support::Hub;
use crate::support::hub::Told;

/// A version of the templates in a directory of the test's own, made from what this program carries.
pub(super) struct Templates {
    pub(super) directory: PathBuf,
}

impl Templates {
    /// Like 1.0.0, but for VERSION and the change log.
    pub(super) fn of(hub: &Hub, version: &str) -> Self {
        let directory = hub.room.path().join(format!("templates-{version}"));
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline-templates");
        copy(&own, &directory);
        let own = Templates { directory };
        if version == "1.0.0" {
            return own;
        }
        let news = format!("## {version}\n\n- News of {version}.\n\n## 1.0.0\n");
        own.plus("VERSION", &format!("{version}\n"))
            .with("CHANGELOG.md", "## 1.0.0\n", &news)
    }

    /// Of three kinds only, which is quicker.
    pub(super) fn few(hub: &Hub, version: &str) -> Self {
        let all = Templates::of(hub, version);
        let kept = ["nodejs", "python-flask", "terraform"];
        for place in ["templates", "samples"] {
            let found = std::fs::read_dir(all.directory.join(place)).expect("it is a directory");
            for entry in found {
                let path = entry.expect("it can be read").path();
                let kind = path.file_stem().and_then(|stem| stem.to_str());
                if kind.is_some_and(|kind| kept.contains(&kind)) {
                    continue;
                }
                let gone = match path.is_dir() {
                    true => std::fs::remove_dir_all(path),
                    false => std::fs::remove_file(path),
                };
                gone.expect("it is ours");
            }
        }
        all
    }

    #[track_caller]
    pub(super) fn with(self, path: &str, from: &str, to: &str) -> Self {
        let file = self.directory.join(path);
        let text = std::fs::read_to_string(&file).expect("it is one of the templates' files");
        assert!(text.contains(from), "{path} has no {from:?}: {text}");
        self.plus(path, &text.replace(from, to))
    }

    pub(super) fn plus(self, path: &str, text: &str) -> Self {
        let file = self.directory.join(path);
        let above = file.parent().expect("a file is in a directory");
        std::fs::create_dir_all(above).expect("it is ours");
        std::fs::write(file, text).expect("it is ours");
        self
    }

    pub(super) fn without(self, path: &str) -> Self {
        std::fs::remove_file(self.directory.join(path)).expect("it is one of the templates' files");
        self
    }

    pub(super) fn publish(&self, hub: &Hub, words: &[&str]) -> Told {
        let directory = self.directory.to_str().expect("it is UTF-8");
        let mut all = vec!["template", "publish", "--templates", directory];
        all.extend(words);
        hub.run(&all)
    }

    /// Published.
    #[track_caller]
    pub(super) fn out(self, hub: &Hub) -> Self {
        self.publish(hub, &[]).is(0);
        self
    }
}

/// Like 1.0.0, but for the port in the Dockerfile of Node applications.
pub(super) fn other_port(hub: &Hub, version: &str) -> Templates {
    let port = format!("PORT=8{}", version.replace('.', ""));
    Templates::few(hub, version).with("samples/nodejs/Dockerfile", "PORT=8080", &port)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("it is ours");
    for entry in std::fs::read_dir(from).expect("it is a directory") {
        let entry = entry.expect("it can be read");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("it has a type").is_dir() {
            true => copy(&entry.path(), &target),
            false => {
                std::fs::copy(entry.path(), target).expect("it is ours");
            }
        }
    }
}
