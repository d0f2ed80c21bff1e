//! What a plain word is in YAML 1.1. Source: Ruby's Psych, `scalar_scanner.rb` (`tokenize`, `INTEGER_LEGACY`, `FLOAT`).

use std::fmt;
use std::rc::Rc;

use super::Kind;

/// A number: what Ruby makes of it, and what was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    value: Value,
    pub(crate) written: Rc<str>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Int(i128),
    Float(f64),
}

impl Number {
    pub(crate) fn of_int(value: i64) -> Self {
        Number {
            value: Value::Int(i128::from(value)),
            written: value.to_string().into(),
        }
    }

    pub(crate) fn int(&self) -> Option<i64> {
        match self.value {
            Value::Int(value) => i64::try_from(value).ok(),
            Value::Float(_) => None,
        }
    }

    pub(crate) fn float(&self) -> f64 {
        match self.value {
            Value::Int(value) => value as f64,
            Value::Float(value) => value,
        }
    }

    /// Whether somebody who reads the file takes it for something else: `0755`, `22:22`, `3.10`, `1,000`.
    pub(crate) fn is_surprising(&self) -> bool {
        self.to_string() != self.written.trim_start_matches('+').replace('_', "")
    }
}

/// A boolean, and the word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    pub(crate) is: bool,
    /// In small letters.
    pub(crate) written: &'static str,
}

impl Flag {
    pub(crate) fn of(word: &str) -> Option<Self> {
        let words = [
            ("true", true),
            ("yes", true),
            ("on", true),
            ("false", false),
            ("no", false),
            ("off", false),
        ];
        let found = words.into_iter().find(|(known, _)| *known == word);
        found.map(|(written, is)| Flag { is, written })
    }

    /// Whether somebody who reads the file takes it for a word.
    pub(crate) fn is_surprising(self) -> bool {
        self.written != self.to_string()
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.is)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value {
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) if value.fract() == 0.0 && value.abs() < 1e16 => {
                write!(f, "{value:.1}")
            }
            Value::Float(value) => write!(f, "{value}"),
        }
    }
}

/// A plain word that Ruby makes a date or a time of: GitLab refuses it.
#[derive(Debug)]
pub(super) struct Date;

pub(super) fn plain(text: &str) -> Result<Kind, Date> {
    let lower = text.to_ascii_lowercase();
    if let Some(flag) = Flag::of(&lower) {
        return Ok(Kind::Bool(flag));
    }
    Ok(match lower.as_str() {
        "" | "~" | "null" => Kind::Null,
        _ => {
            let first = text.as_bytes()[0];
            if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
                return Ok(Kind::Text(text.into()));
            }
            if is_date(text) {
                return Err(Date);
            }
            match number(text) {
                Some(value) => Kind::Number(Number {
                    value,
                    written: text.into(),
                }),
                None => Kind::Text(text.into()),
            }
        }
    })
}

