//! From one file to the merged tree of all: inputs filled in, includes below what includes them.

use crate::yaml::{self, Map, Node, Oddity, Place};

use super::super::expression::Lookup;
use super::super::fault::{Fault, Faults, Files, Rule, Severity};
use super::super::inputs::{Component, Given, Header, fill, split};
use super::super::tree::merged;
use super::super::{Conditions, Declared};
use super::conditions::applies;
use super::{Entry, Found, Library, Location, MOST_FILES, Missing, Origin, entries};

/// Everything merged, and what was met on the way.
pub(crate) struct Assembled {
    pub(crate) top: Map,
    /// Of the first file.
    pub(crate) inputs: Vec<Declared>,
    /// Includes that are not on this machine.
    pub(crate) away: Vec<(Place, String)>,
}

/// `conditions`: what `include:rules` ask; `None`: every include is taken.
pub(crate) fn assemble(
    first: Found,
    given: &Given,
    library: Library<'_>,
    conditions: Option<&Conditions<'_>>,
    files: &mut Files,
    faults: &mut Faults,
) -> Option<Assembled> {
    let mut work = Work {
        library,
        conditions,
        files,
        faults,
        path: Vec::new(),
        count: 0,
        away: Vec::new(),
        inputs: None,
    };
    let whole = Place {
        file: u32::try_from(work.files.count()).unwrap_or(u32::MAX),
        line: 1,
        column: 1,
    };
    let top = work.file(&first, given, Component::default(), whole)?;
    let (away, inputs) = (work.away, work.inputs.unwrap_or_default());
    Some(Assembled { top, inputs, away })
}

struct Work<'a> {
    library: Library<'a>,
    conditions: Option<&'a Conditions<'a>>,
    files: &'a mut Files,
    faults: &'a mut Faults,
    /// Files that are being read, outermost first.
    path: Vec<String>,
    count: usize,
    away: Vec<(Place, String)>,
    inputs: Option<Vec<Declared>>,
}

