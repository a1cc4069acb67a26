#![doc = include_str!("../README.md")]

mod entry;
mod label;
mod options;
mod policy;
mod proto;
mod push;
#[cfg(feature = "query")]
mod querying;
mod sink;
mod tenant;

pub use label::{InvalidLabel, InvalidLabelKind};
pub use options::{LokiBuildError, LokiOptions};
#[cfg(feature = "query")]
pub use querying::{
    Answer, Direction, Found, InstantQuery, InvalidLine, InvalidTimeRange, JsonValue, Labels, LineFields,
    LogEntry, LogQuery, LogQueryBuilder, MalformedAnswer, Pages, Pending, Point, QueryBuildError, QueryError,
    RangeQuery, Refusal, Sample, Series, TimeRange,
};
#[cfg(feature = "tail")]
pub use querying::{DroppedEntry, OpeningTail, Tail, TailQuery, Tailed};
pub use sink::LokiSink;
pub use tenant::InvalidTenant;
