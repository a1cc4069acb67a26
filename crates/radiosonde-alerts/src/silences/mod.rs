//! Alerts that handlers do not get for some time.

pub(crate) mod invalid_silence;
pub(crate) mod silence;
#[allow(clippy::module_inception, reason = "the file is named for its concept")]
pub(crate) mod silences;
