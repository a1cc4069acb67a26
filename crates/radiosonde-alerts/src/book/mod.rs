//! The alerts of an engine, their changes and their history.

pub(crate) mod alert_key;
pub(crate) mod alert_statistics;
#[allow(clippy::module_inception, reason = "the file is named for its concept")]
pub(crate) mod book;
pub(crate) mod notice;
pub(crate) mod observation;
pub(crate) mod owed_resolutions;
pub(crate) mod resolved_alerts;
pub(crate) mod tracked_alert;
