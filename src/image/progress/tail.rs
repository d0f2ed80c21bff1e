//! The last lines of an output that may be endless, and characters that were cut in two.

use std::collections::VecDeque;

/// A line without an end is cut here: a program may print a gigabyte and never a line feed.
const LINE_BYTES: usize = 16 * 1024;

/// Keeps the last complete lines, within two bounds, and the line that is being written.
#[derive(Debug)]
pub(super) struct Tail {
    lines: VecDeque<String>,
    bytes: usize,
    /// How many lines were let go.
    dropped: u64,
    open: String,
    /// A carriage return came: what follows overwrites the open line, as a progress bar does.
    returned: bool,
    max_lines: usize,
    max_bytes: usize,
}

impl Tail {
    pub(super) fn of(max_lines: usize, max_bytes: usize) -> Self {
        Tail {
            lines: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            open: String::new(),
            returned: false,
            max_lines,
            max_bytes,
        }
    }

    /// Takes text as it comes. The lines it completes are handed to `each` first, so none is lost to one who listens.
    pub(super) fn push(&mut self, text: &str, mut each: impl FnMut(&str)) {
        for piece in text.split_inclusive(['\n', '\r']) {
            let (words, end) = match piece.as_bytes().last() {
                Some(&end @ (b'\n' | b'\r')) => (&piece[..piece.len() - 1], Some(end)),
                Some(_) | None => (piece, None),
            };
            if !words.is_empty() && self.returned {
                self.open.clear();
                self.returned = false;
            }
            let mut words = words;
            while self.open.len() + words.len() > LINE_BYTES {
                let cut = floor_char(words, LINE_BYTES.saturating_sub(self.open.len()));
                self.open.push_str(&words[..cut]);
                words = &words[cut..];
                self.close(&mut each);
            }
            self.open.push_str(words);
            match end {
                Some(b'\n') => self.close(&mut each),
                Some(_) => self.returned = true,
                None => {}
            }
        }
    }

    /// Closes the line that is being written, if there is one.
    pub(super) fn finish(&mut self, mut each: impl FnMut(&str)) {
        if !self.open.is_empty() {
            self.close(&mut each);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.open.is_empty()
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        let open = Some(self.open.as_str()).filter(|open| !open.is_empty());
        self.lines.iter().map(String::as_str).chain(open)
    }

    /// The last line that says something.
    pub(super) fn last(&self) -> Option<&str> {
        let spoken = |line: &&str| !line.trim().is_empty();
        Some(self.open.as_str()).filter(spoken).or_else(|| {
            let mut lines = self.lines.iter().rev().map(String::as_str);
            lines.find(spoken)
        })
    }

    fn close(&mut self, each: &mut impl FnMut(&str)) {
        let line = std::mem::take(&mut self.open);
        self.returned = false;
        each(&line);
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.lines.len() > self.max_lines || self.bytes > self.max_bytes {
            let Some(gone) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= gone.len();
            self.dropped += 1;
        }
    }
}

/// The last place at or before `at` where `text` may be cut.
pub(super) fn floor_char(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The bytes of a character whose rest has not come yet.
#[derive(Debug, Default)]
pub(super) struct Cut(Vec<u8>);

impl Cut {
    /// `bytes` as text, joined with what was left over; what can never be a character is replaced.
    pub(super) fn decode(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.0);
        all.extend_from_slice(bytes);
        let whole = all.len() - unfinished(&all);
        self.0 = all.split_off(whole);
        String::from_utf8_lossy(&all).into_owned()
    }

    /// What is left over when nothing more will come.
    pub(super) fn rest(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.0)).into_owned()
    }
}

/// How many bytes at the end are a beginning that more bytes could complete.
fn unfinished(bytes: &[u8]) -> usize {
    (1..=bytes.len().min(3))
        .find(|&back| {
            let tail = &bytes[bytes.len() - back..];
            // `error_len` is absent exactly where the input ended too early.
            tail[0] >= 0xc0
                && std::str::from_utf8(tail).is_err_and(|error| error.error_len().is_none())
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progress_bar_leaves_its_last_state_only() {
        let mut tail = Tail::of(10, 1000);
        let mut seen = Vec::new();
        for text in ["10%\r", "50%\r", "100%\r\n", "next\nopen"] {
            tail.push(text, |line| seen.push(line.to_owned()));
        }
        assert_eq!(seen, ["100%", "next"]);
        assert_eq!(tail.last(), Some("open"));
    }

    #[test]
    fn an_endless_output_stays_within_its_bounds() {
        let mut tail = Tail::of(3, 40_000);
        for number in 0..1000 {
            tail.push(&format!("{number}\n"), |_| ());
        }
        assert_eq!(tail.lines().collect::<Vec<_>>(), ["997", "998", "999"]);
        assert_eq!(tail.dropped(), 997);
        for _ in 0..1000 {
            tail.push(&"é".repeat(999), |_| ());
        }
        assert!(tail.lines().map(str::len).sum::<usize>() < 60_000);
    }

    #[test]
    fn a_character_cut_in_two_is_joined_and_a_wrong_one_replaced() {
        let mut cut = Cut::default();
        let said: Vec<String> = [
            &b"caf\xc3"[..],
            b"\xa9 \xff \xf0\x9f",
            b"\x98",
            b"\x80",
            b"\xc3x",
        ]
        .iter()
        .map(|bytes| cut.decode(bytes))
        .collect();
        assert_eq!(said, ["caf", "é \u{fffd} ", "", "😀", "\u{fffd}x"]);
        assert_eq!(
            (cut.decode(b"\xc3").as_str(), cut.rest().as_str()),
            ("", "\u{fffd}")
        );
    }
}
