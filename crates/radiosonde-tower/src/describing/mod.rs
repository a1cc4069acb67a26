//! Attributes of spans, by OpenTelemetry's conventions for HTTP.

pub(crate) mod captured;
pub(crate) mod forwarded;
pub(crate) mod host;
pub(crate) mod method;
#[cfg_attr(not(feature = "axum"), path = "peer_off.rs")]
pub(crate) mod peer;
pub(crate) mod protocol;
pub(crate) mod query;
pub(crate) mod scheme;
pub(crate) mod short_text;
pub(crate) mod subscriber;
pub(crate) mod target;
