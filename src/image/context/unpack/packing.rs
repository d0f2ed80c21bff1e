//! How a tar is compressed, by its first bytes.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::error::{Cause, Error, Result};

/// What is not read here, with the start that tells it. Sources: the formats' own specifications.
const REFUSED: [(&[u8], &str, &str); 5] = [
    (b"BZh", "bzip2", "bzip2 -d"),
    (b"\xFD7zXZ\0", "xz", "xz -d"),
    (b"\x28\xB5\x2F\xFD", "zstd", "zstd -d"),
    (b"\x04\x22\x4D\x18", "lz4", "lz4 -d"),
    (b"PK\x03\x04", "zip", "unzip"),
];
const GZIP: &[u8] = b"\x1F\x8B";

/// # Errors
/// It is empty, or compressed in a way that is not spoken here.
pub(super) fn unpacked<'r>(mut reader: impl Read + 'r) -> Result<Box<dyn Read + 'r>> {
    let mut start = Vec::new();
    let cannot = || Error::precondition("cannot read the context as a tar");
    (&mut reader)
        .take(6)
        .read_to_end(&mut start)
        .map_err(|error| cannot().caused_by(error))?;
    if start.is_empty() {
        return Err(cannot()
            .caused_by(Cause::line("nothing came"))
            .hint("check the command that was to write it"));
    }
    if let Some((_, name, tool)) = REFUSED
        .iter()
        .find(|(magic, _, _)| start.starts_with(magic))
    {
        return Err(cannot()
            .caused_by(Cause::line(format!(
                "it is {name}; plain tar and gzip are understood"
            )))
            .hint(format!("unpack it first, with `{tool}`")));
    }
    let is_gzip = start.starts_with(GZIP);
    let whole = io::Cursor::new(start).chain(reader);
    Ok(match is_gzip {
        true => Box::new(MultiGzDecoder::new(io::BufReader::with_capacity(
            64 * 1024,
            whole,
        ))),
        false => Box::new(io::BufReader::with_capacity(64 * 1024, whole)),
    })
}
