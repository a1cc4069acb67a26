//! Which keys a line has, and which fields fill them.

mod ecs;
mod gcp;
pub(crate) mod invalid_key;
mod otel;
pub(crate) mod precision;
pub(crate) mod profile;
pub(crate) mod schema;
mod seeds;
pub(crate) mod settings;
pub(crate) mod slot;
