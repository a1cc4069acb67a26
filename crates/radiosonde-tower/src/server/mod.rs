//! Recording the requests to an HTTP service.

mod counting;
mod exclusion;
pub(crate) mod extra_label;
mod handler_ids;
#[cfg(feature = "axum")]
mod id_extractors;
pub(crate) mod line_policy;
mod opening;
mod recording;
pub(crate) mod served;
pub(crate) mod server_layer;
pub(crate) mod server_layer_builder;
pub(crate) mod server_request;
pub(crate) mod server_service;
pub(crate) mod server_settings;
pub(crate) mod signals;
mod upgraded_stream;
