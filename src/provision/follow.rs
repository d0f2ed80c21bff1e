//! An execution, and those that it waits for, followed to the end: each event is read once.
//!
//! What is there at the beginning is read page by page from the oldest on; after that only what is newer than the last event, from the
//! newest back. Events are dropped as soon as they are understood.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::event::Event;
use super::history::{Beat, History, Trouble};
use super::pace::{Pace, persistently};
use super::tell::Outcome;
use crate::aws::{Aws, Direction, Execution, ExecutionStatus, PageStart};
use crate::error::{Error, Result};
use crate::rollout::clean;

/// Events of a page while catching up; and while waiting, where few are new.
const PAGE: u32 = 200;
const NEWS: u32 = 50;
/// Executions within executions that are followed at a time; and how deep.
const MOST_NESTED: usize = 20;
const DEEPEST: usize = 3;
/// Looks at an execution that was just started and is not known yet. Source: Step Functions API reference, `DescribeExecution`: it is
/// eventually consistent.
const MOST_UNKNOWN: u32 = 10;
/// Lines of one look; the middle of more is left out.
const MOST_LINES: usize = 12;

/// How long it is followed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Ended,
    /// As it is now.
    Now,
}

/// What is known of it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// It was started a moment ago: AWS may not know it everywhere yet.
    JustStarted,
    ByName,
}

/// What is followed, and how.
#[derive(Clone, Copy)]
pub(crate) struct Following<'a> {
    pub(crate) aws: &'a Aws,
    /// ARN.
    pub(crate) execution: &'a str,
    pub(crate) known: Known,
    pub(crate) until: Until,
    pub(crate) pace: Pace,
    pub(crate) timeout: Duration,
    pub(crate) tell: &'a (dyn Fn(String) + Sync),
}

/// How it stood when it was no longer followed.
#[derive(Debug)]
pub(crate) struct Followed {
    pub(crate) execution: Execution,
    pub(crate) troubles: Vec<Trouble>,
    pub(crate) outcome: Outcome,
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
    over: bool,
}

impl Reader {
    fn of(arn: &str, depth: usize, mark: String, items: Vec<String>) -> Self {
        Reader {
            arn: arn.to_owned(),
            depth,
            mark,
            history: History::of(items),
            caught_up: false,
            over: false,
        }
    }
}

/// # Errors
/// `Precondition` where there is no such execution, `Unavailable` where AWS gave no answers, what AWS says.
pub(crate) async fn follow(following: Following<'_>) -> Result<Followed> {
    let Following {
        aws,
        execution: arn,
        pace,
        tell,
        ..
    } = following;
    let begun = Instant::now();
    let look = || persistently(aws, pace, tell, async || aws.execution(arn).await);
    let mut found = look().await?;
    for _ in 0..MOST_UNKNOWN {
        if found.is_some() || following.known == Known::ByName {
            break;
        }
        tokio::time::sleep(pace.pause(0)).await;
        found = look().await?;
    }
    let mut execution = found.ok_or_else(|| nowhere(arn))?;
    let items = boilerplates(execution.input.as_deref());
    let mut main = Reader::of(arn, 0, String::new(), items);
    let mut nested: Vec<Reader> = Vec::new();
    let mut nested_troubles: Vec<(String, Vec<Trouble>)> = Vec::new();
    let mut quiet = 0;
    loop {
        let running = execution.status == ExecutionStatus::Running
            || execution.status == ExecutionStatus::Unknown;
        let before = main.history.last;
        let mut open: Vec<String> = news(&following, &mut main, &mut nested).await?;
        let mut at = 0;
        while at < nested.len() {
            let mut one = nested.remove(at);
            let was = one.history.last;
            match news(&following, &mut one, &mut nested).await {
                Ok(ended) => open.extend(ended),
                // The one that was asked for goes on all the same.
                Err(error) => {
                    tell(format!("{}cannot be followed: {error}", one.mark));
                    open.push(one.arn.clone());
                }
            }
            if one.history.last > was {
                quiet = 0;
            }
            nested.insert(at, one);
            at += 1;
        }
        for one in nested.iter_mut().filter(|one| open.contains(&one.arn)) {
            one.over = true;
        }
        // What failed within is kept; what was read of it is not.
        nested.retain(|one| {
            if one.over || !running {
                nested_troubles.push((one.arn.clone(), one.history.troubles().to_vec()));
            }
            !one.over
        });
        nested_troubles.truncate(MOST_NESTED * 10);
        let timed_out = running && begun.elapsed() >= following.timeout;
        if !running || timed_out || matches!(following.until, Until::Now) {
            return Ok(Followed {
                troubles: innermost(main.history.troubles(), &nested_troubles, DEEPEST),
                outcome: match timed_out {
                    true => Outcome::Waited,
                    false => Outcome::of(execution.status),
                },
                execution,
            });
        }
        quiet = match main.history.last > before {
            true => 0,
            false => quiet + 1,
        };
        let left = following.timeout.saturating_sub(begun.elapsed());
        tokio::time::sleep(pace.pause(quiet).min(left)).await;
        execution = look().await?.ok_or_else(|| nowhere(arn))?;
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

/// The list `repositories` of an input.
pub(super) fn boilerplates(input: Option<&str>) -> Vec<String> {
    let input: Value = serde_json::from_str(input.unwrap_or_default()).unwrap_or(Value::Null);
    let list = input["repositories"].as_array();
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn nowhere(arn: &str) -> Error {
    Error::precondition(format!("there is no execution `{}`", clean(arn, 300)))
        .hint("check its name, --region and the account; Step Functions forgets executions 90 days after their end")
}
