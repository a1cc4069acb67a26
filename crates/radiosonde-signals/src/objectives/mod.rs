//! Objectives of a service, and how well it meets them.

mod burn_gate;
pub(crate) mod burn_window;
pub(crate) mod counts;
pub(crate) mod increases;
pub(crate) mod indicator;
mod moment;
#[allow(clippy::module_inception, reason = "the file is named for its concept")]
pub(crate) mod objectives;
mod reading;
mod recent_rate;
pub(crate) mod severity;
pub(crate) mod slo;
pub(crate) mod slo_error;
mod slo_metrics;
pub(crate) mod slo_status;
mod sources;
mod standing;
pub(crate) mod window_ring;
pub(crate) mod work;
