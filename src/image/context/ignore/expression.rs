//! Go's regular expressions, as far as a pattern of an ignore file can reach them. Pure.
//!
//! moby makes a regular expression of a pattern and leaves `[…]`, `\x` and `^` to Go: `[[:digit:]]`, `\d` and `\x41` mean
//! in `.dockerignore` what they mean there. Source: Go's `regexp/syntax/parse.go` under its `Perl` flags, where `.` is no
//! newline, `[^/]` may be one, and `^` and `$` are the ends of the text. moby means to escape `|`, `{` and `}` as well, but
//! its table has room for characters below 64 only (v0.6.1, `shouldEscape`): `a*|b` has two branches. Refuses what needs Unicode's tables (`\pL`) or
//! takes the meaning from what moby adds behind it (`\Q`): nobody writes them, and a wrong guess would send a file.

use super::class::{self, Class};

/// What moby makes of `**`, with the `/` that may follow it.
pub(super) const ANY_DIRECTORIES: &str = "(.*/)?";

/// One step of a branch; they follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Literal(char),
    Class(Class),
    /// None or one.
    Maybe(Class),
    /// None, one or many.
    Many(Class),
    /// `(.*/)?`, on its first character; always before `WithinDirectories`.
    AnyDirectories,
    /// `(.*/)?`, on a later one.
    WithinDirectories,
    Start,
    End,
    WordEdge,
    NoWordEdge,
}

/// The branches of an expression, of which one has to match from the text's start to its end.
///
/// # Errors
/// What Go's `regexp.Compile` refuses as well, and the few forms this does not speak.
pub(super) fn parse(source: &str) -> Result<Vec<Vec<Op>>, String> {
    let (mut branches, mut ops) = (Vec::new(), Vec::new());
    let mut rest = source;
    // Where the last operand begins; none before the first, or behind a repetition.
    let mut operand = None;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(ANY_DIRECTORIES) {
            ops.extend([Op::AnyDirectories, Op::WithinDirectories]);
            (rest, operand) = (after, None);
            continue;
        }
        let mut after = &rest[c.len_utf8()..];
        let op = match c {
            '|' => {
                branches.push(std::mem::take(&mut ops));
                (rest, operand) = (after, None);
                continue;
            }
            '{' if let Some((times, after)) = repetition(after)? => {
                let op: Op = operand.take().ok_or_else(|| nothing_repeated(rest))?;
                ops.pop();
                times.apply(op, &mut ops);
                rest = after;
                continue;
            }
            '^' => Op::Start,
            '$' => Op::End,
            '.' => Op::Class(Class::dot()),
            '[' => {
                let (class, behind) = class::parse(after)?;
                after = behind;
                Op::Class(class)
            }
            '\\' => {
                let (op, behind) = escape(after)?;
                after = behind;
                op
            }
            other => Op::Literal(other),
        };
        // Only what moby wrote itself is repeated by a star, and that is always a class.
        (rest, operand) = match (op, after.strip_prefix('*')) {
            (Op::Class(class), Some(behind)) => {
                ops.push(Op::Many(class));
                (behind, None)
            }
            (op, _) => {
                ops.push(op.clone());
                (after, Some(op))
            }
        };
    }
    branches.push(ops);
    if branches.len() > 1 || branches[0].first() != Some(&Op::Start) {
        branches.iter_mut().for_each(unanchor);
    }
    Ok(branches)
}

/// moby puts `^` before the first branch and `$` behind the last one only: the others match anywhere in the text, and so
/// does what begins with `{0}`, which takes the `^` away.
fn unanchor(branch: &mut Vec<Op>) {
    branch.insert(0, Op::Many(Class::any()));
    branch.push(Op::Many(Class::any()));
}

fn nothing_repeated(rest: &str) -> String {
    let shown: String = rest.chars().take(12).collect();
    format!("`{shown}` repeats nothing")
}

/// `{2}`, `{2,}`, `{2,3}`.
struct Times {
    least: usize,
    /// `None`: without end.
    most: Option<usize>,
}

/// `rest` follows the brace. `None`: it is a plain brace, as in `{js,ts}`.
fn repetition(rest: &str) -> Result<Option<(Times, &str)>, String> {
    // Source: `repeat` and `parseInt` of Go's parser; 1000 is its limit, too, and leading zeros end it.
    let number = |text: &str| match text {
        "0" => Some(0),
        _ if text.starts_with('0') || !text.bytes().all(|b| b.is_ascii_digit()) => None,
        "" => None,
        _ => Some(text.parse().unwrap_or(usize::MAX)),
    };
    let Some((inner, after)) = rest.split_once('}') else {
        return Ok(None);
    };
    let (least, most) = match inner.split_once(',') {
        None => (number(inner), Some(number(inner))),
        Some((least, "")) => (number(least), None),
        Some((least, most)) => (number(least), Some(number(most))),
    };
    let (Some(least), Some(most)) = (least, most.map_or(Some(None), |most| most.map(Some))) else {
        return Ok(None);
    };
    if least.max(most.unwrap_or(0)) > 1000 || most.is_some_and(|most| most < least) {
        return Err(format!("`{{{inner}}}` is no number of times"));
    }
    Ok(Some((Times { least, most }, after)))
}

impl Times {
    fn apply(&self, op: Op, ops: &mut Vec<Op>) {
        let class = match &op {
            Op::Literal(c) => Class::only(*c),
            Op::Class(class) => class.clone(),
            // A place is there or not, however often it is asked for.
            Op::Start | Op::End | Op::WordEdge | Op::NoWordEdge => {
                ops.extend((self.least > 0).then_some(op));
                return;
            }
            Op::Maybe(_) | Op::Many(_) | Op::AnyDirectories | Op::WithinDirectories => return,
        };
        ops.extend(std::iter::repeat_n(op, self.least));
        match self.most {
            None => ops.push(Op::Many(class)),
            Some(most) => {
                ops.extend(std::iter::repeat_n(Op::Maybe(class), most - self.least));
            }
        }
    }
}

/// Outside brackets; `rest` follows the backslash.
fn escape(rest: &str) -> Result<(Op, &str), String> {
    let after = rest.get(1..).unwrap_or_default();
    match rest.as_bytes().first() {
        Some(b'A') => Ok((Op::Start, after)),
        Some(b'z') => Ok((Op::End, after)),
        Some(b'b') => Ok((Op::WordEdge, after)),
        Some(b'B') => Ok((Op::NoWordEdge, after)),
        Some(b'Q') => Err("`\\Q` is not supported here".to_owned()),
        _ => match class::perl(rest)? {
            Some((class, after)) => Ok((Op::Class(class), after)),
            None => class::escaped(rest).map(|(c, after)| (Op::Literal(c), after)),
        },
    }
}
