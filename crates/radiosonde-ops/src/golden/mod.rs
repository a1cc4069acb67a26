//! The golden signals of a registry, for people and for Prometheus.

mod golden_queries;
mod golden_table;
mod quantile;

pub use golden_queries::{GoldenQueries, NoQuery};
pub use golden_table::GoldenTable;
