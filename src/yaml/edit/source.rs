//! The text as bytes and lines: where lines begin and end, what stands between two values, and how bytes are replaced.

pub(super) struct Source<'t> {
    pub(super) text: &'t str,
    pub(super) newline: &'static str,
}

impl<'t> Source<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let newline = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            Some(_) | None => "\n",
        };
        Source { text, newline }
    }

    /// Where the line begins, behind a byte order mark.
    pub(super) fn line_start(&self, at: usize) -> usize {
        match self.text[..at].rfind('\n') {
            Some(newline) => newline + 1,
            None if self.text.starts_with('\u{feff}') => '\u{feff}'.len_utf8().min(at),
            None => 0,
        }
    }

    /// The end of the line, before its `\r\n` or `\n`.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let end = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |n| at + n);
        match end > at && self.text[..end].ends_with('\r') {
            true => end - 1,
            false => end,
        }
    }

    /// Where the next line begins, or the end of the text.
    pub(super) fn next_line(&self, at: usize) -> usize {
        self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |n| at + n + 1)
    }

    /// From 0, in characters.
    pub(super) fn column(&self, at: usize) -> usize {
        self.text[self.line_start(at)..at].chars().count()
    }

    /// What stands before it on its line.
    pub(super) fn before(&self, at: usize) -> &'t str {
        &self.text[self.line_start(at)..at]
    }

    pub(super) fn is_first_on_line(&self, at: usize) -> bool {
        self.before(at).bytes().all(|c| c == b' ')
    }

    /// Whether only blanks and a comment follow on the line.
    pub(super) fn is_last_on_line(&self, at: usize) -> bool {
        let rest = &self.text[at..self.line_end(at)];
        let word = rest.trim_start_matches([' ', '\t']);
        word.is_empty() || (word.starts_with('#') && (word.len() < rest.len() || at == 0))
    }

    /// The first place from `at` that is no blank, line end or comment.
    pub(super) fn skip(&self, mut at: usize) -> usize {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(at) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => at += 1,
                Some(b'#') if at == 0 || bytes[at - 1].is_ascii_whitespace() => {
                    at = self.line_end(at)
                }
                Some(_) | None => return at,
            }
        }
    }

    /// Behind `sign`, if it is what comes next.
    pub(super) fn behind(&self, at: usize, sign: char) -> Option<usize> {
        let found = self.skip(at);
        self.text[found..]
            .starts_with(sign)
            .then(|| found + sign.len_utf8())
    }

    pub(super) fn blanks(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        at + rest.len() - rest.trim_start_matches([' ', '\t']).len()
    }
}

/// Bytes that are replaced.
#[derive(Debug)]
pub(super) struct Splice {
    start: usize,
    end: usize,
    text: String,
}

impl Splice {
    pub(super) fn insert(at: usize, text: String) -> Self {
        Splice::replace(at, at, text)
    }

    pub(super) fn delete(start: usize, end: usize) -> Self {
        Splice::replace(start, end, String::new())
    }

    pub(super) fn replace(start: usize, end: usize, text: String) -> Self {
        Splice { start, end, text }
    }

    /// `None`: they overlap, or fall into a character.
    pub(super) fn apply(text: &str, mut splices: Vec<Splice>) -> Option<String> {
        splices.sort_by_key(|splice| splice.start);
        let mut edited = String::with_capacity(text.len());
        let mut done = 0;
        for splice in splices {
            edited.push_str(text.get(done..splice.start)?);
            edited.push_str(&splice.text);
            done = splice.end;
        }
        edited.push_str(text.get(done..)?);
        Some(edited)
    }
}
