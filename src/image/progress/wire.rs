//! The protobuf messages of BuildKit's progress, as far as they are told.
//!
//! Source: buildkit `api/services/control/control.proto` (`moby.buildkit.v1.StatusResponse`) and `solver/pb/ops.proto`
//! (`Range`, `Position`); dockerd sends them base64-coded as `moby.buildkit.trace` records. Fields that are strings there
//! are bytes here: Go does not check that they are UTF-8, and one bad name would lose the whole record.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(super) struct StatusResponse {
    #[prost(message, repeated, tag = "1")]
    pub(super) vertexes: Vec<Vertex>,
    #[prost(message, repeated, tag = "2")]
    pub(super) statuses: Vec<VertexStatus>,
    #[prost(message, repeated, tag = "3")]
    pub(super) logs: Vec<VertexLog>,
    #[prost(message, repeated, tag = "4")]
    pub(super) warnings: Vec<VertexWarning>,
}

/// One step; sent again whenever something about it changes.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Vertex {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) digest: Vec<u8>,
    #[prost(bytes = "vec", repeated, tag = "2")]
    pub(super) inputs: Vec<Vec<u8>>,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) name: Vec<u8>,
    #[prost(bool, tag = "4")]
    pub(super) cached: bool,
    #[prost(message, optional, tag = "5")]
    pub(super) started: Option<Timestamp>,
    #[prost(message, optional, tag = "6")]
    pub(super) completed: Option<Timestamp>,
    #[prost(bytes = "vec", tag = "7")]
    pub(super) error: Vec<u8>,
}

/// A part of a step, such as one layer of a pull.
#[derive(Clone, PartialEq, Message)]
pub(super) struct VertexStatus {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(super) vertex: Vec<u8>,
    #[prost(bytes = "vec", tag = "3")]
    pub(super) name: Vec<u8>,
    #[prost(int64, tag = "4")]
    pub(super) current: i64,
    #[prost(int64, tag = "5")]
    pub(super) total: i64,
}

/// Bytes a step's program wrote; they end anywhere, also inside a character.
#[derive(Clone, PartialEq, Message)]
pub(super) struct VertexLog {
    #[prost(bytes = "vec", tag = "1")]
    pub(super) vertex: Vec<u8>,
    #[prost(int64, tag = "3")]
    pub(super) stream: i64,
    #[prost(bytes = "vec", tag = "4")]
    pub(super) msg: Vec<u8>,
}

/// A remark of the Dockerfile frontend.
#[derive(Clone, PartialEq, Message)]
pub(super) struct VertexWarning {
    #[prost(bytes = "vec", tag = "3")]
    pub(super) short: Vec<u8>,
    #[prost(message, repeated, tag = "7")]
    pub(super) ranges: Vec<Range>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Range {
    #[prost(message, optional, tag = "1")]
    pub(super) start: Option<Position>,
}

#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Position {
    /// From 1.
    #[prost(int32, tag = "1")]
    pub(super) line: i32,
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, Message)]
pub(super) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(super) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(super) nanos: i32,
}

impl Timestamp {
    /// Milliseconds from `earlier` to this; nothing when the clock went back.
    pub(super) fn ms_since(self, earlier: Timestamp) -> u64 {
        let ms = |at: Timestamp| {
            at.seconds
                .saturating_mul(1000)
                .saturating_add(i64::from(at.nanos) / 1_000_000)
        };
        u64::try_from(ms(self).saturating_sub(ms(earlier))).unwrap_or(0)
    }
}
