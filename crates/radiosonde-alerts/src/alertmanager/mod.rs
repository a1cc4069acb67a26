//! To a real Alertmanager, by version 2 of its API.

pub(crate) mod active_alert;
pub(crate) mod alertmanager_error;
pub(crate) mod build_error;
mod classify;
pub(crate) mod client;
pub(crate) mod external_labels;
pub(crate) mod new_silence;
pub(crate) mod options;
pub(crate) mod posted_alert;
mod protocol;
pub(crate) mod response_future;
pub(crate) mod silence;
pub(crate) mod silence_matcher;
pub(crate) mod sink;
