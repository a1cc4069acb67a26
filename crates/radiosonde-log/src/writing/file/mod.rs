//! Lines in files.

pub(crate) mod log_file;