impl Work<'_> {
    /// A file with all it includes. `from`: where it was included.
    fn file(
        &mut self,
        found: &Found,
        given: &Given,
        component: Component,
        from: Place,
    ) -> Option<Map> {
        let number = self.files.add(&found.name, &found.text);
        let (documents, odd) = match yaml::read(&found.text, number) {
            Ok(read) => read,
            Err(wrong) => {
                let fault = Fault::new(Rule::Yaml, wrong.at, wrong.text);
                self.faults.add(match wrong.hint {
                    Some(hint) => fault.hint(hint),
                    None => fault,
                });
                return None;
            }
        };
        odd.into_iter().for_each(|oddity| self.tell(oddity));
        let (mut header, content) = split(documents, self.faults);
        self.declare(&mut header, found);
        if self.inputs.is_none() {
            self.inputs = Some(header.inputs.clone());
        }
        let lookup = |name: &str| self.conditions.and_then(|known| (known.variables)(name));
        let lookup: Lookup<'_> = &lookup;
        let start = Place {
            file: number,
            line: 1,
            column: 1,
        };
        let from = if from.file == number { start } else { from };
        let before = self.faults.count(Severity::Error);
        let content = content.map(|content| {
            fill(
                &content,
                &header,
                given,
                &component,
                from,
                lookup,
                self.faults,
            )
        })?;
        let Some(own) = content.as_map() else {
            if !content.is_null() {
                let text = "the top level must be a mapping: keywords and jobs, each with a colon";
                self.faults.add(Fault::new(Rule::Yaml, content.at, text));
            }
            return Some(Map::default());
        };
        let mut own = own.clone();
        // A value that was refused would be told again by whatever it is passed on to.
        let is_filled = self.faults.count(Severity::Error) == before;
        let Some(include) = own.remove("include").filter(|_| is_filled) else {
            return Some(own);
        };
        self.path.push(found.identity.clone());
        let mut below = Map::default();
        for entry in entries(&include, self.faults) {
            for map in self.entry(&entry, &found.origin) {
                below = merged(&below, &map);
            }
        }
        self.path.pop();
        Some(merged(&below, &own))
    }

    fn tell(&mut self, oddity: Oddity) {
        let fault = match oddity {
            Oddity::Duplicate { key, at, first } => Fault::warning(
                Rule::DuplicateKey,
                at,
                format!("`{key}` stands twice; what line {} says is not read", first.line),
            ),
            Oddity::Overridden { key, at, by } => Fault::warning(
                Rule::MergeOrder,
                by,
                format!("`<<` stands below `{key}` (line {}) and replaces it: GitLab merges where it stands", at.line),
            )
            .hint("put `<<` first"),
        };
        self.faults.add(fault);
    }

    /// `spec:include` brings more inputs.
    fn declare(&mut self, header: &mut Header, found: &Found) {
        let Some(include) = header.include.clone() else {
            return;
        };
        for entry in entries(&include, self.faults) {
            for location in &entry.locations {
                let Some(files) = self.find(location, &found.origin, entry.at) else {
                    continue;
                };
                for one in files {
                    let number = self.files.add(&one.name, &one.text);
                    let Ok((documents, _)) = yaml::read(&one.text, number) else {
                        continue;
                    };
                    let inputs = documents.first().and_then(|first| first.get("inputs"));
                    for (key, body) in inputs
                        .and_then(Node::as_map)
                        .into_iter()
                        .flat_map(Map::iter)
                    {
                        let known = header.inputs.iter().any(|input| *input.name == *key.text);
                        if !known {
                            header.inputs.extend(Declared::read(key, body, self.faults));
                        }
                    }
                }
            }
        }
    }

    fn entry(&mut self, entry: &Entry<'_>, origin: &Origin) -> Vec<Map> {
        if let Some(rules) = entry.rules
            && !applies(rules, self.conditions, self.faults)
        {
            return Vec::new();
        }
        let mut maps = Vec::new();
        for location in &entry.locations {
            let location = self.expanded(location);
            for found in self.find(&location, origin, entry.at).unwrap_or_default() {
                if self.path.contains(&found.identity) {
                    let text = format!("`{}` includes itself", found.name);
                    self.faults.add(Fault::new(Rule::Include, entry.at, text));
                    continue;
                }
                self.count += 1;
                if self.count >= MOST_FILES {
                    let text = format!("the pipeline includes more than {MOST_FILES} files");
                    self.faults.add(Fault::new(Rule::Limit, entry.at, text));
                    return maps;
                }
                let component = component(&location);
                maps.extend(self.file(&found, &entry.inputs, component, entry.at));
            }
        }
        maps
    }

    fn find(&mut self, location: &Location, origin: &Origin, at: Place) -> Option<Vec<Found>> {
        match (self.library)(location, origin) {
            Ok(found) => Some(found),
            Err(Missing::Away { hint }) => {
                let text = format!(
                    "`{}` is not on this machine: what it holds is not checked",
                    location.shown()
                );
                self.faults
                    .add(Fault::warning(Rule::Include, at, text).hint(hint));
                self.away.push((at, location.shown()));
                None
            }
            Err(Missing::Wrong { why, hint }) => {
                let fault = Fault::new(Rule::Include, at, why);
                self.faults.add(match hint {
                    Some(hint) => fault.hint(hint),
                    None => fault,
                });
                None
            }
        }
    }

    /// Variables in paths and references.
    fn expanded(&self, location: &Location) -> Location {
        let Some(known) = self.conditions else {
            return location.clone();
        };
        let expand = |text: &String| super::super::expand::expand(text, known.variables);
        match location {
            Location::Local(path) => Location::Local(expand(path)),
            Location::Project {
                project,
                reference,
                path,
            } => Location::Project {
                project: expand(project),
                reference: reference.as_ref().map(expand),
                path: expand(path),
            },
            Location::Remote(url) => Location::Remote(expand(url)),
            Location::Template(name) => Location::Template(name.clone()),
            Location::Component { address, version } => Location::Component {
                address: expand(address),
                version: version.clone(),
            },
        }
    }
}

fn component(location: &Location) -> Component {
    let mut known = Component::default();
    if let Location::Component { address, version } = location {
        let name = address.rsplit('/').next().unwrap_or_default();
        known.0.insert("name", name.to_owned());
        known.0.insert("version", version.clone());
        known.0.insert("reference", version.clone());
        known.0.insert("sha", version.clone());
    }
    known
}
