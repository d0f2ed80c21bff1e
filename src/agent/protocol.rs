//! The words between host and agent: one JSON object a packet, on a SOCK_SEQPACKET unix socket.
//!
//! Both sides are always the same build, so there is no version. Refuses packets above [`LIMIT`] and, on the host, more
//! of them than a stage can need.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::ownership::Gift;

/// Bytes of the largest packet.
pub(super) const LIMIT: usize = 16 * 1024;

/// What the host wants done in one stage. Travels with two descriptors: the script and the output pipe.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Order {
    /// The umask of the stage's processes; `None` keeps the container's.
    pub(crate) umask: Option<u32>,
    /// Directories that every user must be able to write: made, and opened to all.
    pub(crate) open_dirs: Vec<String>,
    /// Paths that must not lead elsewhere, outermost first: a link there, which an earlier job may have left, is removed.
    pub(crate) unlink: Vec<String>,
    /// What is given to another user after a stage that succeeded.
    pub(crate) gift: Option<Gift>,
    /// How long the stage's processes have between TERM and KILL.
    pub(crate) grace_ms: u64,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) enum ToAgent {
    Stage(Order),
    Stop,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) enum FromAgent {
    /// Ready. `spared`: processes that the image's entrypoint started, by their numbers in the container. `user`: the agent's own
    /// user and group.
    Ready { spared: Vec<u32>, user: (u32, u32) },
    /// The shell runs.
    Running,
    /// The image has none of the shells that were looked for.
    NoShell,
    /// The shell could not be started, or the order could not be followed.
    Failed { why: String },
    /// The shell has ended with this status (128 + number for a signal), and so has everything else the stage started,
    /// but for `stubborn` processes that the agent may not end.
    Ended { status: u8, stubborn: u32 },
}

/// What came in.
pub(super) enum Packet<T> {
    Message(T, Vec<OwnedFd>),
    /// Not a message: too long, or not in these words.
    Nonsense,
    /// The other side is gone.
    Closed,
}

pub(super) fn send(
    socket: impl AsFd,
    message: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> std::io::Result<()> {
    let text = serde_json::to_vec(message)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    rustix::net::sendmsg(
        socket,
        &[IoSlice::new(&text)],
        &mut ancillary,
        SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
    )?;
    Ok(())
}

/// The next packet; the caller has polled, so this does not block.
pub(super) fn receive<T: DeserializeOwned>(socket: impl AsFd) -> std::io::Result<Packet<T>> {
    let mut text = vec![0; LIMIT];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received = match rustix::net::recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut text)],
        &mut ancillary,
        flags,
    ) {
        Ok(received) => received,
        Err(rustix::io::Errno::CONNRESET) => return Ok(Packet::Closed),
        Err(error) => return Err(error.into()),
    };
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            descriptors.extend(rights);
        }
    }
    if received.bytes == 0 {
        return Ok(Packet::Closed);
    }
    if received.flags.contains(ReturnFlags::TRUNC) {
        return Ok(Packet::Nonsense);
    }
    Ok(match serde_json::from_slice(&text[..received.bytes]) {
        Ok(message) => Packet::Message(message, descriptors),
        Err(_) => Packet::Nonsense,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One packet of these bytes, as the host reads it.
    fn heard(bytes: &[u8]) -> std::io::Result<Packet<FromAgent>> {
        use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
        let (ours, theirs) = socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )?;
        rustix::net::send(&theirs, bytes, SendFlags::NOSIGNAL)?;
        receive(&ours)
    }

    proptest::proptest! {
        /// Whatever a job's container says is a word of the protocol, nonsense, or the end.
        #[test]
        fn fuzz_packets(
            text in "\\{\"(Ready|Ended|Failed)\":\\{(\"(spared|status|stubborn|why)\":(\\[[0-9,]{0,9}\\]|-?[0-9]{1,12}|\"\\PC{0,9}\"),?){0,3}\\}\\}|\\PC{1,80}",
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 1..200),
            longer in 0..LIMIT,
        ) {
            for packet in [text.as_bytes(), &bytes, &vec![b' '; LIMIT + 1 + longer]] {
                let heard = heard(packet).unwrap();
                if packet.len() > LIMIT {
                    proptest::prop_assert!(matches!(heard, Packet::Nonsense));
                }
                if let Packet::Message(_, descriptors) = heard {
                    proptest::prop_assert!(descriptors.is_empty());
                }
            }
        }
    }
}
