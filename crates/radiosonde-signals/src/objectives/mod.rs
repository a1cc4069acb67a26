//! Objectives of a service, and how well it meets them.

mod burn_gate;
pub(crate) mod burn_window;
pub(crate) mod counts;
mod declaring;
pub(crate) mod increases;
pub(crate) mod indicator;
mod label_sets;
pub(crate) mod latency_buckets;
mod moment;
pub(crate) mod objective_table;
#[allow(clippy::module_inception, reason = "the file is named for its concept")]
pub(crate) mod objectives;
mod quantities;
mod reading;
mod recent_rate;
mod selected;
pub(crate) mod severity;
pub(crate) mod slo;
pub(crate) mod slo_error;
pub(crate) mod slo_error_kind;
mod slo_error_text;
mod slo_metrics;
pub(crate) mod slo_status;
mod sources;
mod standing;
mod thresholds;
pub(crate) mod window_ring;
pub(crate) mod work;
