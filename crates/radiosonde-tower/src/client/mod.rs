//! Recording the requests of an HTTP client.

pub(crate) mod attempts;
pub(crate) mod client_call;
pub(crate) mod client_layer;
pub(crate) mod client_layer_builder;
pub(crate) mod client_service;
mod client_settings;
pub(crate) mod line_level;
mod opening;
mod recording;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest_service;
