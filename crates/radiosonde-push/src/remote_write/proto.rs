//! The messages of remote write 1.0, with the fields that are sent.
//!
//! Source: <https://prometheus.io/docs/specs/prw/remote_write_spec/#protocol>,
//! <https://github.com/prometheus/prometheus/blob/main/prompb/types.proto>

use bytes::Bytes;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct WriteRequest {
    /// Messages as bytes, encoded when they were queued.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub(crate) timeseries: Vec<Bytes>,
}

/// The tag of the [`Sample`]s of a [`TimeSeries`].
pub(crate) const SAMPLES: u32 = 2;

/// A series without its samples.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TimeSeries {
    /// Sorted by name.
    #[prost(message, repeated, tag = "1")]
    pub(crate) labels: Vec<Label>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) exemplars: Vec<Exemplar>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, prost::Message)]
pub(crate) struct Label {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) value: String,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Sample {
    #[prost(double, tag = "1")]
    pub(crate) value: f64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "2")]
    pub(crate) timestamp: i64,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Exemplar {
    #[prost(message, repeated, tag = "1")]
    pub(crate) labels: Vec<Label>,
    #[prost(double, tag = "2")]
    pub(crate) value: f64,
    /// Milliseconds since 1970.
    #[prost(int64, tag = "3")]
    pub(crate) timestamp: i64,
}
