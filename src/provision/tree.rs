//! The execution that is followed, and those that it waits for: their histories, each event read once.
//!
//! What is there at the beginning is read page by page from the oldest on; after that only what is newer than the last event, from the
//! newest back. Events are dropped as soon as they are understood.

use serde_json::Value;

use super::event::Event;
use super::follow::Following;
use super::history::{Beat, History, Trouble};
use super::pace::persistently;
use crate::aws::{Direction, PageStart};
use crate::error::Result;
use crate::rollout::clean;

/// Events of a page while catching up; and while waiting, where few are new.
const PAGE: u32 = 200;
const NEWS: u32 = 50;
/// Executions within executions that are followed at a time; and how deep.
const MOST_NESTED: usize = 20;
const DEEPEST: usize = 3;
/// Lines of one look; the middle of more is left out.
const MOST_LINES: usize = 12;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    Some,
    None,
}

/// One execution, and how far its history is read.
struct Reader {
    arn: String,
    /// 0: the one that is followed.
    depth: usize,
    /// Before its lines.
    mark: String,
    history: History,
    caught_up: bool,
}

impl Reader {
    fn of(arn: &str, depth: usize, mark: String, items: Vec<String>) -> Self {
        Reader {
            arn: arn.to_owned(),
            depth,
            mark,
            history: History::of(items),
            caught_up: false,
        }
    }
}

/// The execution that is followed, and those that it waits for.
pub(super) struct Tree {
    main: Reader,
    nested: Vec<Reader>,
    /// What failed in those that are over: of what was read of them no more is kept.
    over: Vec<(String, Vec<Trouble>)>,
}

impl Tree {
    pub(super) fn of(arn: &str, items: Vec<String>) -> Self {
        Tree {
            main: Reader::of(arn, 0, String::new(), items),
            nested: Vec::new(),
            over: Vec::new(),
        }
    }

    /// Reads what is new everywhere.
    pub(super) async fn read(&mut self, following: &Following<'_>) -> Result<News> {
        let before = self.main.history.last;
        let mut over = news(following, &mut self.main, &mut self.nested).await?;
        let mut found = self.main.history.last > before;
        let mut at = 0;
        while at < self.nested.len() {
            let mut one = self.nested.remove(at);
            let before = one.history.last;
            match news(following, &mut one, &mut self.nested).await {
                Ok(ended) => over.extend(ended),
                // The one that was asked for goes on all the same.
                Err(error) => {
                    (following.tell)(format!("{}cannot be followed: {error}", one.mark));
                    over.push(one.arn.clone());
                }
            }
            found |= one.history.last > before;
            self.nested.insert(at, one);
            at += 1;
        }
        let ended = self
            .nested
            .extract_if(.., |one| over.contains(&one.arn))
            .map(|one| (one.arn, one.history.troubles().to_vec()));
        self.over.extend(ended);
        let most = MOST_NESTED * 10;
        self.over.drain(..self.over.len().saturating_sub(most));
        Ok(match found {
            true => News::Some,
            false => News::None,
        })
    }

    pub(super) fn troubles(&self) -> Vec<Trouble> {
        let open = self.nested.iter();
        let open = open.map(|one| (one.arn.clone(), one.history.troubles().to_vec()));
        let all: Vec<_> = self.over.iter().cloned().chain(open).collect();
        innermost(self.main.history.troubles(), &all, DEEPEST)
    }
}

/// Reads what is new in one history; nested executions that began are added, those that ended are given back.
async fn news(
    following: &Following<'_>,
    reader: &mut Reader,
    nested: &mut Vec<Reader>,
) -> Result<Vec<String>> {
    let (mut lines, mut ended) = (Vec::new(), Vec::new());
    let mut heard = |reader: &mut Reader, events: &[Value]| {
        for event in events.iter().filter_map(Event::read) {
            for beat in reader.history.take(&event) {
                match beat {
                    Beat::Line(text) => lines.push(format!("{}{text}", reader.mark)),
                    Beat::NestedEnded(arn) => ended.push(arn),
                    Beat::Nested(arn) => {
                        let name = arn.rsplit(':').next().unwrap_or(&arn);
                        let mark = format!("{}[{}] ", reader.mark, clean(name, 40));
                        lines.push(format!("{mark}is waited for"));
                        let is_known = nested.iter().any(|one| one.arn == arn);
                        if !is_known && nested.len() < MOST_NESTED && reader.depth < DEEPEST {
                            nested.push(Reader::of(&arn, reader.depth + 1, mark, Vec::new()));
                        }
                    }
                }
            }
        }
    };
    let aws = following.aws;
    let page = async |arn: &str, start: Option<&str>, direction, most| {
        let start = || start.map_or(PageStart::First, PageStart::Token);
        let call = async || aws.history(arn, start(), direction, most).await;
        persistently(aws, following.pace, following.tell, call).await
    };
    let mut token: Option<String> = None;
    while !reader.caught_up {
        let got = page(&reader.arn, token.as_deref(), Direction::OldestFirst, PAGE).await?;
        heard(reader, &got.events);
        // A page that leads to itself would lead nowhere.
        reader.caught_up = got.next.is_none() || got.next == token;
        token = got.next;
        if reader.caught_up {
            told(following, &lines);
            return Ok(ended);
        }
    }
    let mut newest: Vec<Value> = Vec::new();
    loop {
        let got = page(&reader.arn, token.as_deref(), Direction::NewestFirst, NEWS).await?;
        let (none, last) = (got.events.is_empty(), reader.history.last);
        let mut reached = none;
        for event in got.events {
            match event["id"].as_u64() {
                Some(id) if id > last => newest.push(event),
                Some(_) | None => reached = true,
            }
        }
        if reached || got.next.is_none() || got.next == token {
            break;
        }
        token = got.next;
    }
    newest.reverse();
    heard(reader, &newest);
    told(following, &lines);
    Ok(ended)
}

fn told(following: &Following<'_>, lines: &[String]) {
    let (head, tail) = match lines.len() {
        ..=MOST_LINES => (lines, &[][..]),
        count => (&lines[..MOST_LINES / 2], &lines[count - MOST_LINES / 2..]),
    };
    let between = lines.len() - head.len() - tail.len();
    head.iter().for_each(|line| (following.tell)(line.clone()));
    if between > 0 {
        (following.tell)(format!("… {between} more …"));
    }
    tail.iter().for_each(|line| (following.tell)(line.clone()));
}

/// Where a nested execution's end is what failed, what failed in it stands in its place.
fn innermost(outer: &[Trouble], nested: &[(String, Vec<Trouble>)], depth: usize) -> Vec<Trouble> {
    let within = |trouble: &Trouble| {
        let arn = trouble.execution.as_ref().filter(|_| depth > 0)?;
        let (_, found) = nested.iter().rev().find(|(one, _)| one == arn)?;
        Some(innermost(found, nested, depth - 1)).filter(|found| !found.is_empty())
    };
    let each = outer
        .iter()
        .map(|one| within(one).unwrap_or_else(|| vec![one.clone()]));
    each.flatten().collect()
}
