//! Runs an expression over a path: all possible positions at once, one character at a time.
//!
//! No backtracking: a character costs at most as much as the pattern is long, so that `*a*a*a*a*b` is no weapon.

use super::expression::Op;

#[derive(Debug)]
pub(super) struct Program(Vec<Op>);

/// Working memory, kept between paths.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// The path, decoded by whoever calls.
    pub(super) text: Vec<char>,
    /// Positions in the program that are possible now, each once.
    now: Vec<usize>,
    next: Vec<usize>,
    /// The round in which a position was last added.
    added: Vec<u64>,
    round: u64,
}

/// What follows the last character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Nothing,
    /// More, and it is not known what.
    More,
}

impl Program {
    pub(super) fn new(ops: Vec<Op>) -> Self {
        Program(ops)
    }

    /// The literal characters every match starts with and ends with. U+FFFD stands for any broken byte and is none.
    pub(super) fn literal_ends(&self) -> (Vec<u8>, Vec<u8>) {
        let literal = |op: &Op| match op {
            Op::Literal(char::REPLACEMENT_CHARACTER) => None,
            Op::Literal(c) => Some(*c),
            Op::Class(_)
            | Op::Maybe(_)
            | Op::Many(_)
            | Op::AnyDirectories
            | Op::WithinDirectories
            | Op::Start
            | Op::End
            | Op::WordEdge
            | Op::NoWordEdge => None,
        };
        let starts: String = match self.0.split_first() {
            Some((Op::Start, rest)) => rest.iter().map_while(literal).collect(),
            _ => String::new(),
        };
        let ends: Vec<char> = match self.0.split_last() {
            Some((Op::End, rest)) => rest.iter().rev().map_while(literal).collect(),
            _ => Vec::new(),
        };
        let ends: String = ends.into_iter().rev().collect();
        (starts.into_bytes(), ends.into_bytes())
    }

    pub(super) fn matches(&self, scratch: &mut Scratch) -> bool {
        self.run(scratch, Ending::Nothing);
        scratch.now.contains(&self.0.len())
    }

    /// Whether the text, with more behind it, could match.
    pub(super) fn may_continue(&self, scratch: &mut Scratch) -> bool {
        self.run(scratch, Ending::More);
        !scratch.now.is_empty()
    }

    fn run(&self, scratch: &mut Scratch, ending: Ending) {
        if scratch.added.len() <= self.0.len() {
            scratch.added.resize(self.0.len() + 1, 0);
        }
        let text = std::mem::take(&mut scratch.text);
        let mut place = Place {
            text: &text,
            at: 0,
            ending,
        };
        scratch.begin_round();
        self.add(scratch, 0, &place);
        for c in &text {
            if scratch.next.is_empty() {
                break;
            }
            std::mem::swap(&mut scratch.now, &mut scratch.next);
            scratch.begin_round();
            place.at += 1;
            for index in 0..scratch.now.len() {
                let position = scratch.now[index];
                self.step(scratch, position, *c, &place);
            }
        }
        std::mem::swap(&mut scratch.now, &mut scratch.next);
        scratch.text = text;
    }

    /// Takes `c`, the character before `place`, at one position of the program.
    fn step(&self, scratch: &mut Scratch, position: usize, c: char, place: &Place<'_>) {
        let reached = match self.0.get(position) {
            Some(Op::Literal(literal)) => (*literal == c).then_some(position + 1),
            Some(Op::Class(class) | Op::Maybe(class)) => class.contains(c).then_some(position + 1),
            Some(Op::Many(class)) => class.contains(c).then_some(position),
            Some(Op::WithinDirectories) => {
                if c != '\n' {
                    scratch.remember(position);
                }
                (c == '/').then_some(position + 1)
            }
            // Never a position of its own, but for the end of the program, which takes nothing more.
            Some(Op::AnyDirectories | Op::Start | Op::End | Op::WordEdge | Op::NoWordEdge)
            | None => None,
        };
        if let Some(reached) = reached {
            self.add(scratch, reached, place);
        }
    }

    /// Adds a position, and those reached from it without a character.
    fn add(&self, scratch: &mut Scratch, mut position: usize, place: &Place<'_>) {
        let passes = |scratch: &mut Scratch, position: usize| match self.0.get(position) {
            Some(Op::Maybe(_) | Op::Many(_)) => scratch.remember(position),
            Some(Op::AnyDirectories) => scratch.pass(position),
            Some(Op::Start) => place.at == 0,
            Some(Op::End) => place.is_last() && !place.is_open(),
            Some(Op::WordEdge) => place.is_open() || place.is_word_edge(),
            Some(Op::NoWordEdge) => place.is_open() || !place.is_word_edge(),
            Some(Op::Literal(_) | Op::Class(_) | Op::WithinDirectories) | None => {
                scratch.remember(position);
                false
            }
        };
        while passes(scratch, position) {
            position += match self.0.get(position) {
                Some(Op::AnyDirectories) => {
                    scratch.remember(position + 1);
                    2
                }
                _ => 1,
            };
        }
    }
}

/// Between two characters of the text.
struct Place<'t> {
    text: &'t [char],
    at: usize,
    ending: Ending,
}

impl Place<'_> {
    fn is_last(&self) -> bool {
        self.at == self.text.len()
    }

    fn is_open(&self) -> bool {
        self.is_last() && self.ending == Ending::More
    }

    /// Go's `\b` knows ASCII words only.
    fn is_word_edge(&self) -> bool {
        let is_word = |c: Option<&char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
        let before = self
            .at
            .checked_sub(1)
            .and_then(|before| self.text.get(before));
        is_word(before) != is_word(self.text.get(self.at))
    }
}

impl Scratch {
    fn begin_round(&mut self) {
        self.next.clear();
        self.round += 1;
    }

    /// Makes a position possible. False: it was already.
    fn remember(&mut self, position: usize) -> bool {
        let is_new = self.pass(position);
        if is_new {
            self.next.push(position);
        }
        is_new
    }

    /// Marks a position that takes no character. False: it was passed in this round already.
    fn pass(&mut self, position: usize) -> bool {
        std::mem::replace(&mut self.added[position], self.round) != self.round
    }
}
