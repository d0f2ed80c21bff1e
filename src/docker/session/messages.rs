//! The messages of a session, by hand: they are few, and paths are bytes here, not text.
//!
//! Sources: tonistiigi/fsutil `types/wire.proto`, `types/stat.proto`; moby/buildkit `session/auth/auth.proto`,
//! `session/secrets/secrets.proto`; grpc `health.proto`.

use prost::Message;
use prost::bytes::Bytes;

use super::{Listed, ListedKind};

#[derive(Clone, PartialEq, Message)]
pub(super) struct Packet {
    #[prost(enumeration = "PacketKind", tag = "1")]
    pub(super) kind: i32,
    #[prost(message, optional, tag = "2")]
    pub(super) stat: Option<Stat>,
    #[prost(uint32, tag = "3")]
    pub(super) id: u32,
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) data: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum PacketKind {
    Stat = 0,
    Request = 1,
    Data = 2,
    Finish = 3,
    Error = 4,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Stat {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) path: Vec<u8>,
    /// Of Go's `os.FileMode`, not of Unix.
    #[prost(uint32, tag = "2")]
    pub(super) mode: u32,
    #[prost(uint32, tag = "3")]
    pub(super) user: u32,
    #[prost(uint32, tag = "4")]
    pub(super) group: u32,
    #[prost(int64, tag = "5")]
    pub(super) size: i64,
    #[prost(int64, tag = "6")]
    pub(super) modified: i64,
    #[prost(bytes = "vec", tag = "7")]
    pub(super) link: Vec<u8>,
}

impl Stat {
    /// As fsutil's `stat.go` and `stat_unix.go` make it of a file; all belong to root, as with docker's own client.
    /// `size` of a hard link is that of the file it names.
    pub(super) fn of(entry: &Listed, size: u64) -> Self {
        const DIRECTORY: u32 = 1 << 31;
        const SYMLINK: u32 = 1 << 27;
        let (kind, link): (u32, &[u8]) = match &entry.kind {
            ListedKind::Directory => (DIRECTORY, &[]),
            ListedKind::File { .. } => (0, &[]),
            ListedKind::Symlink { target } => (SYMLINK, target),
            ListedKind::HardLink { target } => (0, target),
        };
        let mode = match entry.kind {
            // A link's own permissions mean nothing, and the engine's copy has these: others would differ for ever.
            ListedKind::Symlink { .. } => 0o777,
            ListedKind::Directory | ListedKind::File { .. } | ListedKind::HardLink { .. } => {
                permissions(entry.mode)
            }
        };
        Stat {
            path: entry.path.clone(),
            mode: kind | mode,
            user: 0,
            group: 0,
            size: i64::try_from(size).unwrap_or(i64::MAX),
            modified: entry.mtime_ns,
            link: link.to_vec(),
        }
    }
}

/// Source: Go `io/fs`, `ModeSetuid`, `ModeSetgid`, `ModeSticky`.
fn permissions(mode: u32) -> u32 {
    let bits = [(0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20)];
    bits.iter()
        .filter(|(unix, _)| mode & unix != 0)
        .fold(mode & 0o777, |sum, (_, go)| sum | go)
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct HealthAsked {}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Health {
    #[prost(int32, tag = "1")]
    status: i32,
}

impl Health {
    pub(super) fn serving() -> Self {
        Health { status: 1 }
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CredentialsAsked {
    #[prost(string, tag = "1")]
    pub(super) host: String,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct Credentials {
    #[prost(string, tag = "1")]
    pub(super) username: String,
    #[prost(string, tag = "2")]
    pub(super) secret: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SecretAsked {
    #[prost(string, tag = "1")]
    pub(super) id: String,
}

#[derive(Clone, PartialEq, Message)]
#[prost(skip_debug)]
pub(super) struct SecretGiven {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) data: Vec<u8>,
}

macro_rules! cannot_be_printed {
    ($($name:ty),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("[secret]")
            }
        }
    )*};
}
cannot_be_printed!(Credentials, SecretGiven);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_what_fsutil_reads() {
        let packet = Packet {
            kind: PacketKind::Stat.into(),
            id: 0,
            data: Bytes::new(),
            stat: Some(Stat::of(
                &Listed {
                    path: b"a\xff".to_vec(),
                    kind: ListedKind::Symlink {
                        target: b"b".to_vec(),
                    },
                    mode: 0o755,
                    mtime_ns: 1,
                },
                1,
            )),
        };
        let bytes = packet.encode_to_vec();
        let stat = b"\x0a\x02a\xff\x10\xff\x83\x80\x40\x28\x01\x30\x01\x3a\x01b";
        assert_eq!(bytes[..2], [0x12, u8::try_from(stat.len()).unwrap()]);
        assert_eq!(bytes[2..], stat[..]);
        assert_eq!(Packet::decode(bytes.as_slice()).unwrap(), packet);
        let asked = Packet::decode(&b"\x08\x01\x18\x2a"[..]).unwrap();
        assert_eq!((asked.kind(), asked.id), (PacketKind::Request, 42));
    }

    #[test]
    fn modes_are_those_of_go() {
        let mode = |kind, mode| {
            Stat::of(
                &Listed {
                    path: Vec::new(),
                    kind,
                    mode,
                    mtime_ns: 0,
                },
                0,
            )
            .mode
        };
        assert_eq!(mode(ListedKind::File { size: 0 }, 0o4755), 1 << 23 | 0o755);
        assert_eq!(
            mode(ListedKind::Directory, 0o1777),
            1 << 31 | 1 << 20 | 0o777
        );
        assert_eq!(mode(ListedKind::File { size: 0 }, 0o2640), 1 << 22 | 0o640);
    }

    #[test]
    fn what_is_secret_has_no_words() {
        let given = SecretGiven {
            data: b"s3cret".to_vec(),
        };
        assert_eq!(format!("{given:?}"), "[secret]");
    }
}
