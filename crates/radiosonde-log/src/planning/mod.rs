//! Plans made once per callsite, which each of its events follows.

pub(crate) mod plan;
pub(crate) mod record_keys;
