#![doc = include_str!("../README.md")]

mod aggregator;
mod error_pattern;
mod error_summary;
mod hours;
mod level_counts;
mod query;
mod recent_line;
mod recent_lines;
mod ring;
mod service_health;
mod services;
mod trends;

pub use aggregator::LogAggregator;
pub use error_pattern::{ErrorPattern, PatternCounts};
pub use error_summary::{ErrorSummary, ServiceErrors, TopMessage};
pub use level_counts::LevelCounts;
pub use query::RecentQuery;
pub use recent_line::RecentLine;
pub use recent_lines::{InvalidBounds, RecentLines};
pub use service_health::{HealthStatus, ServiceHealth};
pub use trends::{HourCounts, LogTrends, Trend};
