//! The parser's events as a tree. The parser counts characters, and tells the end of some values too late.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag};

use super::refusal::{Refusal, Why};
use super::source::Source;
use super::tree::{Document, Entry, Flow, Node, Shape, Style};
use crate::yaml::refused::syntax;
use crate::yaml::{DEEPEST, LARGEST_FILE, MOST_NODES, Place};

pub(super) fn read(text: &str) -> Result<Vec<Document>, Refusal> {
    if text.len() > LARGEST_FILE {
        return Err(Refusal::new(Why::TooLarge, (1, 1)));
    }
    let mut reader = Reader {
        source: Source::new(text),
        bytes: text.char_indices().map(|(at, _)| at).collect(),
        open: Vec::new(),
        documents: Vec::new(),
        count: 0,
    };
    if let Some(at) = lone_return(text) {
        let line = text[..at].matches('\n').count() + 1;
        return Err(Refusal::new(Why::LoneReturn, (small(line), 1)));
    }
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| invalid(text, *error.marker(), error.info()))?;
        reader.take(event, span)?;
    }
    Ok(reader.documents)
}

fn invalid(text: &str, mark: Marker, info: &str) -> Refusal {
    // The parser tells a tab at the end of the line before it.
    let lines = [mark.line().saturating_sub(1), mark.line()];
    let tabbed = lines.into_iter().find(|line| {
        let indent = text.lines().nth(*line).unwrap_or_default();
        indent.trim_start_matches(' ').starts_with('\t') && !indent.trim().is_empty()
    });
    if let Some(line) = tabbed.filter(|_| info.contains("tab")) {
        return Refusal::new(Why::Tab, (small(line + 1), 1));
    }
    let at = Place {
        file: 0,
        line: small(mark.line()),
        column: small(mark.col() + 1),
    };
    let line = text.lines().nth(mark.line().saturating_sub(1));
    let fault = syntax(at, line.unwrap_or_default(), info);
    Refusal::new(Why::Invalid(fault.text), (fault.at.line, fault.at.column))
}

fn lone_return(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|at| bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'))
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

struct Reader<'t> {
    source: Source<'t>,
    /// By the number of the character.
    bytes: Vec<usize>,
    open: Vec<(Node, Vec<Node>)>,
    documents: Vec<Document>,
    count: usize,
}

