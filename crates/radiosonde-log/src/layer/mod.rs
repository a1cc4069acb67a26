//! The layer, which turns events into lines.

mod annotations;
mod build;
pub(crate) mod build_error;
pub(crate) mod format;
pub(crate) mod json_layer;
mod line_fields;
pub(crate) mod log_options;
mod rendered_line;
