//! The lock of a repository: which templates it was made from, by which answers, and what was rendered, by git's blob ids.
//!
//! GitLab is the memory: this file in the repository says everything that a later update has to know, and people may write
//! `hold` and `pin` into it. Read next: `skeleton` (what is rendered), `state` (what became of it).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::version::Version;
use crate::error::{Cause, Error, Result};
use crate::yaml::edit::{self, Step, Value as Text};

/// Where it stands.
pub(crate) const PATH: &str = ".baws/templates.lock.yaml";
const SCHEMA: &str = "baws-ci/lock/1";
const HEAD: &str = "\
# Written by baws-ci: what this repository was made from. `hold: true` keeps updates of the templates away;
# `pin: \"1.4\"` leaves room for 1.4.x alone.
";

/// What a repository was made from.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    schema: String,
    /// The kind.
    pub(crate) template: String,
    /// What the application is called.
    pub(crate) name: String,
    version: String,
    /// The project that holds the templates.
    pub(crate) project: String,
    /// Included as a component.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) component: bool,
    #[serde(default)]
    pub(crate) inputs: Map<String, Value>,
    #[serde(default)]
    pub(crate) hold: bool,
    #[serde(default)]
    pub(crate) pin: Option<Pin>,
    /// Blob ids of what was rendered, by path.
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    /// The same of files that are made once, and whose later contents are nobody's business but their owner's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) once: BTreeMap<String, String>,
    /// Of `files`, those that people had removed when the last update looked: they stay away, and nobody misses them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) removed: BTreeMap<String, String>,
}

/// As it is written: YAML would make 1.1 of `1.10`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pin(String);

impl Pin {
    pub(crate) fn text(&self) -> String {
        self.0.clone()
    }
}

impl Serialize for Pin {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Pin {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Pin(text)),
            Value::Number(number) => Ok(Pin(number.to_string())),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(
                serde::de::Error::custom("`pin` is a version, such as \"1.4\""),
            ),
        }
    }
}

