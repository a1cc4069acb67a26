//! The keys of a line in each profile, and the fields that fill them.

pub(crate) mod bounds;
mod ecs;
pub(crate) mod envelope;
mod gcp;
pub(crate) mod invalid_key;
pub(crate) mod keys;
pub(crate) mod layout;
mod native;
mod otel;
pub(crate) mod precision;
pub(crate) mod profile;
pub(crate) mod reserved_key;
pub(crate) mod schema;
pub(crate) mod settings;
