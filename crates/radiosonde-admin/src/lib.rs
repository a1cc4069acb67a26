#![doc = include_str!("../README.md")]

mod answering;
mod health;
#[cfg(feature = "levels")]
mod levels;
#[cfg(feature = "listener")]
mod listening;
mod metrics;
#[cfg(feature = "requests")]
mod requests;
mod scraping;
mod serving;

pub use answering::body::AdminBody;
pub use answering::credentials::{Credentials, InvalidCredentials};
pub use health::check_builder::CheckBuilder;
pub use health::future::HealthFuture;
pub use health::handle::Health;
pub use health::handle_builder::HealthBuilder;
pub use health::report::{CheckReport, HealthReport, HealthStatus};
#[cfg(feature = "levels")]
pub use levels::future::LevelsFuture;
#[cfg(feature = "levels")]
pub use levels::options::LevelsOptions;
#[cfg(feature = "levels")]
pub use levels::service::LevelsService;
#[cfg(feature = "listener")]
pub use listening::listener::{ListenError, Listener};
#[cfg(feature = "listener")]
pub use listening::options::MetricsOptions;
#[cfg(feature = "listener")]
pub use listening::tls::{InvalidTls, Tls};
pub use metrics::service::{MetricsFuture, MetricsService};
pub use serving::future::AdminFuture;
pub use serving::options::AdminOptions;
pub use serving::service::AdminService;
