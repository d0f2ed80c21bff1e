//! Cuts the engine's answer into its JSON objects, however the pieces of it arrive.
//!
//! The engine separates objects by CRLF, by a newline or by nothing, and a piece of the stream may end anywhere (source:
//! moby `pkg/streamformatter`; bollard 0.21 trips over a CRLF that is cut in two, its issue #560). Refuses to parse: what
//! comes out is one object's bytes.

/// A record of a build or a push is some hundred bytes; a step's output comes in pieces of at most 32 KiB.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The state between two pieces of the stream.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// The beginning of an object whose end has not come yet.
    begun: Vec<u8>,
    depth: usize,
    within: Within,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Within {
    #[default]
    Structure,
    Text,
    /// In a text, behind a backslash.
    Escape,
}

impl Splitter {
    /// Hands each object that is complete now to `object`.
    ///
    /// # Errors
    /// What came is no stream of JSON objects, or one of them is larger than 4 MiB.
    pub(super) fn push(
        &mut self,
        piece: &[u8],
        object: &mut dyn FnMut(&[u8]),
    ) -> Result<(), &'static str> {
        let mut start = 0;
        for (at, byte) in piece.iter().enumerate() {
            match (self.within, byte) {
                (Within::Structure, b'{' | b'[') if self.depth > 0 => self.depth += 1,
                (Within::Structure, b'{') => (start, self.depth) = (at, 1),
                (Within::Structure, b'}' | b']') if self.depth > 1 => self.depth -= 1,
                (Within::Structure, b'}') if self.depth == 1 => {
                    self.depth = 0;
                    let end = &piece[start..=at];
                    if self.begun.is_empty() {
                        object(end);
                    } else {
                        self.begun.extend_from_slice(end);
                        object(&self.begun);
                        self.begun.clear();
                    }
                }
                (Within::Structure, b'"') if self.depth > 0 => self.within = Within::Text,
                (Within::Structure, _) if self.depth > 0 => {}
                (Within::Structure, b' ' | b'\t' | b'\r' | b'\n') => {}
                (Within::Structure, _) => {
                    return Err("what it sent is not a stream of JSON objects");
                }
                (Within::Text, b'\\') => self.within = Within::Escape,
                (Within::Text, b'"') => self.within = Within::Structure,
                (Within::Text, _) => {}
                (Within::Escape, _) => self.within = Within::Text,
            }
        }
        if self.depth > 0 {
            self.begun.extend_from_slice(&piece[start..]);
        }
        match self.begun.len() > MOST_BYTES {
            true => Err("it sent a record larger than 4 MiB"),
            false => Ok(()),
        }
    }

    /// Whether the stream may end here.
    pub(super) fn is_between(&self) -> bool {
        self.depth == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(pieces: &[&[u8]]) -> Result<Vec<String>, &'static str> {
        let (mut splitter, mut found) = (Splitter::default(), Vec::new());
        for piece in pieces {
            splitter.push(piece, &mut |object| {
                found.push(String::from_utf8_lossy(object).into_owned());
            })?;
        }
        assert!(splitter.is_between() || !splitter.begun.is_empty());
        Ok(found)
    }

    #[test]
    fn objects_come_out_whole_wherever_the_stream_is_cut() {
        let stream = b"{\"a\":\"}{\\\"\"}\r\n{\"b\":{\"c\":[{},[1]]}}{\"d\":\"\\\\\"}\n \t{}";
        let whole = [
            r#"{"a":"}{\""}"#,
            r#"{"b":{"c":[{},[1]]}}"#,
            r#"{"d":"\\"}"#,
            "{}",
        ];
        assert_eq!(split(&[stream]).unwrap(), whole);
        for first in 0..stream.len() {
            for second in first..stream.len() {
                let pieces = [&stream[..first], &stream[first..second], &stream[second..]];
                assert_eq!(
                    split(&pieces).unwrap(),
                    whole,
                    "cut at {first} and {second}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_object_is_refused_and_an_unfinished_one_waits() {
        assert!(split(&[b"<html>"]).is_err());
        assert!(split(&[b"{}]"]).is_err());
        assert_eq!(split(&[b"{\"a\":1"]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_object_without_end_is_refused_before_it_fills_the_memory() {
        let mut splitter = Splitter::default();
        splitter.push(b"{\"a\":\"", &mut |_| ()).unwrap();
        let piece = vec![b'x'; 64 * 1024];
        let refused = (0..100).position(|_| splitter.push(&piece, &mut |_| ()).is_err());
        assert_eq!(refused, Some(MOST_BYTES / piece.len() - 1));
    }
}
