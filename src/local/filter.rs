//! Bytes of the job log on their way: masked values become `[MASKED]`, section markers vanish where nobody folds them.
//!
//! Everything else passes as it is. Only an end that may be the beginning of a secret or a marker is held back.

/// Longer than any marker of ours.
const LONGEST_MARKER: usize = 400;
const MARKER: &[u8] = b"section_";

/// Whether section markers stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Markers {
    Keep,
    Strip,
}

#[derive(Debug)]
pub(super) struct Filter {
    /// Longest first: one may be the beginning of another.
    secrets: Vec<Vec<u8>>,
    markers: Markers,
    held: Vec<u8>,
}

/// Whether more may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    Final,
}

enum Found {
    /// This many bytes are replaced by that.
    Replace(usize, &'static [u8]),
    /// More bytes will tell.
    Perhaps,
    Nothing,
}

impl Filter {
    pub(super) fn new(markers: Markers) -> Self {
        Filter {
            secrets: Vec::new(),
            markers,
            held: Vec::new(),
        }
    }

    pub(super) fn mask(&mut self, secrets: Vec<String>) {
        self.secrets = secrets
            .into_iter()
            .map(String::into_bytes)
            .filter(|secret| !secret.is_empty())
            .collect();
        self.secrets
            .sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// What can be shown of all that came so far.
    pub(super) fn pass(&mut self, data: &[u8]) -> Vec<u8> {
        self.scan(data, End::Open)
    }

    /// What was held back, when there is no more for now.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.scan(&[], End::Final)
    }

    fn scan(&mut self, data: &[u8], end: End) -> Vec<u8> {
        let mut begins = [false; 256];
        for secret in &self.secrets {
            begins[usize::from(secret[0])] = true;
        }
        if self.markers == Markers::Strip {
            begins[usize::from(MARKER[0])] = true;
        }
        let mut all = std::mem::take(&mut self.held);
        all.extend_from_slice(data);
        let mut out = Vec::with_capacity(all.len());
        let mut at = 0;
        while at < all.len() {
            let plain = all[at..]
                .iter()
                .position(|byte| begins[usize::from(*byte)])
                .unwrap_or(all.len() - at);
            out.extend_from_slice(&all[at..at + plain]);
            at += plain;
            match self.look(&all[at..], end) {
                Found::Replace(length, by) => {
                    out.extend_from_slice(by);
                    at += length;
                }
                Found::Perhaps => {
                    self.held = all[at..].to_vec();
                    break;
                }
                Found::Nothing => {
                    out.extend(all.get(at));
                    at += 1;
                }
            }
        }
        out
    }

    fn look(&self, rest: &[u8], end: End) -> Found {
        if rest.is_empty() {
            return Found::Nothing;
        }
        if end == End::Open
            && self
                .secrets
                .iter()
                .any(|secret| secret.len() > rest.len() && secret.starts_with(rest))
        {
            return Found::Perhaps;
        }
        if let Some(secret) = self.secrets.iter().find(|secret| rest.starts_with(secret)) {
            return Found::Replace(secret.len(), b"[MASKED]");
        }
        if self.markers == Markers::Keep {
            return Found::Nothing;
        }
        match marker(rest) {
            Found::Perhaps if end == End::Final => Found::Nothing,
            found => found,
        }
    }
}

/// `section_start:<seconds>:<name>[options]\r` and erase-line, or `section_end:…`.
fn marker(rest: &[u8]) -> Found {
    const END: &[u8] = b"\r\x1b[0K";
    let known = rest.len().min(MARKER.len());
    if rest[..known] != MARKER[..known] {
        return Found::Nothing;
    }
    let window = &rest[..rest.len().min(LONGEST_MARKER)];
    let end = window
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || b"_:.-[]=,".contains(byte)));
    match end {
        Some(end) if window[end..].starts_with(END) => Found::Replace(end + END.len(), b""),
        Some(end) if END.starts_with(&window[end..]) => Found::Perhaps,
        None if window.len() < LONGEST_MARKER => Found::Perhaps,
        Some(_) | None => Found::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same, however the output is cut.
    fn passed(filter: impl Fn() -> Filter, text: &str) -> String {
        let mut results: Vec<String> = Vec::new();
        for size in [1, 2, 3, 7, 1000] {
            let mut filter = filter();
            let mut out: Vec<u8> = text
                .as_bytes()
                .chunks(size)
                .flat_map(|part| filter.pass(part))
                .collect();
            out.extend(filter.rest());
            results.push(String::from_utf8(out).unwrap());
        }
        results.dedup();
        assert_eq!(results.len(), 1, "{results:?}");
        results.remove(0)
    }

    #[test]
    fn masked_values_do_not_pass_however_they_are_cut() {
        let filter = || {
            let mut filter = Filter::new(Markers::Keep);
            filter.mask(vec!["secret".into(), "secret-long".into(), "top".into()]);
            filter
        };
        assert_eq!(
            passed(
                filter,
                "a secret b secret-long c sec secre stop section_end:1:x\r secret"
            ),
            "a [MASKED] b [MASKED] c sec secre s[MASKED] section_end:1:x\r [MASKED]"
        );
    }

    #[test]
    fn markers_vanish_and_all_else_stays() {
        let text = "section_start:17:pull_1[collapsed=true]\r\u{1b}[0KPulling\nsection_end:18:pull_1\r\u{1b}[0Kdone sections section_x y\n";
        assert_eq!(
            passed(|| Filter::new(Markers::Strip), text),
            "Pulling\ndone sections section_x y\n"
        );
    }
}
