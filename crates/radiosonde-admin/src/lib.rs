#![doc = include_str!("../README.md")]

mod answering;
#[cfg(feature = "levels")]
mod levels;
#[cfg(feature = "listener")]
mod listening;
mod metrics;
#[cfg(feature = "tokio")]
mod runtime;
mod scraping;

pub use answering::body::AdminBody;
pub use answering::credentials::{Credentials, InvalidCredentials};
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
#[cfg(feature = "tokio")]
pub use runtime::tokio_runtime::TokioRuntime;
