//! Sends a tree: first what is there, then the bytes of each file that the engine asks for.
//!
//! The protocol: STAT packets for all entries in order, an empty STAT, then for each REQ (whose id counts the STATs) DATA
//! packets with that id, an empty one at the end; FIN from the engine when it has all, FIN back. Files may be mixed. Source:
//! tonistiigi/fsutil `send.go`, `receive.go`.
//! Memory is bounded by what may wait for each open file, by `BATCH` and by the window of the engine.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use hyper::body::Bytes;
use tokio::sync::mpsc;

use super::Want;
use super::grpc::{Code, Messages, Out, Status, frame};
use super::messages::{Packet, PacketKind, Stat};
use super::tree::{Content, Tree};

/// Files whose bytes are awaited at once: enough to hide the way to whoever has them.
const OPEN_FILES: usize = 64;
/// Pieces that may wait for each open file.
const WAITING_PIECES: usize = 4;
/// The most in one DATA packet; engines take messages of 4 MiB and more (grpc-go `defaultClientMaxReceiveMessageSize`).
const MOST_DATA: usize = 256 * 1024;
/// Packets are written together up to here.
const BATCH: usize = 64 * 1024;

pub(super) async fn send(
    tree: &Tree<'_>,
    wants: &mpsc::UnboundedSender<Want>,
    messages: &mut Messages,
    out: &mut Out,
) -> Result<(), Status> {
    let mut packets = Packets {
        batch: Vec::with_capacity(BATCH),
        out,
    };
    let finished = {
        let (asked, asks) = mpsc::unbounded_channel();
        let reading = pin!(read(messages, asked));
        let writing = pin!(write(tree, wants, asks, &mut packets));
        match select(reading, writing).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right((status, _)) => Err(status),
        }
    };
    let (kind, data) = match &finished {
        Ok(()) => (PacketKind::Finish, Bytes::new()),
        Err(status) if status.breaks_the_build() => {
            (PacketKind::Error, status.message().to_owned().into())
        }
        Err(_) => return finished,
    };
    packets.add(kind, 0, data);
    packets.flush().await?;
    finished
}

/// Takes the engine's requests until it has everything. Always reads on: whoever stops reading to write first waits for
/// ever when the engine does the same.
async fn read(messages: &mut Messages, asked: mpsc::UnboundedSender<u32>) -> Result<(), Status> {
    while let Some(packet) = messages.next::<Packet>().await? {
        match packet.kind() {
            PacketKind::Request => {
                // The other end lives as long as this future.
                let _ = asked.send(packet.id);
            }
            PacketKind::Finish => return Ok(()),
            PacketKind::Error => {
                let text = String::from_utf8_lossy(&packet.data);
                return Err(Status::new(Code::Cancelled, text));
            }
            PacketKind::Stat | PacketKind::Data => {
                let text = "only requests are expected from the receiving side";
                return Err(Status::new(Code::InvalidArgument, text));
            }
        }
    }
    Err(Status::new(
        Code::Cancelled,
        "the engine ended the call before it had everything",
    ))
}

/// A file on its way.
struct Open<'a> {
    id: u32,
    path: &'a [u8],
    /// Bytes that are still to come.
    left: u64,
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    /// Came behind bytes that had to go first.
    failed: Option<io::Error>,
}

/// What came of a file: some bytes, its end, or an error.
type Came = Option<io::Result<Bytes>>;

enum Step<'a> {
    Asked(u32),
    Came(Open<'a>, Came),
}

/// Never ends well: the engine says when it has everything.
async fn write(
    tree: &Tree<'_>,
    wants: &mpsc::UnboundedSender<Want>,
    mut asks: mpsc::UnboundedReceiver<u32>,
    packets: &mut Packets<'_>,
) -> Status {
    let outcome: Result<std::convert::Infallible, Status> = async {
        for (entry, size) in tree.entries() {
            packets.add_stat(Some(Stat::of(entry, size)));
            packets.flush_if_full().await?;
        }
        packets.add_stat(None);
        let mut open = FuturesUnordered::new();
        loop {
            let mut step = poll_fn(|context| {
                if open.len() < OPEN_FILES
                    && let Poll::Ready(Some(id)) = asks.poll_recv(context)
                {
                    return Poll::Ready(Step::Asked(id));
                }
                match open.poll_next_unpin(context) {
                    Poll::Ready(Some((file, piece))) => Poll::Ready(Step::Came(file, piece)),
                    Poll::Ready(None) | Poll::Pending => Poll::Pending,
                }
            });
            let step = match (&mut step).now_or_never() {
                Some(step) => step,
                None => {
                    // Nothing to add for now: what has gathered must not wait for it.
                    packets.flush().await?;
                    step.await
                }
            };
            match step {
                Step::Asked(id) => match tree.content(id) {
                    Content::Here(bytes) => packets.add_file(id, bytes).await?,
                    Content::Elsewhere { index, size, path } => {
                        open.push(next(begin(wants, id, index, size, path)?));
                    }
                    Content::None => {
                        let text = format!("entry {id} of what was sent is no file");
                        return Err(Status::new(Code::InvalidArgument, text));
                    }
                },
                Step::Came(mut file, piece) => match file.took(piece)? {
                    Some(bytes) => {
                        packets.add_data(file.id, bytes).await?;
                        open.push(next(file));
                    }
                    None => packets.add(PacketKind::Data, file.id, Bytes::new()),
                },
            }
            packets.flush_if_full().await?;
        }
    }
    .await;
    match outcome {
        Err(status) => status,
    }
}

