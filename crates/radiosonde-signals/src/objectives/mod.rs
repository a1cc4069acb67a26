//! Objectives of a service, and how well it meets them.

pub(crate) mod burn_window;
pub(crate) mod counts;
pub(crate) mod indicator;
#[allow(clippy::module_inception, reason = "the file is named for its concept")]
pub(crate) mod objectives;
pub(crate) mod severity;
pub(crate) mod slo;
pub(crate) mod slo_error;
pub(crate) mod slo_status;
pub(crate) mod work;
