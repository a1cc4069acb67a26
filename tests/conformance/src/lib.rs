#![doc = include_str!("../README.md")]

mod checks;
pub mod client_model;
mod exposition;
mod flat;
pub mod fuzzing;
pub mod generate;
#[cfg(feature = "guides")]
pub mod guides;
mod json_lines;
mod number;
mod open_metrics;
mod protobuf;
mod refusal;
mod reviewing_metrics;
mod scan;
mod text;

pub use exposition::{Exemplar, Exposition, Family, FamilyKind, LabelPairs, Sample};
pub use flat::{Flat, flat_exposition, flat_snapshot, flat_snapshot_in_open_metrics, key};
pub use json_lines::json_lines;
pub use number::Value;
pub use open_metrics::open_metrics;
pub use protobuf::{metric_families, native_buckets, protobuf};
pub use refusal::Refusal;
pub use text::text;
