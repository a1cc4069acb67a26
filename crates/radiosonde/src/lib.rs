#![doc = include_str!("../README.md")]

mod builder;
mod error;
#[cfg(doctest)]
mod guide;
mod install;
mod layers;
#[cfg_attr(not(unix), path = "listening_off.rs")]
mod listening;
pub mod metrics;
mod settings;
mod shutdown_signal;
pub mod signals;
mod telemetry;
mod variables;

pub use builder::{TelemetryBuilder, builder, init};
pub use error::{InitError, InvalidVariable};
pub use radiosonde_admin as admin;
pub use radiosonde_appender as appender;
pub use radiosonde_core as core;
pub use radiosonde_core::{Level, LevelNames, Resource, Secret};
pub use radiosonde_delivery as delivery;
pub use radiosonde_delivery::{Report, SinkReport};
#[cfg(feature = "journald")]
pub use radiosonde_journald as journald;
pub use radiosonde_log as log;
pub use radiosonde_log::{Format, LogOptions, PanicHook, Profile, audit, critical, fatal, log_metric};
pub use radiosonde_loki as loki;
pub use radiosonde_macros::{
    FacadeLabelValue as LabelValue, FacadeLabels as Labels, facade_metrics as metrics,
    facade_observe as observe,
};
pub use radiosonde_metrics::Registry;
#[cfg(feature = "metrics-facade")]
pub use radiosonde_metrics_facade as metrics_facade;
pub use radiosonde_ops as ops;
pub use radiosonde_otlp as otlp;
#[cfg(any(feature = "compat", feature = "prometheus"))]
pub use radiosonde_prometheus as prometheus;
pub use radiosonde_queue::{Overflow, OverflowPolicy};
pub use radiosonde_recent as recent;
pub use radiosonde_signals::{DbPool, Operation};
pub use radiosonde_tower as tower;
pub use radiosonde_trace as trace;
pub use radiosonde_trace::{Sampler, TraceOptions};
pub use shutdown_signal::{ShutdownSignal, shutdown_signal};
pub use telemetry::{Shutdown, Telemetry};
