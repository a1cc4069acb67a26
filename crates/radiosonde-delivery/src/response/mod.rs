//! How responses are classified.

pub(crate) mod disposition;
pub(crate) mod retry_after;
pub(crate) mod too_large;
