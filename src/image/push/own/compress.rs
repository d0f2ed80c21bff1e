//! Layers compressed by several processors: blocks are compressed apart from each other and put together in order.
//!
//! The same bytes give the same result however many processors work on them, so a layer that is pushed again has the digest it
//! had. gzip: blocks that end at a byte by an empty stored block, as pigz does it, put together as one member. zstd: a frame a
//! block. Source: RFC 1952 (gzip), RFC 1951 (deflate), RFC 8878 (zstd; "Frame Concatenation").

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flate2::{Compress, Crc, FlushCompress};

use crate::image::Compression;

/// Beyond that, uploading takes longer than compressing.
const MOST_WORKERS: usize = 4;
/// As the engine compresses.
const GZIP_LEVEL: u32 = 6;
/// The library's own, and BuildKit's.
const ZSTD_LEVEL: i32 = 3;
/// Magic, deflate, no flags, no time, no hint, unknown system.
const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block: empty, with fixed codes.
const GZIP_LAST: [u8; 2] = [3, 0];

/// Bytes for `into`, in pieces of any length; ends with its error.
pub(super) type Read<'a> =
    dyn FnOnce(&mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> + Send + 'a;

struct Block {
    number: usize,
    packed: io::Result<Packed>,
}

struct Packed {
    bytes: Vec<u8>,
    /// Of the bytes before they were packed; empty where the format has none over the whole.
    crc: Crc,
}

/// What one worker packs with.
enum Packer {
    Gzip(Compress),
    Zstd(zstd::bulk::Compressor<'static>),
}

/// Compresses what `read` gives, and hands it on in order.
///
/// # Errors
/// Those of `read` and of `into`.
pub(super) fn compress(
    format: Compression,
    read: Box<Read<'_>>,
    into: &mut dyn FnMut(Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    by(workers.min(MOST_WORKERS), format, read, into)
}

fn by(
    workers: usize,
    format: Compression,
    read: Box<Read<'_>>,
    into: &mut dyn FnMut(Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let packers: Vec<Packer> = (0..workers)
        .map(|_| Packer::of(format))
        .collect::<io::Result<_>>()?;
    let (raw, to_do) = sync_channel::<(usize, Vec<u8>)>(workers);
    let (done, compressed) = sync_channel::<Block>(workers);
    let to_do = Arc::new(Mutex::new(to_do));
    thread::scope(|scope| {
        for packer in packers {
            let (to_do, done) = (Arc::clone(&to_do), done.clone());
            scope.spawn(move || work(packer, &to_do, &done));
        }
        drop((done, to_do));
        let reader = scope.spawn(move || cut(block_of(format), read, &raw));
        let written = join(format, compressed, into);
        let read = reader
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("reading was given up")));
        // Whoever fails first stops the other, whose error is only that.
        written.and_then(|end| read.map(|()| end)).and_then(into)
    })
}

/// Large enough that what a block cannot know of the one before costs next to nothing.
fn block_of(format: Compression) -> usize {
    match format {
        Compression::Gzip => 256 * 1024,
        Compression::Zstd => 1024 * 1024,
    }
}

/// Into blocks; at least one.
fn cut(size: usize, read: Box<Read<'_>>, raw: &SyncSender<(usize, Vec<u8>)>) -> io::Result<()> {
    let (mut number, mut block) = (0, Vec::with_capacity(size));
    let hand_over = |number: usize, block: Vec<u8>| {
        raw.send((number, block))
            .map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    };
    read(&mut |mut bytes: &[u8]| -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(size - block.len()));
            block.extend_from_slice(now);
            bytes = later;
            if block.len() == size {
                hand_over(
                    number,
                    std::mem::replace(&mut block, Vec::with_capacity(size)),
                )?;
                number += 1;
            }
        }
        Ok(())
    })?;
    match block.is_empty() && number > 0 {
        true => Ok(()),
        false => hand_over(number, block),
    }
}

fn work(mut packer: Packer, to_do: &Mutex<Receiver<(usize, Vec<u8>)>>, done: &SyncSender<Block>) {
    let next = || {
        let to_do = to_do.lock().unwrap_or_else(PoisonError::into_inner);
        to_do.recv()
    };
    while let Ok((number, raw)) = next() {
        let packed = packer.pack(&raw);
        if done.send(Block { number, packed }).is_err() {
            return;
        }
    }
}

impl Packer {
    fn of(format: Compression) -> io::Result<Self> {
        Ok(match format {
            Compression::Gzip => {
                Packer::Gzip(Compress::new(flate2::Compression::new(GZIP_LEVEL), false))
            }
            Compression::Zstd => Packer::Zstd(zstd::bulk::Compressor::new(ZSTD_LEVEL)?),
        })
    }

    fn pack(&mut self, raw: &[u8]) -> io::Result<Packed> {
        let mut crc = Crc::new();
        let bytes = match self {
            Packer::Gzip(deflate) => {
                crc.update(raw);
                deflate.reset();
                deflated(deflate, raw)
            }
            Packer::Zstd(zstd) => zstd.compress(raw)?,
        };
        Ok(Packed { bytes, crc })
    }
}

/// To the end of a byte, without an end of the whole.
fn deflated(deflate: &mut Compress, raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len() / 2 + 1024);
    loop {
        let taken = usize::try_from(deflate.total_in()).unwrap_or(raw.len());
        let outcome = deflate.compress_vec(&raw[taken..], &mut bytes, FlushCompress::Sync);
        let all = deflate.total_in() == raw.len() as u64;
        // What is not full has been flushed.
        if outcome.is_err() || (all && bytes.len() < bytes.capacity()) {
            return bytes;
        }
        bytes.reserve(raw.len() / 4 + 1024);
    }
}

/// In order; gives the end of the file.
fn join(
    format: Compression,
    compressed: Receiver<Block>,
    into: &mut dyn FnMut(Vec<u8>) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let mut waiting = BTreeMap::new();
    let (mut next, mut crc) = (0, Crc::new());
    if format == Compression::Gzip {
        into(GZIP_HEAD.to_vec())?;
    }
    for block in compressed {
        waiting.insert(block.number, block.packed);
        while let Some(packed) = waiting.remove(&next) {
            let packed = packed?;
            crc.combine(&packed.crc);
            into(packed.bytes)?;
            next += 1;
        }
    }
    Ok(match format {
        Compression::Gzip => {
            let mut end = GZIP_LAST.to_vec();
            end.extend_from_slice(&crc.sum().to_le_bytes());
            end.extend_from_slice(&crc.amount().to_le_bytes());
            end
        }
        // Each frame says where it ends.
        Compression::Zstd => Vec::new(),
    })
}

#[cfg(test)]
#[path = "compress_tests.rs"]
mod tests;
