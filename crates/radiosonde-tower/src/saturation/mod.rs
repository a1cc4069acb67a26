//! Layers that limit a service as tower's do, and export how near it is to the limit.

pub(crate) mod buffer;
pub(crate) mod concurrency_limit;
pub(crate) mod limiter;
pub(crate) mod load_shed;
pub(crate) mod share;
pub(crate) mod timeout;
pub(crate) mod wait;
