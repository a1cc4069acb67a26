//! The bounded queue between the threads that log and the one that writes.

pub(crate) mod bounded;
pub(crate) mod chunk;
pub(crate) mod drain;
pub(crate) mod state;
