//! The body of a request, in pieces: sent as often as it has to be, and never copied into one.
//!
//! Memory of one large piece, once given back, makes the allocator keep as much in each thread's arena.

use futures_util::stream::iter;
use hyper::body::Bytes;
use reqwest::Body;

/// Pieces in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Payload(Vec<Bytes>);

impl Payload {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Payload(vec![Bytes::copy_from_slice(bytes)])
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        self.0.push(piece);
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(Bytes::len).sum()
    }

    /// What comes behind so many bytes.
    pub(super) fn behind(&self, mut skipped: usize) -> Self {
        let mut rest = Vec::new();
        for piece in &self.0 {
            let now = skipped.min(piece.len());
            skipped -= now;
            if now < piece.len() {
                rest.push(piece.slice(now..));
            }
        }
        Payload(rest)
    }

    pub(super) fn body(&self) -> Body {
        match &self.0[..] {
            [] => Body::from(Bytes::new()),
            [one] => Body::from(one.clone()),
            _ => Body::wrap_stream(iter(
                self.0.clone().into_iter().map(Ok::<_, std::io::Error>),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_arrived_is_left_out() {
        let mut payload = Payload::of(b"abc");
        payload.push(Bytes::from_static(b"defg"));
        assert_eq!(payload.len(), 7);
        let rest = |skipped: usize| payload.behind(skipped).0.concat();
        assert_eq!(rest(0), b"abcdefg");
        assert_eq!(rest(2), b"cdefg");
        assert_eq!(rest(3), b"defg");
        assert_eq!(rest(7), b"");
    }
}
