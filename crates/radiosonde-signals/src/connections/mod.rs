//! What is open for a while: connections and sessions.

pub(crate) mod connection_names;
#[allow(clippy::module_inception, reason = "the set has the name of its room")]
pub(crate) mod connections;
mod occupancy;
pub(crate) mod sessions;
