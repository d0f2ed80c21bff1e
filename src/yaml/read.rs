//! From the parser's events to nodes: documents, anchors, aliases, tags, merges; within limits.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::frames::{Anchored, Frame, Inside};
use super::map::{Key, Map};
use super::refused::{Fault, fault, syntax, too_deep, unknown_tag};
use super::{DEEPEST, Kind, LARGEST_FILE, MOST_NODES, Node, Place, merge, scalar};

/// What Ruby takes without a word, and nobody means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// The same key twice in one mapping; the last one counts.
    Duplicate {
        key: String,
        at: Place,
        first: Place,
    },
    /// A `<<` below a key replaces it.
    Overridden { key: String, at: Place, by: Place },
}

/// The documents of `text`, which is the file number `file`.
pub(crate) fn read(text: &str, file: u32) -> Result<(Vec<Node>, Vec<Oddity>), Fault> {
    let top = Place {
        file,
        line: 1,
        column: 1,
    };
    if text.len() > LARGEST_FILE {
        return Err(Fault {
            text: format!(
                "the file has {} bytes; GitLab reads at most {LARGEST_FILE}",
                text.len()
            ),
            at: top,
            hint: Some("split it with `include`".to_owned()),
        });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        file,
        frames: Vec::new(),
        anchors: HashMap::new(),
        documents: Vec::new(),
        odd: Vec::new(),
        nodes: 0,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = reader.place(*error.marker());
            let line = text.lines().nth(at.line.saturating_sub(1) as usize);
            syntax(at, line.unwrap_or_default(), error.info())
        })?;
        reader.take(event, span.start)?;
    }
    Ok((reader.documents, reader.odd))
}

struct Reader {
    file: u32,
    frames: Vec<Frame>,
    /// By the parser's number.
    anchors: HashMap<usize, Anchored>,
    documents: Vec<Node>,
    odd: Vec<Oddity>,
    nodes: usize,
}

impl Reader {
    fn place(&self, mark: Marker) -> Place {
        let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place {
            file: self.file,
            line: small(mark.line()),
            column: small(mark.col()).saturating_add(1),
        }
    }

