#![doc = include_str!("../README.md")]

mod bounded_format;
pub mod calendar;
mod callsite_table;
pub mod canonical;
mod clock;
pub mod clock_skew;
mod context;
mod current;
#[cfg(feature = "serde")]
pub mod deserialize;
pub mod diagnostics;
mod duration;
pub mod gcra;
mod id;
mod level;
pub mod line_fields;
mod outcome;
mod percent;
mod rate;
mod resource;
mod secret;
pub mod silence;
mod span_ender;
mod span_table;
mod survive;
mod work_id;
mod work_ids;

pub use bounded_format::{Formatted, format_within};
pub use callsite_table::CallsiteTable;
pub use clock::{Clock, SharedClock, SystemClock};
pub use context::{SpanContext, TraceFlags};
pub use current::{CurrentGuard, EnteredSpans};
pub use duration::parse_duration;
pub use id::{InvalidId, InvalidIdKind, SpanId, TraceId};
pub use level::{InvalidLevel, Level, LevelNames};
pub use outcome::Outcome;
pub use percent::{decode_percent, is_quoted};
pub use rate::Rate;
pub use resource::{InvalidResource, InvalidResourceKind, Resource, ResourceBuilder, parse_pairs};
pub use secret::Secret;
pub use span_ender::{EndingSpan, SpanEnder};
pub use span_table::{Shard, SpanTable};
pub use survive::survive;
pub use work_id::{InvalidWorkId, WorkId};
pub use work_ids::WorkIds;
