//! Messages to and from a broker.

mod direction;
pub(crate) mod messaging;
pub(crate) mod messaging_builder;
pub(crate) mod messaging_names;
