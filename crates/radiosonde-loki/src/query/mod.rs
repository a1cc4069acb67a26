//! Loki's query API.

pub(crate) mod builder;
mod client;
pub(crate) mod instant_query;
pub(crate) mod log_query;
pub(crate) mod pages;
mod parameters;
pub(crate) mod query_future;
pub(crate) mod range_query;
#[cfg(feature = "tail")]
pub(crate) mod tail;
#[cfg(feature = "tail")]
pub(crate) mod tail_query;
pub(crate) mod time_range;
