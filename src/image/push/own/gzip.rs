//! gzip by several processors: blocks are compressed apart from each other and put together in order, as one member.
//!
//! The same bytes give the same result however many processors work on them, so a layer that is pushed again has the digest it
//! had. Source: RFC 1952 (gzip), RFC 1951 (deflate); blocks that end at a byte by an empty stored block, as pigz does it.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use flate2::{Compress, Compression, Crc, FlushCompress};

/// Large enough that what a block cannot know of the one before costs next to nothing.
const BLOCK: usize = 256 * 1024;
/// As the engine compresses.
const LEVEL: u32 = 6;
/// Beyond that, uploading takes longer than compressing.
const MOST_WORKERS: usize = 4;
/// Magic, deflate, no flags, no time, no hint, unknown system.
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
/// The last block: empty, with fixed codes.
const LAST: [u8; 2] = [3, 0];

/// Bytes for `into`, in pieces of any length; ends with its error.
pub(super) type Read<'a> =
    dyn FnOnce(&mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> + Send + 'a;

struct Block {
    number: usize,
    bytes: Vec<u8>,
    crc: Crc,
}

/// Compresses what `read` gives, and hands it on in order.
///
/// # Errors
/// Those of `read` and of `into`.
pub(super) fn compress(
    read: Box<Read<'_>>,
    into: &mut dyn FnMut(Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    by(workers.min(MOST_WORKERS), read, into)
}

fn by(
    workers: usize,
    read: Box<Read<'_>>,
    into: &mut dyn FnMut(Vec<u8>) -> io::Result<()>,
) -> io::Result<()> {
    let (raw, to_do) = sync_channel::<(usize, Vec<u8>)>(workers);
    let (done, compressed) = sync_channel::<Block>(workers);
    let to_do = Arc::new(Mutex::new(to_do));
    thread::scope(|scope| {
        for _ in 0..workers {
            let (to_do, done) = (Arc::clone(&to_do), done.clone());
            scope.spawn(move || work(&to_do, &done));
        }
        drop((done, to_do));
        let reader = scope.spawn(move || cut(read, &raw));
        let written = join(compressed, into);
        let read = reader
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("reading was given up")));
        // Whoever fails first stops the other, whose error is only that.
        written.and_then(|end| read.map(|()| end)).and_then(into)
    })
}

/// Into blocks.
fn cut(read: Box<Read<'_>>, raw: &SyncSender<(usize, Vec<u8>)>) -> io::Result<()> {
    let (mut number, mut block) = (0, Vec::with_capacity(BLOCK));
    let mut hand_over = |block: Vec<u8>| {
        number += 1;
        raw.send((number - 1, block))
            .map_err(|_| io::ErrorKind::BrokenPipe.into())
    };
    read(&mut |mut bytes: &[u8]| -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK - block.len()));
            block.extend_from_slice(now);
            bytes = later;
            if block.len() == BLOCK {
                hand_over(std::mem::replace(&mut block, Vec::with_capacity(BLOCK)))?;
            }
        }
        Ok(())
    })?;
    match block.is_empty() {
        true => Ok(()),
        false => hand_over(block),
    }
}

fn work(to_do: &Mutex<Receiver<(usize, Vec<u8>)>>, done: &SyncSender<Block>) {
    let next = || {
        let to_do = to_do.lock().unwrap_or_else(PoisonError::into_inner);
        to_do.recv()
    };
    let mut deflate = Compress::new(Compression::new(LEVEL), false);
    while let Ok((number, raw)) = next() {
        let mut crc = Crc::new();
        crc.update(&raw);
        deflate.reset();
        let bytes = deflated(&mut deflate, &raw);
        if done.send(Block { number, bytes, crc }).is_err() {
            return;
        }
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
    compressed: Receiver<Block>,
    into: &mut dyn FnMut(Vec<u8>) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let mut waiting = BTreeMap::new();
    let (mut next, mut crc) = (0, Crc::new());
    into(HEAD.to_vec())?;
    for block in compressed {
        waiting.insert(block.number, block);
        while let Some(block) = waiting.remove(&next) {
            crc.combine(&block.crc);
            into(block.bytes)?;
            next += 1;
        }
    }
    let mut end = LAST.to_vec();
    end.extend_from_slice(&crc.sum().to_le_bytes());
    end.extend_from_slice(&crc.amount().to_le_bytes());
    Ok(end)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    fn compressed(workers: usize, bytes: &[u8]) -> Vec<u8> {
        let mut all = Vec::new();
        let read: Box<Read<'_>> = Box::new(|into| bytes.chunks(70_001).try_for_each(into));
        by(workers, read, &mut |piece| {
            all.extend(piece);
            Ok(())
        })
        .unwrap();
        all
    }

    #[test]
    fn whoever_unpacks_it_finds_the_bytes_and_one_member() {
        let mut bytes = Vec::new();
        for number in 0..400_000_u32 {
            bytes.extend_from_slice(format!("{} ", number.wrapping_mul(2_654_435_761)).as_bytes());
        }
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, bytes.len()] {
            let all = compressed(3, &bytes[..length]);
            let (mut found, mut decoder) = (Vec::new(), GzDecoder::new(&all[..]));
            decoder.read_to_end(&mut found).unwrap();
            assert!(found == bytes[..length], "{length}");
            assert!(decoder.into_inner().is_empty(), "{length}: nothing follows");
        }
        assert_eq!(compressed(1, &bytes), compressed(4, &bytes));
        assert!(compressed(2, &bytes).len() < bytes.len() * 6 / 10);
    }

    #[test]
    fn what_cannot_be_compressed_and_errors_of_either_side_end_it() {
        let noise: Vec<u8> = (0..2_000_000_u64)
            .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
            .collect();
        let mut found = Vec::new();
        let all = compressed(2, &noise);
        GzDecoder::new(&all[..]).read_to_end(&mut found).unwrap();
        assert!(found == noise);
        let failing: Box<Read<'_>> = Box::new(|into| {
            into(&[1; 100])?;
            Err(io::Error::other("unreadable"))
        });
        let failed = by(2, failing, &mut |_| Ok(())).unwrap_err();
        assert_eq!(failed.to_string(), "unreadable");
        let read: Box<Read<'_>> = Box::new(|into| noise.chunks(1000).try_for_each(into));
        let failed = by(2, read, &mut |_| Err(io::Error::other("unwanted"))).unwrap_err();
        assert_eq!(failed.to_string(), "unwanted");
    }
}
