//! Messages to and from a broker.

mod direction;
#[allow(clippy::module_inception, reason = "the set has the name of its room")]
pub(crate) mod messaging;
pub(crate) mod messaging_builder;
pub(crate) mod messaging_names;
