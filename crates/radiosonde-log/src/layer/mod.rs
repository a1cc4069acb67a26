//! The layer, which turns events into lines.

mod gathered;
pub(crate) mod json_layer;
pub(crate) mod json_layer_builder;
