//! A layer on its way to the registry: read from the engine's storage, compressed, and held against its own digest.

use std::io;

use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::compress::{self, compress};
use crate::digest::hexadecimal;
use crate::docker::StoredLayer;
use crate::image::Compression;
use crate::registry::Piece;

/// Pieces of a layer that wait for the network.
const WAITING: usize = 4;

/// Makes the compressed layer on threads of its own. Its digest comes only when what was read is what the layer has to be.
pub(super) fn making(layer: StoredLayer, format: Compression) -> mpsc::Receiver<io::Result<Piece>> {
    let (pieces, made) = mpsc::channel(WAITING);
    let work = move || {
        let mut whole = Sha256::new();
        let read: Box<compress::Read<'_>> = Box::new(|into| {
            let mut raw = Sha256::new();
            layer.read(&mut |bytes| {
                raw.update(bytes);
                into(bytes)
            })?;
            let found = format!("sha256:{}", hexadecimal(&raw.finalize()));
            match found == layer.diff_id {
                true => Ok(()),
                false => Err(io::Error::other(format!(
                    "the engine's files of the layer `{}` are not what they were",
                    layer.diff_id
                ))),
            }
        });
        let done = compress(format, read, &mut |piece| {
            whole.update(&piece);
            let sent = pieces.blocking_send(Ok(Piece::Bytes(piece)));
            sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
        });
        let last = done.map(|()| Piece::End(format!("sha256:{}", hexadecimal(&whole.finalize()))));
        if pieces.blocking_send(last).is_err() {
            // Nobody wants it any more.
        }
    };
    if std::thread::Builder::new()
        .name("layer".to_owned())
        .spawn(work)
        .is_err()
    {
        // The other end hears that nothing comes.
    }
    made
}
