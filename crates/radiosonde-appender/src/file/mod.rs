//! A file that lines are appended to, and the files it is rotated into.

mod archive;
mod clock_steps;
mod compressor;
pub(crate) mod file_error;
pub(crate) mod file_metrics;
pub(crate) mod file_options;
#[cfg(feature = "serde")]
mod file_settings;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg_attr(not(unix), path = "identity_off.rs")]
mod identity;
pub(crate) mod log_file;
#[cfg_attr(not(unix), path = "mode_off.rs")]
mod mode;
mod opened;
mod refused;
pub(crate) mod reopen;
mod retention;
pub(crate) mod rotation;
#[cfg(feature = "sighup")]
#[cfg_attr(not(unix), path = "sighup_off.rs")]
mod sighup;
mod stamp;
#[cfg(test)]
mod tests;