/// The number of a pin as people wrote it.
fn written_pin(text: &str) -> Option<Pin> {
    let (documents, _) = crate::yaml::read(text, 0).ok()?;
    match &documents.first()?.as_map()?.get("pin")?.kind {
        crate::yaml::Kind::Number(number) => Some(Pin(number.written.to_string())),
        crate::yaml::Kind::Null
        | crate::yaml::Kind::Bool(_)
        | crate::yaml::Kind::Text(_)
        | crate::yaml::Kind::List(_)
        | crate::yaml::Kind::Map(_)
        | crate::yaml::Kind::Reference(_) => None,
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(is: &bool) -> bool {
    !is
}

impl Lock {
    pub(crate) fn new(template: &str, name: &str, version: Version, project: &str) -> Self {
        Lock {
            schema: SCHEMA.to_owned(),
            template: template.to_owned(),
            name: name.to_owned(),
            version: version.to_string(),
            project: project.to_owned(),
            component: false,
            inputs: Map::new(),
            hold: false,
            pin: None,
            files: BTreeMap::new(),
            once: BTreeMap::new(),
            removed: BTreeMap::new(),
        }
    }

    /// # Errors
    /// `Precondition` for what is no lock, or one of a later program.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let wrong = |why: String| {
            Error::precondition(format!("`{PATH}` cannot be read"))
                .caused_by(Cause::line(crate::rollout::clean(&why, 300)))
                .hint("whoever changed it takes the last good one from the repository's history; `bootstrap-repo --adopt` writes a new one")
        };
        if bytes.len() > 1 << 20 {
            return Err(wrong("it is larger than 1 MiB".to_owned()));
        }
        let mut lock: Lock =
            serde_yaml::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        if let Some(pin) = std::str::from_utf8(bytes).ok().and_then(written_pin) {
            lock.pin = Some(pin);
        }
        if lock.schema != SCHEMA {
            return Err(wrong(format!(
                "its schema is `{}`; this program reads {SCHEMA}",
                lock.schema
            )));
        }
        lock.version.parse::<Version>().map_err(wrong)?;
        Ok(lock)
    }

    pub(crate) fn version(&self) -> Version {
        self.version
            .parse()
            .expect("a lock is read or made with a good version")
    }

    pub(crate) fn set_version(&mut self, version: Version) {
        self.version = version.to_string();
    }

    /// `text` with what this lock says now; what people wrote into it stays, where it can.
    pub(crate) fn written_into(&self, text: &[u8]) -> Result<Vec<u8>> {
        let edited = std::str::from_utf8(text)
            .ok()
            .and_then(|text| self.edited(text));
        match edited {
            Some(edited) => Ok(edited.into_bytes()),
            None => self.write(),
        }
    }

    fn edited(&self, text: &str) -> Option<String> {
        let before = Lock::read(text.as_bytes()).ok()?;
        let set = |text: &str, path: &[&str], value: &str| {
            let path: Vec<Step<'_>> = path.iter().map(|key| Step::Key(key)).collect();
            edit::set(text, &path, &Text::text(value)).ok()
        };
        let mut edited = set(text, &["version"], &self.version)?;
        for (place, then, now) in [
            ("files", &before.files, &self.files),
            ("once", &before.once, &self.once),
            ("removed", &before.removed, &self.removed),
        ] {
            for (path, id) in now.iter().filter(|(path, id)| then.get(*path) != Some(*id)) {
                edited = set(&edited, &[place, path], id)?;
            }
            for path in then.keys().filter(|path| !now.contains_key(*path)) {
                let way = [Step::Key(place), Step::Key(path)];
                edited = edit::remove(&edited, &way).ok()?;
            }
        }
        (Lock::read(edited.as_bytes()).ok()? == *self).then_some(edited)
    }

    pub(crate) fn write(&self) -> Result<Vec<u8>> {
        let text = serde_yaml::to_string(self)
            .map_err(|error| Error::system(format!("cannot write `{PATH}`")).caused_by(error))?;
        Ok(format!("{HEAD}{text}").into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_comes_back_as_it_was_written() {
        let mut lock = Lock::new("nodejs", "shop", "1.0.0".parse().unwrap(), "p/templates");
        lock.inputs
            .insert("production".to_owned(), Value::Bool(true));
        lock.inputs.insert(
            "account".to_owned(),
            Value::String("012345678901".to_owned()),
        );
        lock.files
            .insert(".gitlab-ci.yml".to_owned(), "e69de29b".to_owned());
        assert_eq!(Lock::read(&lock.write().unwrap()).unwrap(), lock);
    }

    #[test]
    fn what_people_wrote_into_a_lock_stays() {
        let text = "schema: baws-ci/lock/1\ntemplate: a\nname: b # mine\nversion: 1.0.0\nproject: p/t\n# until spring\npin: 1\nfiles:\n  Dockerfile: aa\n  gone: bb\n";
        let mut lock = Lock::read(text.as_bytes()).unwrap();
        lock.set_version("1.2.0".parse().unwrap());
        lock.files = BTreeMap::from([
            ("Dockerfile".to_owned(), "cc".to_owned()),
            (".gitlab-ci.yml".to_owned(), "dd".to_owned()),
        ]);
        let written = String::from_utf8(lock.written_into(text.as_bytes()).unwrap()).unwrap();
        insta::assert_snapshot!(written, @r#"
        schema: baws-ci/lock/1
        template: a
        name: b # mine
        version: 1.2.0
        project: p/t
        # until spring
        pin: 1
        files:
          Dockerfile: cc
          ".gitlab-ci.yml": dd
        "#);
    }

    #[test]
    fn people_may_write_a_pin_as_a_number() {
        let text = "schema: baws-ci/lock/1\ntemplate: a\nname: b\nversion: 1.0.0\nproject: p/t\npin: 1.10\n";
        let lock = Lock::read(text.as_bytes()).unwrap();
        assert_eq!(lock.pin.unwrap().text(), "1.10");
    }

    #[test]
    fn what_is_no_lock_is_told() {
        for wrong in [
            "",
            "a: [",
            "schema: baws-ci/lock/2\ntemplate: a\nname: b\nversion: 1.0.0\nproject: x\n",
            "\u{0}",
        ] {
            let error = Lock::read(wrong.as_bytes()).unwrap_err();
            assert!(error.to_string().contains(PATH), "{wrong}");
        }
    }
}
