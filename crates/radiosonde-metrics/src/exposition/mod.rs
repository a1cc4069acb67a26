//! The formats in which a registry is shown.

pub(crate) mod dialect;
pub(crate) mod format;
pub(crate) mod text;
