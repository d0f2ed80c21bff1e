//! Sets of characters in Go's regular expressions: `[a-z]`, `[[:digit:]]`, `\d`, and escaped characters. Pure.
//!
//! Source: Go's `regexp/syntax/parse.go` (`parseClass`, `parseNamedClass`, `parseEscape`) and `perl_groups.go`.

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Class {
    is_negated: bool,
    ranges: Vec<(u32, u32)>,
}

/// Which characters a named set gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Within,
    Without,
}

type Range = (u8, u8);

const DIGIT: &[Range] = &[(b'0', b'9')];
const WORD: &[Range] = &[(b'0', b'9'), (b'A', b'Z'), (b'_', b'_'), (b'a', b'z')];
const PERL_SPACE: &[Range] = &[(b'\t', b'\n'), (0x0C, b'\r'), (b' ', b' ')];

const NAMED: [(&str, &[Range]); 14] = [
    ("alnum", &[(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')]),
    ("alpha", &[(b'A', b'Z'), (b'a', b'z')]),
    ("ascii", &[(0, 0x7F)]),
    ("blank", &[(b'\t', b'\t'), (b' ', b' ')]),
    ("cntrl", &[(0, 0x1F), (0x7F, 0x7F)]),
    ("digit", DIGIT),
    ("graph", &[(b'!', b'~')]),
    ("lower", &[(b'a', b'z')]),
    ("print", &[(b' ', b'~')]),
    (
        "punct",
        &[(b'!', b'/'), (b':', b'@'), (b'[', b'`'), (b'{', b'~')],
    ),
    ("space", &[(b'\t', b'\r'), (b' ', b' ')]),
    ("upper", &[(b'A', b'Z')]),
    ("word", WORD),
    ("xdigit", &[(b'0', b'9'), (b'A', b'F'), (b'a', b'f')]),
];

impl Class {
    /// `.`: everything but a newline.
    pub(super) fn dot() -> Self {
        Class {
            is_negated: true,
            ranges: vec![(u32::from('\n'), u32::from('\n'))],
        }
    }

    pub(super) fn any() -> Self {
        Class {
            is_negated: true,
            ranges: Vec::new(),
        }
    }

    pub(super) fn only(c: char) -> Self {
        Class {
            is_negated: false,
            ranges: vec![(u32::from(c), u32::from(c))],
        }
    }

    pub(super) fn contains(&self, c: char) -> bool {
        let c = u32::from(c);
        let is_listed = self
            .ranges
            .iter()
            .any(|(low, high)| (*low..=*high).contains(&c));
        is_listed != self.is_negated
    }

    /// A named set, or all that is not in it.
    fn add(&mut self, set: &[Range], side: Side) {
        let listed = set
            .iter()
            .map(|(low, high)| (u32::from(*low), u32::from(*high)));
        if side == Side::Within {
            self.ranges.extend(listed);
            return;
        }
        let mut next = 0;
        for (low, high) in listed {
            if low > next {
                self.ranges.push((next, low - 1));
            }
            next = high + 1;
        }
        self.ranges.push((next, u32::from(char::MAX)));
    }
}

/// A set in brackets; `rest` follows the opening one. Gives the set and what follows the closing one.
pub(super) fn parse(rest: &str) -> Result<(Class, &str), String> {
    let (is_negated, mut rest) = match rest.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let mut class = Class {
        is_negated,
        ranges: Vec::new(),
    };
    let mut is_first = true;
    loop {
        match rest.strip_prefix(']') {
            Some(after) if !is_first => return Ok((class, after)),
            Some(_) | None => is_first = false,
        }
        if let Some((name, after)) = rest.strip_prefix("[:").and_then(|r| r.split_once(":]")) {
            let (side, plain) = match name.strip_prefix('^') {
                Some(plain) => (Side::Without, plain),
                None => (Side::Within, name),
            };
            let known = NAMED.iter().find(|(known, _)| *known == plain);
            let (_, set) = known.ok_or_else(|| format!("`[:{name}:]` is no set of characters"))?;
            class.add(set, side);
            rest = after;
            continue;
        }
        if let Some((set, after)) = rest.strip_prefix('\\').map_or(Ok(None), perl)? {
            class.merge(set);
            rest = after;
            continue;
        }
        let (low, after) = bound(rest)?;
        let (high, after) = match after.strip_prefix('-') {
            Some(end) if !end.is_empty() && !end.starts_with(']') => bound(end)?,
            Some(_) | None => (low, after),
        };
        if high < low {
            return Err(format!("the range `{low}-{high}` runs backwards"));
        }
        class.ranges.push((u32::from(low), u32::from(high)));
        rest = after;
    }
}

impl Class {
    /// Adds a set from `perl`, which is stored the plain way round.
    fn merge(&mut self, other: Class) {
        self.ranges.extend(other.ranges);
    }
}

fn bound(rest: &str) -> Result<(char, &str), String> {
    match rest.chars().next() {
        None => Err("`[` is not closed".to_owned()),
        Some('\\') => escaped(&rest[1..]),
        Some(c) => Ok((c, &rest[c.len_utf8()..])),
    }
}

/// `\d`, `\S` and their like; `rest` follows the backslash. `None`: another escape.
pub(super) fn perl(rest: &str) -> Result<Option<(Class, &str)>, String> {
    let (set, side) = match rest.as_bytes().first() {
        Some(b'd') => (DIGIT, Side::Within),
        Some(b'D') => (DIGIT, Side::Without),
        Some(b's') => (PERL_SPACE, Side::Within),
        Some(b'S') => (PERL_SPACE, Side::Without),
        Some(b'w') => (WORD, Side::Within),
        Some(b'W') => (WORD, Side::Without),
        Some(b'p' | b'P') => return Err("`\\p` is not supported here".to_owned()),
        _ => return Ok(None),
    };
    let mut class = Class {
        is_negated: false,
        ranges: Vec::new(),
    };
    class.add(set, side);
    Ok(Some((class, &rest[1..])))
}

/// One character, escaped; `rest` follows the backslash.
pub(super) fn escaped(rest: &str) -> Result<(char, &str), String> {
    let Some(c) = rest.chars().next() else {
        return Err("`\\` stands at the end".to_owned());
    };
    let after = &rest[c.len_utf8()..];
    let control = match c {
        'a' => '\x07',
        'f' => '\x0C',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0B',
        'x' => return number(after, 2..=2, 16).ok_or_else(|| no_meaning(c)),
        '0' => return number(rest, 1..=3, 8).ok_or_else(|| no_meaning(c)),
        '1'..='7' => return number(rest, 2..=3, 8).ok_or_else(|| no_meaning(c)),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
        c => return Err(no_meaning(c)),
    };
    Ok((control, after))
}

fn no_meaning(c: char) -> String {
    format!("`\\{c}` has no meaning in a pattern")
}

/// A character by its number, with this many digits.
fn number(rest: &str, digits: std::ops::RangeInclusive<usize>, radix: u32) -> Option<(char, &str)> {
    let leading = rest.chars().take_while(|c| c.is_digit(radix));
    let count = leading.take(*digits.end()).count();
    let value = u32::from_str_radix(rest.get(..count)?, radix).ok()?;
    let c = char::from_u32(value).filter(|_| digits.contains(&count))?;
    Some((c, &rest[count..]))
}
