//! Frames on the job socket: one byte of kind, three of nothing, four of length (little endian), and the payload.
//!
//! Version 1 of the protocol; the request names it. Both ends are the same build (the host mounts its own program into
//! the container), so the number is a safeguard and not a negotiation.

use std::io::{Error, ErrorKind, Read, Result, Write};

pub(super) const VERSION: u32 = 1;
/// The longest payload of a frame.
pub(super) const LONGEST: usize = 1 << 20;
/// The longest request: a Dockerfile of 2 MiB in base64, and secrets.
pub(super) const LONGEST_REQUEST: usize = 16 << 20;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    // From the job.
    /// A part of the request's JSON; an empty one ends it.
    Request,
    /// Entries of the context, see `listing`; an empty one ends them.
    Entries,
    /// Bytes of the file that was wanted first and is not complete.
    Data,
    /// The file is complete.
    DataEnd,
    /// The file could not be sent; the payload says why.
    DataFailed,
    // From the host.
    /// The request is admitted: send the entries.
    Proceed,
    /// Something to tell, as JSON.
    Event,
    /// The number of an entry whose bytes are wanted: four bytes.
    Want,
    /// The end, as JSON, in parts; an empty one ends it.
    Answer,
}

const KINDS: [(Kind, u8); 9] = [
    (Kind::Request, 1),
    (Kind::Entries, 2),
    (Kind::Data, 3),
    (Kind::DataEnd, 4),
    (Kind::DataFailed, 5),
    (Kind::Proceed, 16),
    (Kind::Event, 17),
    (Kind::Want, 18),
    (Kind::Answer, 19),
];

impl Kind {
    fn code(self) -> u8 {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or(0, |(_, code)| *code)
    }

    fn of(code: u8) -> Option<Self> {
        KINDS
            .iter()
            .find(|(_, known)| *known == code)
            .map(|(kind, _)| *kind)
    }
}

/// Writes one frame; `payload` is at most [`LONGEST`] bytes.
pub(super) fn write(mut to: impl Write, kind: Kind, payload: &[u8]) -> Result<()> {
    let length = u32::try_from(payload.len())
        .ok()
        .filter(|_| payload.len() <= LONGEST)
        .ok_or_else(|| Error::new(ErrorKind::InvalidInput, "a frame is too long"))?;
    let mut head = [0; 8];
    head[0] = kind.code();
    head[4..].copy_from_slice(&length.to_le_bytes());
    if payload.len() <= 64 * 1024 {
        // In one piece: small frames should not wait for each other.
        let mut whole = Vec::with_capacity(8 + payload.len());
        whole.extend_from_slice(&head);
        whole.extend_from_slice(payload);
        return to.write_all(&whole);
    }
    to.write_all(&head)?;
    to.write_all(payload)
}

/// Writes `bytes` as frames of one kind, and the empty frame that ends them.
pub(super) fn write_whole(mut to: impl Write, kind: Kind, bytes: &[u8]) -> Result<()> {
    for part in bytes.chunks(LONGEST) {
        write(&mut to, kind, part)?;
    }
    write(to, kind, &[])
}

/// Reads one frame into `payload`, which it empties first; `None` where the other end has closed.
///
/// # Errors
/// `InvalidData` for what is no frame; those of the transport.
pub(super) fn read(mut from: impl Read, payload: &mut Vec<u8>) -> Result<Option<Kind>> {
    payload.clear();
    let mut head = [0; 8];
    let mut filled = 0;
    while filled < head.len() {
        match from.read(&mut head[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let nonsense = |what: &str| Error::new(ErrorKind::InvalidData, what.to_owned());
    let kind = Kind::of(head[0])
        .filter(|_| head[1..4] == [0; 3])
        .ok_or_else(|| nonsense("not a frame of the job socket"))?;
    let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
    if length > LONGEST {
        return Err(nonsense("a frame is too long"));
    }
    payload.resize(length, 0);
    from.read_exact(payload)?;
    Ok(Some(kind))
}

/// Reads frames of `kind` up to the empty one.
///
/// # Errors
/// `InvalidData` where another kind comes or more than `most` bytes do.
pub(super) fn read_whole(mut from: impl Read, wanted: Kind, most: usize) -> Result<Vec<u8>> {
    let mut whole = Vec::new();
    let mut part = Vec::new();
    loop {
        match read(&mut from, &mut part)? {
            Some(kind) if kind == wanted && part.is_empty() => return Ok(whole),
            Some(kind) if kind == wanted && whole.len() + part.len() <= most => {
                whole.extend_from_slice(&part);
            }
            Some(kind) if kind == wanted => {
                return Err(Error::new(ErrorKind::InvalidData, "it is too long"));
            }
            Some(_) => return Err(Error::new(ErrorKind::InvalidData, "an unexpected frame")),
            None => return Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_back_as_they_were_written() {
        let mut wire = Vec::new();
        let long = vec![7; LONGEST + 5];
        write_whole(&mut wire, Kind::Request, &long).unwrap();
        write(&mut wire, Kind::DataEnd, b"").unwrap();
        let mut rest = wire.as_slice();
        assert_eq!(
            read_whole(&mut rest, Kind::Request, LONGEST * 2).unwrap(),
            long
        );
        let mut payload = Vec::new();
        assert_eq!(read(&mut rest, &mut payload).unwrap(), Some(Kind::DataEnd));
        assert_eq!(read(&mut rest, &mut payload).unwrap(), None);
    }

    #[test]
    fn what_is_no_frame_or_too_much_is_an_error() {
        let mut payload = Vec::new();
        for wire in [
            b"GET / HTTP/1.1\r\n\r\n".as_slice(),
            &[1, 0, 0, 0, 255, 255, 255, 255],
            &[1, 0, 1, 0, 0, 0, 0, 0],
            &[99, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0],
            &[1, 0, 0, 0, 5, 0, 0, 0, 1],
        ] {
            assert!(read(wire, &mut payload).is_err(), "{wire:?}");
        }
        let mut wire = Vec::new();
        write_whole(&mut wire, Kind::Request, &[0; 100]).unwrap();
        assert!(read_whole(wire.as_slice(), Kind::Request, 99).is_err());
        assert!(read_whole(wire.as_slice(), Kind::Answer, 1000).is_err());
    }

    proptest::proptest! {
        /// Whatever comes over the job socket is read to its end or refused, and never holds more than was allowed.
        #[test]
        fn fuzz_frames(
            parts in proptest::collection::vec((0..24_u8, proptest::collection::vec(proptest::num::u8::ANY, 0..40)), 0..8),
            rest in proptest::collection::vec(proptest::num::u8::ANY, 0..40),
            most in 0..120_usize,
        ) {
            let mut wire = Vec::new();
            for (kind, payload) in &parts {
                wire.extend_from_slice(&[*kind, 0, 0, 0]);
                wire.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
                wire.extend_from_slice(payload);
            }
            wire.extend_from_slice(&rest);
            for kind in [Kind::Request, Kind::Entries] {
                if let Ok(whole) = read_whole(wire.as_slice(), kind, most) {
                    proptest::prop_assert!(whole.len() <= most);
                }
            }
        }
    }
}
