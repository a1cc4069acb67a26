#![doc = include_str!("../README.md")]

mod builder;
mod config;
mod environment;
mod error;
#[cfg(doctest)]
mod guide;
mod install;
mod layers;
#[cfg_attr(not(unix), path = "listening_off.rs")]
mod listening;
pub mod metrics;
#[cfg_attr(not(feature = "jaeger-remote"), path = "remote_sampling_off.rs")]
mod remote_sampling;
mod served;
mod settings;
mod shutdown_signal;
pub mod signals;
mod start;
mod telemetry;
#[cfg_attr(not(feature = "alerts"), path = "to_alerts_off.rs")]
mod to_alerts;
#[cfg_attr(not(feature = "loki"), path = "to_loki_off.rs")]
mod to_loki;
#[cfg_attr(not(feature = "opentelemetry"), path = "to_opentelemetry_off.rs")]
mod to_opentelemetry;
#[cfg_attr(not(feature = "otlp"), path = "to_otlp_off.rs")]
mod to_otlp;
#[cfg(feature = "alerts")]
mod with_alerts;
#[cfg(feature = "loki")]
mod with_loki;
mod with_objectives;
#[cfg(feature = "opentelemetry")]
mod with_opentelemetry;
#[cfg(feature = "otlp")]
mod with_otlp;
#[cfg(feature = "jaeger-remote")]
mod with_remote_sampling;

pub use builder::{TelemetryBuilder, builder};
pub use config::Config;
pub use error::{InitError, InvalidVariable};
#[cfg(any(feature = "deadpool", feature = "moka", feature = "sqlx"))]
pub use radiosonde_adapters as adapters;
pub use radiosonde_admin as admin;
pub use radiosonde_admin::{AdminOptions, LevelsOptions, MetricsOptions};
#[cfg(feature = "alerts")]
pub use radiosonde_alerts as alerts;
pub use radiosonde_appender as appender;
pub use radiosonde_core as base;
pub use radiosonde_core::{
    Clock, Level, LevelNames, Outcome, Resource, ResourceBuilder, Secret, SharedClock, SpanContext, SpanId,
    SystemClock, TraceFlags, TraceId,
};
pub use radiosonde_delivery as delivery;
pub use radiosonde_delivery::{Report, SinkReport};
#[cfg(feature = "journald")]
pub use radiosonde_journald as journald;
pub use radiosonde_log as log;
pub use radiosonde_log::{Format, LogOptions, PanicHook, Profile, audit, critical, fatal, log_metric};
#[cfg(feature = "loki")]
pub use radiosonde_loki as loki;
#[cfg(feature = "loki")]
pub use radiosonde_loki::LokiOptions;
pub use radiosonde_macros::{
    FacadeErrorKind as ErrorKind, FacadeLabelValue as LabelValue, FacadeLabels as Labels,
    facade_metrics as metrics, facade_observe as observe,
};
pub use radiosonde_metrics::Registry;
#[cfg(feature = "metrics-facade")]
pub use radiosonde_metrics_facade as metrics_facade;
#[cfg(feature = "opentelemetry")]
pub use radiosonde_opentelemetry as opentelemetry;
pub use radiosonde_ops as ops;
#[cfg(feature = "otlp")]
pub use radiosonde_otlp as otlp;
#[cfg(feature = "otlp")]
pub use radiosonde_otlp::{OtlpOptions, OtlpSignalOptions};
#[cfg(any(feature = "compat", feature = "prometheus"))]
pub use radiosonde_prometheus as prometheus;
#[cfg(feature = "push")]
pub use radiosonde_push as push;
pub use radiosonde_queue as queue;
pub use radiosonde_queue::{Overflow, OverflowPolicy};
pub use radiosonde_recent as recent;
#[cfg(feature = "resources")]
pub use radiosonde_resources as resources;
pub use radiosonde_signals::__traits::ErrorKind;
pub use radiosonde_signals::{Database, Operation, annotate};
#[cfg(feature = "tokio")]
pub use radiosonde_tokio as tokio;
pub use radiosonde_tower as tower;
pub use radiosonde_trace as trace;
pub use radiosonde_trace::{Sampler, TraceOptions};
pub use shutdown_signal::{ShutdownSignal, shutdown_signal};
pub use start::init;
pub use telemetry::{Shutdown, Telemetry};
#[cfg(feature = "alerts")]
pub use to_alerts::TooManyAlertmanagers;
