//! Asking Loki for what it has: the way back.

mod answer;
mod builder;
mod entry;
mod error;
mod instant_query;
mod json_value;
mod labels;
mod line_fields;
mod log_query;
mod pages;
mod parameters;
mod pending;
mod range_query;
mod sample;
#[cfg(feature = "tail")]
mod tail;
#[cfg(feature = "tail")]
mod tail_query;
mod time_range;
mod wire;

pub use answer::{Answer, Found};
pub use builder::{LogQueryBuilder, QueryBuildError};
pub use entry::LogEntry;
pub use error::{MalformedAnswer, QueryError, Refusal};
pub use instant_query::InstantQuery;
pub use json_value::JsonValue;
pub use labels::Labels;
pub use line_fields::{InvalidLine, LineFields};
pub use log_query::LogQuery;
pub use pages::Pages;
pub use pending::Pending;
pub use range_query::{Direction, RangeQuery};
pub use sample::{Point, Sample, Series};
#[cfg(feature = "tail")]
pub use tail::{DroppedEntry, Tail, Tailed};
#[cfg(feature = "tail")]
pub use tail_query::{OpeningTail, TailQuery};
pub use time_range::{InvalidTimeRange, TimeRange};
