//! What is compressed can be unpacked, is the same each time, and errors of either side end it.

use std::io::Read as _;

use flate2::read::GzDecoder;

use super::*;

const FORMATS: [Compression; 2] = [Compression::Gzip, Compression::Zstd];

fn compressed(workers: usize, format: Compression, bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    let read: Box<Read<'_>> = Box::new(|into| bytes.chunks(70_001).try_for_each(into));
    by(workers, format, read, &mut |piece| {
        all.extend(piece);
        Ok(())
    })
    .unwrap();
    all
}

fn unpacked(format: Compression, all: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    match format {
        Compression::Gzip => {
            let mut decoder = GzDecoder::new(all);
            decoder.read_to_end(&mut found).unwrap();
            assert!(
                decoder.into_inner().is_empty(),
                "one member, and nothing follows"
            );
        }
        Compression::Zstd => found = zstd::stream::decode_all(all).unwrap(),
    }
    found
}

fn text() -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..400_000_u32 {
        bytes.extend_from_slice(format!("{} ", number.wrapping_mul(2_654_435_761)).as_bytes());
    }
    bytes
}

#[test]
fn whoever_unpacks_it_finds_the_bytes() {
    let bytes = text();
    for format in FORMATS {
        let block = block_of(format);
        for length in [0, 1, block - 1, block, block + 1, bytes.len()] {
            let all = compressed(3, format, &bytes[..length]);
            assert!(!all.is_empty(), "{format:?} {length}");
            assert!(
                unpacked(format, &all) == bytes[..length],
                "{format:?} {length}"
            );
        }
        assert_eq!(compressed(1, format, &bytes), compressed(4, format, &bytes));
        assert!(compressed(2, format, &bytes).len() < bytes.len() * 6 / 10);
    }
}

#[test]
fn what_cannot_be_compressed_and_errors_of_either_side_end_it() {
    let noise: Vec<u8> = (0..4_000_000_u64)
        .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
        .collect();
    for format in FORMATS {
        assert!(unpacked(format, &compressed(2, format, &noise)) == noise);
        let failing: Box<Read<'_>> = Box::new(|into| {
            into(&[1; 100])?;
            Err(io::Error::other("unreadable"))
        });
        let failed = by(2, format, failing, &mut |_| Ok(())).unwrap_err();
        assert_eq!(failed.to_string(), "unreadable");
        let read: Box<Read<'_>> = Box::new(|into| noise.chunks(1000).try_for_each(into));
        let failed = by(2, format, read, &mut |_| Err(io::Error::other("unwanted"))).unwrap_err();
        assert_eq!(failed.to_string(), "unwanted");
    }
}
