//! Records out of a file, one at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use super::super::record::{Record, SCHEMA};
use super::summary::Summary;
use crate::error::{Error, Result};

/// A record with all its causes is some thousand bytes.
const LONGEST: u64 = 64 * 1024;

/// # Errors
/// The file cannot be read.
pub(super) fn records(file: &Path, summary: &mut Summary) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::precondition(format!("cannot read the records `{}`", file.display()))
            .caused_by(error)
            .hint("`job_records` in `[executor]` names the file; it is there from the first job on that ends")
    };
    let mut reader = BufReader::with_capacity(1 << 18, File::open(file).map_err(failed)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut part = (&mut reader).take(LONGEST);
        if part.read_until(b'\n', &mut line).map_err(failed)? == 0 {
            return Ok(());
        }
        let is_whole = line.ends_with(b"\n");
        if !is_whole && line.len() as u64 == LONGEST {
            skip_line(&mut reader).map_err(failed)?;
            summary.broken_line();
            continue;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Record>(&line) {
            Ok(record) if record.schema == SCHEMA => summary.add(record),
            Ok(_) | Err(_) => summary.broken_line(),
        }
    }
}

fn skip_line(reader: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let held = reader.fill_buf()?;
        let (count, is_end) = match held.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (held.len(), held.is_empty()),
        };
        reader.consume(count);
        if is_end {
            return Ok(());
        }
    }
}
