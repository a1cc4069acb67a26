#![doc = include_str!("../README.md")]

mod bridging;

#[cfg(feature = "testing")]
pub mod capture;
mod default_subscriber;
mod escaping;
mod events;
mod filtering;
mod layer;
mod limiting;
mod line_metrics;
mod panicking;
mod planning;
mod redacting;
mod rendering;
mod schemas;
mod self_metrics;
mod spans;
mod writing;

pub use bridging::bridge::{BridgeError, bridge_log_records};
pub use events::target::{ACCESS_TARGET, AUDIT_TARGET, METRIC_TARGET};
pub use filtering::directive::{InvalidFilter, InvalidFilterKind};
pub use filtering::filter::LogFilter;
pub use filtering::level_reload::{LevelReload, LevelReloadBuilder, ReloadError};
pub use filtering::reload_filter::ReloadFilter;
pub use layer::build_error::JsonLayerBuildError;
pub use layer::format::Format;
pub use layer::json_layer::JsonLayer;
pub use layer::log_options::LogOptions;
pub use limiting::sampling::{InvalidRatio, Sampling};
pub use limiting::volume_limits::VolumeLimits;
pub use panicking::backtrace::PanicBacktrace;
pub use panicking::hook::{PanicHook, PanicHookError};
pub use radiosonde_appender::Writer;
pub use radiosonde_core::Rate;
pub use radiosonde_core::Secret;
pub use redacting::detector::Detector;
pub use redacting::redaction::Redaction;
pub use rendering::json_kind::ValueKind;
pub use schemas::invalid_key::{InvalidKey, InvalidKeyKind};
pub use schemas::precision::TimestampPrecision;
pub use schemas::profile::Profile;
#[doc(hidden)]
pub use tracing as __tracing;
pub use writing::attributes::{AttributeValue, Attributes, ErrorValue};
pub use writing::handle::LogHandle;
pub use writing::line::{Line, LineSink};