impl Reader<'_> {
    fn byte(&self, mark: Marker) -> usize {
        let end = self.source.text.len();
        self.bytes.get(mark.index()).copied().unwrap_or(end)
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Refusal> {
        let mut node = Node {
            start: self.byte(span.start),
            end: self.byte(span.end),
            line: small(span.start.line()),
            column: small(span.start.col() + 1),
            anchor: 0,
            tag: None,
            shape: Shape::Alias(0),
        };
        self.count += 1;
        if self.open.len() > DEEPEST || self.count > 2 * MOST_NODES {
            return Err(node.refused(Why::TooLarge));
        }
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => self.documents.push(Document {
                open: node.end,
                line: node.line,
                root: None,
            }),
            Event::Alias(id) => {
                node.shape = Shape::Alias(id);
                self.put(node);
            }
            Event::Scalar(text, style, anchor, tag) => {
                (node.anchor, node.tag) = (anchor, tag.as_deref().map(name_of));
                let text = text.into_owned();
                node.end = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => self.block_end(&node, &text),
                    ScalarStyle::Plain if text.is_empty() && anchor == 0 && node.tag.is_none() => {
                        node.start
                    }
                    ScalarStyle::Plain => node.end,
                    ScalarStyle::SingleQuoted => self.quote_end(&node, '\''),
                    ScalarStyle::DoubleQuoted => self.quote_end(&node, '"'),
                };
                let style = match style {
                    ScalarStyle::Plain => Style::Plain,
                    ScalarStyle::SingleQuoted => Style::Single,
                    ScalarStyle::DoubleQuoted => Style::Double,
                    ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                };
                node.shape = Shape::Scalar { text, style };
                self.put(node);
            }
            Event::SequenceStart(anchor, tag) => {
                (node.anchor, node.tag) = (anchor, tag.as_deref().map(name_of));
                let (items, flow) = (Vec::new(), self.flow(&node));
                node.shape = Shape::List { items, flow };
                self.open.push((node, Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                (node.anchor, node.tag) = (anchor, tag.as_deref().map(name_of));
                let (entries, flow) = (Vec::new(), self.flow(&node));
                node.shape = Shape::Map { entries, flow };
                self.open.push((node, Vec::new()));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(node.end),
        }
        Ok(())
    }

    /// Ends with its last line of text, or with all its lines where the blank ones behind belong to it.
    fn block_end(&self, node: &Node, text: &str) -> usize {
        let written = &self.source.text[node.start..node.end];
        match text.ends_with("\n\n") || text == "\n" {
            true => {
                let whole = written.strip_suffix('\n').unwrap_or(written);
                node.start + whole.trim_end_matches([' ', '\r']).len()
            }
            false => node.start + written.trim_end_matches([' ', '\t', '\r', '\n']).len(),
        }
    }

    /// The parser counts blanks and a comment behind the quote as part of it.
    fn quote_end(&self, node: &Node, quote: char) -> usize {
        let mut at = node.start;
        // An anchor or a tag before it.
        while at < node.end && !self.source.text[at..].starts_with(quote) {
            let word = self.source.text[at..].find(char::is_whitespace);
            at = self.source.skip(word.map_or(node.end, |n| at + n));
        }
        let mut chars = self.source.text[at..].char_indices().skip(1).peekable();
        while let Some((n, c)) = chars.next() {
            let again = chars.peek().is_some_and(|(_, next)| *next == quote);
            match c {
                '\\' if quote == '"' => {
                    chars.next();
                }
                c if c == quote && quote == '\'' && again => {
                    chars.next();
                }
                c if c == quote => return at + n + c.len_utf8(),
                _ => {}
            }
        }
        node.end
    }

    fn flow(&self, node: &Node) -> Flow {
        let bracket = self.source.text[node.start..node.end].ends_with(['[', '{']);
        let within = self.open.last().and_then(|(outer, _)| outer.flow());
        match (bracket, within) {
            (true, _) => Flow::Brackets,
            (false, Some(Flow::Brackets | Flow::Pair)) => Flow::Pair,
            (false, Some(Flow::Block) | None) => Flow::Block,
        }
    }

    fn close(&mut self, end: usize) {
        let Some((mut node, children)) = self.open.pop() else {
            return;
        };
        let last = children.last().map_or(node.end, |last| last.end);
        (node.shape, node.end) = match node.shape {
            Shape::Map { flow, .. } => {
                let entries = self.entries(children);
                let last = entries.last().map_or(node.end, Entry::end);
                (Shape::Map { entries, flow }, self.closed(flow, last, end))
            }
            Shape::List { flow, .. } => {
                let items = children;
                (Shape::List { items, flow }, self.closed(flow, last, end))
            }
            other @ (Shape::Alias(_) | Shape::Scalar { .. }) => (other, end),
        };
        self.put(node);
    }

    /// `end`: for the parser; with a comma behind the last value it is off by what follows.
    fn closed(&self, flow: Flow, last: usize, end: usize) -> usize {
        if matches!(flow, Flow::Block | Flow::Pair) {
            return last;
        }
        let behind = self.source.behind(last, ',').unwrap_or(last);
        let mut brackets = ['}', ']'].into_iter();
        let bracket = brackets.find_map(|sign| self.source.behind(behind, sign));
        bracket.unwrap_or(end)
    }

    fn entries(&self, children: Vec<Node>) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(children.len() / 2);
        let mut children = children.into_iter();
        while let (Some(key), Some(mut value)) = (children.next(), children.next()) {
            let colon = self.source.behind(key.end, ':');
            let at = colon.unwrap_or(key.end);
            if value.is_empty() && value.anchor == 0 && value.tag.is_none() {
                (value.start, value.end) = (at, at);
            }
            // A block scalar without lines ends with its `|`.
            if matches!(&value.shape, Shape::Scalar { text, style: Style::Block } if text.is_empty())
            {
                value.end = self.source.line_end(self.source.skip(at));
            }
            entries.push(Entry { key, colon, value });
        }
        entries
    }

    fn put(&mut self, node: Node) {
        match (self.open.last_mut(), self.documents.last_mut()) {
            (Some((_, children)), _) => children.push(node),
            (None, Some(document)) => {
                let nothing = node.is_empty() && node.anchor == 0 && node.tag.is_none();
                document.root = (!nothing).then_some(node);
            }
            (None, None) => {}
        }
    }
}

fn name_of(tag: &Tag) -> String {
    match tag.handle.as_str() {
        "tag:yaml.org,2002:" => format!("!!{}", tag.suffix),
        handle => format!("{handle}{}", tag.suffix),
    }
}
