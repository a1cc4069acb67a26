//! Values that are far from what they usually are.

#[allow(clippy::module_inception, reason = "the file is named for its concept")]
pub(crate) mod anomalies;
pub(crate) mod anomaly_state;
