//! The layer: from an event to a line.

mod gathered;
pub(crate) mod json_layer;
pub(crate) mod json_layer_builder;
