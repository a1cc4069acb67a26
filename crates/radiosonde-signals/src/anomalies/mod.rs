//! Values that are far from what they usually are.

#[allow(clippy::module_inception, reason = "the file is named for its concept")]
pub(crate) mod anomalies;
pub(crate) mod anomaly_detector;
pub(crate) mod anomaly_direction;
pub(crate) mod anomaly_error;
pub(crate) mod anomaly_options;
pub(crate) mod anomaly_state;
mod detector_metrics;
mod finite;
pub(crate) mod histogram_growth;
mod hysteresis;
pub(crate) mod invalid_anomaly_options;
pub(crate) mod measure;
mod measure_reader;
mod residuals;
pub(crate) mod season;
mod seasonal_profile;
mod watched;