    fn take(&mut self, event: Event<'_>, mark: Marker) -> Result<(), Fault> {
        let at = self.place(mark);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Alias(id) => {
                let Some(anchored) = self.anchors.get(&id) else {
                    return Err(fault(
                        at,
                        "an alias points into the value it stands in",
                        None,
                    ));
                };
                let (count, height) = (anchored.count, anchored.height);
                let node = Node {
                    at,
                    ..anchored.node.clone()
                };
                if self.frames.len() + height > DEEPEST {
                    return Err(too_deep(at));
                }
                self.count(count, at)?;
                self.put(node, None, height)
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1, at)?;
                let tag = tag.as_deref().map(name_of);
                let node = Node {
                    kind: self.scalar(&text, style, tag.as_deref(), at)?,
                    at,
                };
                let plain =
                    (style == ScalarStyle::Plain && tag.is_none()).then(|| text.to_string());
                if anchor > 0 {
                    self.anchors.insert(
                        anchor,
                        Anchored {
                            node: node.clone(),
                            count: 1,
                            height: 0,
                        },
                    );
                }
                self.put(node, plain, 0)
            }
            Event::SequenceStart(anchor, tag) => self.open(
                at,
                anchor,
                tag.as_deref().map(name_of),
                Inside::List(Vec::new()),
            ),
            Event::MappingStart(anchor, tag) => {
                let inside = Inside::Map {
                    map: Map::default(),
                    key: None,
                    own: HashSet::new(),
                };
                self.open(at, anchor, tag.as_deref().map(name_of), inside)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
        }
    }

    fn count(&mut self, more: usize, at: Place) -> Result<(), Fault> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes > MOST_NODES {
            let text = format!(
                "the file holds more than {MOST_NODES} values, aliases counted as what they stand for"
            );
            return Err(fault(
                at,
                &text,
                Some("aliases of aliases multiply: use `extends`, or fewer of them"),
            ));
        }
        Ok(())
    }

    fn open(
        &mut self,
        at: Place,
        anchor: usize,
        tag: Option<String>,
        inside: Inside,
    ) -> Result<(), Fault> {
        if self.frames.len() >= DEEPEST {
            return Err(too_deep(at));
        }
        self.count(1, at)?;
        self.frames.push(Frame {
            at,
            anchor,
            height: 0,
            before: self.nodes - 1,
            tag,
            inside,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(frame) = self.frames.pop() else {
            return Ok(());
        };
        let kind = match (frame.inside, frame.tag.as_deref()) {
            (Inside::List(items), Some("!reference")) => Kind::Reference(Rc::new(items)),
            (Inside::List(items), None | Some("!" | "!!seq")) => Kind::List(Rc::new(items)),
            (Inside::Map { map, .. }, None | Some("!" | "!!map")) => Kind::Map(Rc::new(map)),
            (Inside::List(_) | Inside::Map { .. }, Some(tag)) => {
                return Err(unknown_tag(frame.at, tag));
            }
        };
        let node = Node { kind, at: frame.at };
        if frame.anchor > 0 {
            let anchored = Anchored {
                node: node.clone(),
                count: self.nodes - frame.before,
                height: frame.height + 1,
            };
            self.anchors.insert(frame.anchor, anchored);
        }
        self.put(node, None, frame.height + 1)
    }

    /// A finished node into what it belongs to. `plain`: its text, if it is a plain word.
    fn put(&mut self, node: Node, plain: Option<String>, height: usize) -> Result<(), Fault> {
        let Some(frame) = self.frames.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        frame.height = frame.height.max(height);
        match &mut frame.inside {
            Inside::List(items) => items.push(node),
            Inside::Map { map, key, own } => match key.take() {
                None => {
                    *key = Some((
                        key_of(&node, plain.as_deref())?,
                        plain.as_deref() == Some("<<"),
                    ))
                }
                Some((_, true)) if merge::apply(map, &node, &mut self.odd, own).is_ok() => {}
                Some((name, _)) => {
                    if own.contains(&name.text)
                        && let Some((first, _)) = map.entry(&name.text)
                    {
                        self.odd.push(Oddity::Duplicate {
                            key: name.text.to_string(),
                            at: name.at,
                            first: first.at,
                        });
                    }
                    own.insert(name.text.clone());
                    map.set(name, node);
                }
            },
        }
        Ok(())
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&str>,
        at: Place,
    ) -> Result<Kind, Fault> {
        match (style, tag) {
            (_, Some("!" | "!!str")) => Ok(Kind::Text(text.into())),
            (ScalarStyle::Plain, None | Some("!!int" | "!!float" | "!!bool" | "!!null")) => {
                scalar::plain(text).map_err(|_| {
                    fault(
                        at,
                        &format!("`{text}` is a date for YAML, which GitLab refuses"),
                        Some("put it in quotes"),
                    )
                })
            }
            (_, None) => Ok(Kind::Text(text.into())),
            (_, Some("!reference")) => Err(fault(
                at,
                "`!reference` needs a list",
                Some("write `!reference [job, keyword]`"),
            )),
            (_, Some(tag)) => Err(unknown_tag(at, tag)),
        }
    }
}

fn key_of(node: &Node, plain: Option<&str>) -> Result<Key, Fault> {
    let text = match &node.kind {
        Kind::Text(text) => text.clone(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => plain.unwrap_or_default().into(),
        Kind::List(_) | Kind::Map(_) | Kind::Reference(_) => {
            return Err(fault(
                node.at,
                "a key must be a string",
                Some("put quotes around `$[[ … ]]` and `{{ … }}`"),
            ));
        }
    };
    Ok(Key {
        text,
        at: node.at,
        is_text: matches!(node.kind, Kind::Text(_)),
    })
}

/// `!reference`, `!!str`, as it is written.
fn name_of(tag: &Tag) -> String {
    match tag.handle.as_str() {
        "tag:yaml.org,2002:" => format!("!!{}", tag.suffix),
        handle => format!("{handle}{}", tag.suffix),
    }
}
