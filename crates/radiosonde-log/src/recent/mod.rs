//! The last lines, kept in the process, and what can be counted of them: a look at what the service says without a log store.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use radiosonde_core::{Level, Resource};
//! use radiosonde_log::JsonLayer;
//! use radiosonde_log::recent::{HealthStatus, LogAggregator, RecentQuery};
//! use tracing_subscriber::layer::SubscriberExt as _;
//!
//! let logs = LogAggregator::new();
//! let layer = JsonLayer::builder(&Resource::new("orders")).sink(Arc::new(logs.clone())).build()?;
//! tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
//!     tracing::info!("order priced");
//!     tracing::error!("Connection refused");
//! });
//!
//! let errors = logs.recent().lines(&RecentQuery::new().min_level(Level::Error));
//! assert_eq!(errors[0].message(), "Connection refused");
//! assert_eq!(logs.error_summary(Duration::from_secs(3600)).total, 1);
//! assert_eq!(logs.service_health()[0].status, HealthStatus::Unhealthy, "every second line is an error");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