fn number(text: &str) -> Option<Value> {
    let (sign, digits) = match text.as_bytes()[0] {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let radix = |prefix: usize, radix: u32| {
        let digits: String = digits[prefix..]
            .chars()
            .filter(|c| *c != '_' && *c != ',')
            .collect();
        i128::from_str_radix(&digits, radix)
            .ok()
            .map(|value| Value::Int(sign * value))
    };
    let all = |from: usize, allowed: &dyn Fn(char) -> bool| {
        digits.len() > from && digits[from..].chars().all(allowed)
    };
    if digits.is_empty() {
        return None;
    }
    if digits.starts_with("0b") && all(2, &|c| matches!(c, '0' | '1' | '_')) {
        return radix(2, 2);
    }
    if (digits.starts_with("0x") || digits.starts_with("0X"))
        && all(2, &|c| c.is_ascii_hexdigit() || c == '_')
    {
        return radix(2, 16);
    }
    if digits.len() > 1
        && digits.starts_with('0')
        && all(1, &|c| matches!(c, '0'..='7' | '_' | ','))
    {
        return radix(1, 8);
    }
    if digits == "0"
        || (matches!(digits.as_bytes()[0], b'1'..=b'9')
            && all(0, &|c| c.is_ascii_digit() || c == '_' || c == ','))
    {
        return radix(0, 10);
    }
    if digits.contains(':') {
        return sexagesimal(sign, digits);
    }
    if text.eq_ignore_ascii_case(".nan") {
        return Some(Value::Float(f64::NAN));
    }
    if digits.eq_ignore_ascii_case(".inf") {
        return Some(Value::Float(sign as f64 * f64::INFINITY));
    }
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "+0"));
    let (whole, part) = mantissa.split_once('.')?;
    let is_number = (whole.is_empty() || whole.starts_with(|c: char| c.is_ascii_digit()))
        && whole
            .chars()
            .all(|c| c.is_ascii_digit() || c == '_' || c == ',')
        && part.chars().all(|c| c.is_ascii_digit() || c == '_')
        && !(whole.is_empty() && part.is_empty())
        && exponent.starts_with(['+', '-'])
        && exponent.len() > 1
        && exponent[1..].chars().all(|c| c.is_ascii_digit());
    if !is_number {
        return None;
    }
    let clean: String = format!("0{whole}.{part}0e{exponent}")
        .chars()
        .filter(|c| *c != '_' && *c != ',')
        .collect();
    clean
        .parse::<f64>()
        .ok()
        .map(|value| Value::Float(sign as f64 * value))
}

/// `22:22` is 22 × 60 + 22; the last part may have a fraction.
fn sexagesimal(sign: i128, digits: &str) -> Option<Value> {
    let (whole, fraction) = match digits.split_once('.') {
        Some((whole, fraction)) if fraction.chars().all(|c| c.is_ascii_digit() || c == '_') => {
            (whole, Some(fraction))
        }
        Some(_) => return None,
        None => (digits, None),
    };
    let mut parts = whole.split(':');
    let first = parts.next()?;
    if !first.starts_with(|c: char| c.is_ascii_digit())
        || !first.chars().all(|c| c.is_ascii_digit() || c == '_')
    {
        return None;
    }
    let mut total: i128 = first.replace('_', "").parse().ok()?;
    let mut count = 0;
    for part in parts {
        let small = part.len() == 1 || (part.len() == 2 && part.as_bytes()[0] <= b'5');
        if !small || !part.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        total = total.checked_mul(60)?.checked_add(part.parse().ok()?)?;
        count += 1;
    }
    match fraction {
        None if (1..=2).contains(&count) => Some(Value::Int(sign * total)),
        Some(fraction) if count >= 1 => {
            let fraction: f64 = format!("0.{}0", fraction.replace('_', "")).parse().ok()?;
            Some(Value::Float(sign as f64 * (total as f64 + fraction)))
        }
        Some(_) | None => None,
    }
}

/// `2024-01-31`, with or without a time.
fn is_date(text: &str) -> bool {
    let day = text.split(['T', 't', ' ']).next().unwrap_or(text);
    let rest = &text[day.len()..];
    let parts: Vec<&str> = day.split('-').collect();
    let digits = |part: &str, most: usize| {
        !part.is_empty() && part.len() <= most && part.chars().all(|c| c.is_ascii_digit())
    };
    let [year, month, date] = parts.as_slice() else {
        return false;
    };
    if year.len() != 4 || !digits(year, 4) || !digits(month, 2) || !digits(date, 2) {
        return false;
    }
    let within = |part: &str, most: u8| part.parse::<u8>().is_ok_and(|n| (1..=most).contains(&n));
    if !within(month, 12) || !within(date, 31) {
        return false;
    }
    rest.is_empty() || {
        let mut clock = rest[1..].trim_start().splitn(3, ':');
        clock.next().is_some_and(|hour| digits(hour, 2))
            && clock.next().is_some_and(|minute| digits(minute, 2))
            && clock
                .next()
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    }
}

#[cfg(test)]
mod tests;