fn begin<'a>(
    wants: &mpsc::UnboundedSender<Want>,
    id: u32,
    index: usize,
    size: u64,
    path: &'a [u8],
) -> Result<Open<'a>, Status> {
    let (into, pieces) = mpsc::channel(WAITING_PIECES);
    wants.send(Want { index, into }).map_err(|_| {
        let text = format!("nobody is left to send `{}`", path.escape_ascii());
        Status::new(Code::Unknown, text)
    })?;
    Ok(Open {
        id,
        path,
        left: size,
        pieces,
        failed: None,
    })
}

/// What has come of a file, as much as one packet holds: the engine's work is by the packet (2 GB took engine 26 38 s in
/// packets of 32 KiB and 15 s in packets of 256 KiB, on a busy machine).
async fn next(mut file: Open<'_>) -> (Open<'_>, Came) {
    let first = match file.failed.take() {
        Some(error) => Some(Err(error)),
        None => file.pieces.recv().await,
    };
    let Some(Ok(first)) = first else {
        return (file, first);
    };
    let (mut length, mut pieces) = (first.len(), vec![first]);
    while length < MOST_DATA {
        match file.pieces.try_recv() {
            Ok(Ok(more)) => {
                length += more.len();
                pieces.push(more);
            }
            Ok(Err(error)) => {
                file.failed = Some(error);
                break;
            }
            Err(_) => break,
        }
    }
    let bytes = match pieces.len() {
        1 => pieces.remove(0),
        _ => pieces.concat().into(),
    };
    (file, Some(Ok(bytes)))
}

impl Open<'_> {
    /// `None`: that was all of it.
    fn took(&mut self, piece: Came) -> Result<Option<Bytes>, Status> {
        let broken = |what: String| Err(Status::new(Code::Unknown, what));
        let path = self.path.escape_ascii();
        match piece {
            Some(Ok(bytes)) => match self.left.checked_sub(bytes.len() as u64) {
                Some(left) => {
                    self.left = left;
                    Ok(Some(bytes))
                }
                None => broken(format!(
                    "`{path}` is longer than it was when the build began"
                )),
            },
            Some(Err(error)) => broken(error.to_string()),
            None if self.left == 0 => Ok(None),
            None => broken(format!("`{path}` ended {} bytes too early", self.left)),
        }
    }
}

/// Packets on their way out, gathered: most are tiny.
struct Packets<'a> {
    batch: Vec<u8>,
    out: &'a mut Out,
}

impl Packets<'_> {
    fn add_stat(&mut self, stat: Option<Stat>) {
        let packet = Packet {
            kind: PacketKind::Stat.into(),
            stat,
            ..Packet::default()
        };
        frame(&mut self.batch, &packet);
    }

    fn add(&mut self, kind: PacketKind, id: u32, data: Bytes) {
        let packet = Packet {
            kind: kind.into(),
            id,
            data,
            stat: None,
        };
        frame(&mut self.batch, &packet);
    }

    /// An empty packet would end the file.
    async fn add_data(&mut self, id: u32, mut bytes: Bytes) -> Result<(), Status> {
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(MOST_DATA));
            self.add(PacketKind::Data, id, piece);
            self.flush_if_full().await?;
        }
        Ok(())
    }

    async fn add_file(&mut self, id: u32, bytes: Bytes) -> Result<(), Status> {
        self.add_data(id, bytes).await?;
        self.add(PacketKind::Data, id, Bytes::new());
        Ok(())
    }

    async fn flush_if_full(&mut self) -> Result<(), Status> {
        match self.batch.len() < BATCH {
            true => Ok(()),
            false => self.flush().await,
        }
    }

    async fn flush(&mut self) -> Result<(), Status> {
        let bytes = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.out.write(bytes.into()).await
    }
}
