//! The requests in flight, from the spans that are open.

mod json;
mod live_request;
pub(crate) mod part;
mod table;
