//! Prometheus' protocol buffers, as their definition has them.
//!
//! Source: <https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto>

/// A family with its series.
#[derive(Clone, PartialEq, prost::Message)]
pub struct MetricFamily {
    /// As declared, for a counter with its `_total`.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// The help text.
    #[prost(string, optional, tag = "2")]
    pub help: Option<String>,
    /// Of `MetricType`: counter, gauge, summary, untyped, histogram, gauge histogram.
    #[prost(int32, optional, tag = "3")]
    pub kind: Option<i32>,
    /// The series.
    #[prost(message, repeated, tag = "4")]
    pub metrics: Vec<Metric>,
    /// The unit.
    #[prost(string, optional, tag = "5")]
    pub unit: Option<String>,
}

/// A series.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metric {
    /// The labels.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<LabelPair>,
    /// Of a gauge.
    #[prost(message, optional, tag = "2")]
    pub gauge: Option<Number>,
    /// Of a counter.
    #[prost(message, optional, tag = "3")]
    pub counter: Option<Counter>,
    /// Of a summary.
    #[prost(message, optional, tag = "4")]
    pub summary: Option<Summary>,
    /// Of what has no type.
    #[prost(message, optional, tag = "5")]
    pub untyped: Option<Number>,
    /// Milliseconds.
    #[prost(int64, optional, tag = "6")]
    pub timestamp_ms: Option<i64>,
    /// Of a histogram.
    #[prost(message, optional, tag = "7")]
    pub histogram: Option<Histogram>,
}

/// A label.
#[derive(Clone, PartialEq, prost::Message)]
pub struct LabelPair {
    /// The name.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// The value.
    #[prost(string, optional, tag = "2")]
    pub value: Option<String>,
}

/// `Gauge` and `Untyped`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Number {
    /// The value.
    #[prost(double, optional, tag = "1")]
    pub value: Option<f64>,
}

/// The state of a counter.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Counter {
    /// The value.
    #[prost(double, optional, tag = "1")]
    pub value: Option<f64>,
    /// An exemplar.
    #[prost(message, optional, tag = "2")]
    pub exemplar: Option<Exemplar>,
    /// When it began at zero.
    #[prost(message, optional, tag = "3")]
    pub start_timestamp: Option<Timestamp>,
}

/// The state of a summary.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Summary {
    /// How many observations.
    #[prost(uint64, optional, tag = "1")]
    pub sample_count: Option<u64>,
    /// Their sum.
    #[prost(double, optional, tag = "2")]
    pub sample_sum: Option<f64>,
    /// Ascending.
    #[prost(message, repeated, tag = "3")]
    pub quantiles: Vec<Quantile>,
    /// When it began at zero.
    #[prost(message, optional, tag = "4")]
    pub start_timestamp: Option<Timestamp>,
}

/// A quantile of a summary.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Quantile {
    /// From 0 to 1.
    #[prost(double, optional, tag = "1")]
    pub quantile: Option<f64>,
    /// Its value.
    #[prost(double, optional, tag = "2")]
    pub value: Option<f64>,
}

/// The state of a histogram with integer counts.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Histogram {
    /// How many observations.
    #[prost(uint64, optional, tag = "1")]
    pub sample_count: Option<u64>,
    /// Their sum.
    #[prost(double, optional, tag = "2")]
    pub sample_sum: Option<f64>,
    /// Classic buckets, ascending.
    #[prost(message, repeated, tag = "3")]
    pub buckets: Vec<Bucket>,
    /// How fine the native buckets are.
    #[prost(sint32, optional, tag = "5")]
    pub schema: Option<i32>,
    /// The breadth of the zero bucket.
    #[prost(double, optional, tag = "6")]
    pub zero_threshold: Option<f64>,
    /// What is in the zero bucket.
    #[prost(uint64, optional, tag = "7")]
    pub zero_count: Option<u64>,
    /// Native buckets below zero.
    #[prost(message, repeated, tag = "9")]
    pub negative_spans: Vec<BucketSpan>,
    /// Their counts, each as a difference to the one before.
    #[prost(sint64, repeated, packed = "false", tag = "10")]
    pub negative_deltas: Vec<i64>,
    /// Native buckets above zero.
    #[prost(message, repeated, tag = "12")]
    pub positive_spans: Vec<BucketSpan>,
    /// Their counts, each as a difference to the one before.
    #[prost(sint64, repeated, packed = "false", tag = "13")]
    pub positive_deltas: Vec<i64>,
    /// When it began at zero.
    #[prost(message, optional, tag = "15")]
    pub start_timestamp: Option<Timestamp>,
    /// Of the native buckets.
    #[prost(message, repeated, tag = "16")]
    pub exemplars: Vec<Exemplar>,
}

/// A classic bucket.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Bucket {
    /// With all before it.
    #[prost(uint64, optional, tag = "1")]
    pub cumulative_count: Option<u64>,
    /// Inclusive.
    #[prost(double, optional, tag = "2")]
    pub upper_bound: Option<f64>,
    /// An exemplar.
    #[prost(message, optional, tag = "3")]
    pub exemplar: Option<Exemplar>,
}

/// Native buckets that follow one another.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct BucketSpan {
    /// How many buckets after the end of the span before; of the first, its index.
    #[prost(sint32, optional, tag = "1")]
    pub offset: Option<i32>,
    /// How many buckets.
    #[prost(uint32, optional, tag = "2")]
    pub length: Option<u32>,
}

/// An exemplar.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Exemplar {
    /// At most 128 code points in all.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<LabelPair>,
    /// What was observed.
    #[prost(double, optional, tag = "2")]
    pub value: Option<f64>,
    /// When.
    #[prost(message, optional, tag = "3")]
    pub timestamp: Option<Timestamp>,
}

/// `google.protobuf.Timestamp`.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub struct Timestamp {
    /// Since 1970.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Less than a second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}
