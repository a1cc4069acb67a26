//! A file that lines are appended to, and the files it is rotated into.

mod archive;
mod clock_steps;
mod compressor;
pub(crate) mod file_error;
pub(crate) mod file_options;
#[cfg(feature = "gzip")]
mod gzip;
#[cfg_attr(not(unix), path = "unidentified.rs")]
mod identity;
pub(crate) mod log_file;
pub(crate) mod meter;
#[cfg_attr(not(unix), path = "without_mode.rs")]
mod mode;
mod opened;
mod refused;
pub(crate) mod reopen;
mod retention;
pub(crate) mod rotation;
#[cfg(feature = "sighup")]
#[cfg_attr(not(unix), path = "without_sighup.rs")]
mod sighup;
mod stamp;
#[cfg(test)]
mod tests;

pub(crate) use refused::Refused;
