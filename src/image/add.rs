//! Remote files that a job's Dockerfile adds: fetched by the host, and handed to the engine as an image to copy from.
//!
//! An engine fetches them from the host's own network, where the instance's credentials and every service on loopback are
//! in reach. Here each address is looked at after its name was resolved, at each redirect anew. Source of the semantics:
//! Dockerfile reference, `ADD`: mode 600, the name is the last part of the URL's path, archives stay packed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use hyper::body::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use super::Maker;
use super::context::{Entry, Kind, Sink, TarEncoder};
use super::dockerfile::{RemoteAdd, forbidden_address};
use crate::digest::{digest, hexadecimal};
use crate::error::{Cause, Error, Result};
use crate::image_ref::ImageRef;
use crate::output;
use crate::registry::{self, Download};

/// What one build may add from elsewhere.
const MOST: u64 = 2 << 30;
const LIMIT: Duration = Duration::from_secs(600);
const PIECE: usize = 256 * 1024;

/// Remote files, in an image of their own.
#[derive(Default)]
pub(super) struct Fetched {
    /// Where each of them stands in it, by its number.
    pub(super) paths: BTreeMap<usize, String>,
    /// `None`: there are none.
    pub(super) image: Option<String>,
}

/// # Errors
/// `Refused` for an address that is the host's own business; `Precondition` for what cannot be fetched or is not what its
/// checksum says.
pub(super) async fn fetch(maker: &Maker<'_>, adds: &[RemoteAdd]) -> Result<Fetched> {
    if adds.is_empty() {
        return Ok(Fetched::default());
    }
    let mut spool = tempfile().map_err(no_room)?;
    let mut tar = TarEncoder::new(&mut spool, 0);
    let mut paths = BTreeMap::new();
    let mut directories = BTreeSet::new();
    let mut sums = Vec::new();
    let mut all = 0;
    for add in adds {
        let (file, size, sum) = one(maker, add, MOST - all).await?;
        all += size;
        sums.push(sum);
        put(&mut tar, &mut directories, add, (file, size)).map_err(no_room)?;
        paths.insert(add.index, add.path.clone());
    }
    tar.finish().map_err(no_room)?;
    spool.seek(SeekFrom::Start(0)).map_err(no_room)?;
    let name: ImageRef = format!("baws/fetched:{}", &digest(&sums)[..32])
        .parse()
        .expect("the name is made of fixed words and hexadecimal digits");
    let image = maker.owner.local(&name);
    maker.engine.import(&image, pieces(spool)?).await?;
    Ok(Fetched {
        paths,
        image: Some(image),
    })
}

impl Fetched {
    /// The build has copied what it wanted.
    pub(super) async fn forget(&self, maker: &Maker<'_>) -> Result<()> {
        match &self.image {
            Some(image) => Ok(maker.engine.untag(image).await?),
            None => Ok(()),
        }
    }
}

/// One file, its size, and its checksum in hexadecimal.
async fn one(
    maker: &Maker<'_>,
    add: &RemoteAdd,
    most: u64,
) -> Result<(std::fs::File, u64, String)> {
    let shown = add.url.split(['?', '#']).next().unwrap_or_default();
    let what = format!("`{shown}` (line {} of the Dockerfile)", add.line);
    let begun = Instant::now();
    let mut file = tempfile().map_err(no_room)?;
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut take = |bytes: &[u8]| {
        size += bytes.len() as u64;
        if size > most {
            return Err(std::io::Error::other(format!(
                "what the Dockerfile adds is larger than {}",
                output::bytes(MOST)
            )));
        }
        hash.update(bytes);
        file.write_all(bytes)
    };
    let download = Download {
        url: &add.url,
        limit: LIMIT,
        forbidden: &|address: SocketAddr| forbidden_address(address.ip()),
        what: &what,
    };
    registry::fetch(download, &mut take).await?;
    let sum = hexadecimal(&hash.finalize());
    if let Some(wanted) = &add.checksum
        && wanted.strip_prefix("sha256:") != Some(&sum)
    {
        return Err(Error::precondition(format!("{what} is not what its checksum says"))
            .caused_by(Cause::line(format!("expected {wanted}, got sha256:{sum}")))
            .hint("whoever keeps the Dockerfile finds out why it changed, and only then changes `--checksum`"));
    }
    maker.note(format!(
        "Fetched {what} in {}: {}",
        output::duration(begun.elapsed()),
        output::bytes(size)
    ));
    file.seek(SeekFrom::Start(0)).map_err(no_room)?;
    Ok((file, size, sum))
}

/// Directories on the way that are not there yet, then the file.
fn put(
    tar: &mut TarEncoder<&mut std::fs::File>,
    directories: &mut BTreeSet<String>,
    add: &RemoteAdd,
    (mut file, size): (std::fs::File, u64),
) -> std::io::Result<()> {
    let entry = |path: &str, kind: Kind, mode: u32| Entry {
        path: path.as_bytes().to_vec(),
        kind,
        mode,
    };
    for (at, _) in add.path.match_indices('/') {
        if directories.insert(add.path[..at].to_owned()) {
            tar.entry(&entry(&add.path[..at], Kind::Directory, 0o755))?;
        }
    }
    tar.entry(&entry(&add.path, Kind::File { size }, 0o600))?;
    let mut buffer = vec![0; PIECE];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            count => tar.data(&buffer[..count])?,
        }
    }
}

/// The file's bytes, read by a thread of its own.
fn pieces(mut file: std::fs::File) -> Result<mpsc::Receiver<std::io::Result<Bytes>>> {
    let (sender, receiver) = mpsc::channel(4);
    std::thread::Builder::new()
        .name("remote files".to_owned())
        .spawn(move || {
            loop {
                let mut piece = vec![0; PIECE];
                let read = file.read(&mut piece).map(|count| {
                    piece.truncate(count);
                    Bytes::from(piece)
                });
                let is_last = !matches!(&read, Ok(piece) if !piece.is_empty());
                if matches!(&read, Ok(piece) if piece.is_empty())
                    || sender.blocking_send(read).is_err()
                    || is_last
                {
                    return;
                }
            }
        })
        .map_err(|error| Error::system("cannot start a thread").caused_by(error))?;
    Ok(receiver)
}

/// On disk, as it may be large; without a name, so that it goes with this process.
fn tempfile() -> std::io::Result<std::fs::File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = rustix::fs::open(std::env::temp_dir(), flags, Mode::from_raw_mode(0o600))?;
    Ok(file.into())
}

fn no_room(error: std::io::Error) -> Error {
    Error::system("cannot keep what the Dockerfile adds in the temporary directory")
        .caused_by(error)
        .hint("the operator of this host makes room there")
}
