#![doc = include_str!("../README.md")]

mod label;
mod options;
mod push;
#[cfg(feature = "query")]
mod query;
#[cfg(feature = "query")]
mod response;
mod sink;
mod tenant;

pub use label::{InvalidLabel, InvalidLabelKind};
pub use options::{LokiBuildError, LokiOptions};
#[cfg(feature = "query")]
pub use query::builder::{LogQueryBuildError, LogQueryBuilder};
#[cfg(feature = "query")]
pub use query::instant_query::InstantQuery;
#[cfg(feature = "query")]
pub use query::log_query::LogQuery;
#[cfg(feature = "query")]
pub use query::pages::Pages;
#[cfg(feature = "query")]
pub use query::query_future::QueryFuture;
#[cfg(feature = "query")]
pub use query::range_query::{Direction, RangeQuery};
#[cfg(feature = "tail")]
pub use query::tail::{DroppedEntry, Tail, TailItem};
#[cfg(feature = "tail")]
pub use query::tail_query::{TailFuture, TailQuery};
#[cfg(feature = "query")]
pub use query::time_range::{InvalidTimeRange, TimeRange};
#[cfg(feature = "query")]
pub use response::labels::Labels;
#[cfg(feature = "query")]
pub use response::line_fields::{InvalidLine, LineFields};
#[cfg(feature = "query")]
pub use response::log_entry::LogEntry;
#[cfg(feature = "query")]
pub use response::query_error::{MalformedResponse, QueryError, Refusal};
#[cfg(feature = "query")]
pub use response::query_response::{QueryData, QueryResponse};
#[cfg(feature = "query")]
pub use response::sample::{Point, Sample, Series};
#[cfg(feature = "query")]
pub use serde_json::Value as JsonValue;
pub use sink::LokiSink;
pub use tenant::InvalidTenant;
