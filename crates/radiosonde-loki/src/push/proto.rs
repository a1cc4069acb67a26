//! Loki's push messages: <https://github.com/grafana/loki/blob/main/pkg/push/push.proto>, with the fields that a client sets.
//!
//! Some fields that are `string` in the definition are `bytes` here: the encoding is the same, and `Bytes` shares a line with the
//! queue instead of copying it. All of them hold UTF-8.

use bytes::Bytes;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct PushRequest {
    #[prost(message, repeated, tag = "1")]
    pub(crate) streams: Vec<Stream>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Stream {
    /// `{env="prod", level="INFO"}`
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) labels: Bytes,
    #[prost(message, repeated, tag = "2")]
    pub(crate) entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Entry {
    #[prost(message, required, tag = "1")]
    pub(crate) timestamp: Timestamp,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) line: Bytes,
    #[prost(message, repeated, tag = "3")]
    pub(crate) structured_metadata: Vec<Pair>,
}

/// `google.protobuf.Timestamp`
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Pair {
    #[prost(bytes = "bytes", tag = "1")]
    pub(crate) name: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    pub(crate) value: Bytes,
}
